"""Adapter for apprise: webhooks and the services of some hundred others, each named by a URL. Needs `camvault[notify]`.

What apprise says of a failure may hold the URL with its token, so none of its words are passed on.
"""

from camvault.adapters.apprise.notify import AppriseAlerts, apprise_channels

__all__ = ["AppriseAlerts", "apprise_channels"]
