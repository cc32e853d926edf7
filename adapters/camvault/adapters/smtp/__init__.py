"""Adapter for SMTP: alerts as mail."""

from camvault.adapters.smtp.mail import SmtpAlerts, SmtpSettings, settings_from

__all__ = ["SmtpAlerts", "SmtpSettings", "settings_from"]
