"""Adapter for apprise: webhooks and some hundred messaging services, each named by a URL. Needs `camvault[notify]`.

The error messages of apprise may hold the URL with its token, so that none of them is passed on.
"""

from camvault.adapters.apprise.notify import AppriseAlerts, apprise_channels

__all__ = ["AppriseAlerts", "apprise_channels"]
