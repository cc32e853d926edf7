"""Adapter for SMTP: alerts as mail.

Settings come from the environment, as `EnvironmentFile=/etc/monitor_email.conf` puts them there. The password is sent
over TLS only, to a server whose certificate is valid, and is in no error message.
"""

import contextlib
import smtplib
import ssl
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

import attrs

from camvault.ports.alerts import Alert, Alerts
from camvault.ports.errors import AlertError, UsageError

TIMEOUT_S = 10.0
_SUBMISSION_PORT = 587
_TLS_PORT = 465
_HIGHEST_PORT = 65535
_PERMANENT = 500


@attrs.frozen
class SmtpSettings:
    """The mail server, the account on it, and the recipients."""

    host: str
    recipients: tuple[str, ...]
    port: int = _SUBMISSION_PORT
    user: str = ""
    password: str = attrs.field(default="", repr=False)

    @property
    def sender(self) -> str:
        """The sender's address."""
        return self.user if "@" in self.user else f"camvault@{self.host}"


def settings_from(environment: Mapping[str, str]) -> SmtpSettings | None:
    """The settings in SMTP_HOST, SMTP_PORT, SMTP_USER, SMTP_PASS and ALERT_TO; None if no host or recipient is set.

    Raises:
        UsageError: SMTP_PORT is not a port.
    """
    host, user = environment.get("SMTP_HOST", "").strip(), environment.get("SMTP_USER", "").strip()
    recipients = tuple(each.strip() for each in environment.get("ALERT_TO", user).split(",") if each.strip())
    if not host or not recipients:
        return None
    port = environment.get("SMTP_PORT", "").strip() or str(_SUBMISSION_PORT)
    if not port.isdecimal() or not 0 < int(port) <= _HIGHEST_PORT:
        raise UsageError(f"SMTP_PORT: found {port!a}, expected a number from 1 to {_HIGHEST_PORT}")
    return SmtpSettings(host, recipients, int(port), user, environment.get("SMTP_PASS", ""))


def message(alert: Alert, settings: SmtpSettings) -> EmailMessage:
    """The mail for an alert. Pure, except for the message's id."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(alert.subject.split())  # a subject with a newline could add headers
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.recipients)
    mail["Date"] = format_datetime(alert.raised_at)
    mail["Message-ID"] = make_msgid(domain="camvault.invalid")
    mail.set_content(alert.body.encode("utf-8", "replace").decode())
    return mail


@attrs.frozen
class SmtpAlerts:
    """Sends each alert as one mail; STARTTLS, or TLS from the start on port 465."""

    settings: SmtpSettings
    tls: ssl.SSLContext = attrs.field(factory=ssl.create_default_context, repr=False)

    @property
    def name(self) -> str:
        """See `Alerts`."""
        return "mail"

    def send(self, alert: Alert, /) -> None:
        """See `Alerts`."""
        try:
            server = self._connection()
            try:
                self._log_in(server)
                server.send_message(message(alert, self.settings))
                with contextlib.suppress(OSError, smtplib.SMTPException):
                    server.quit()  # a server that took the mail has taken it, whatever it says after that
            finally:
                server.close()
        except (OSError, smtplib.SMTPException) as error:
            raise AlertError(self.name, _words(error), is_final=_is_final(error)) from None

    def _connection(self) -> smtplib.SMTP:
        host, port = self.settings.host, self.settings.port
        if port == _TLS_PORT:
            return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=self.tls)
        return smtplib.SMTP(host, port, timeout=TIMEOUT_S)

    def _log_in(self, server: smtplib.SMTP) -> None:
        is_encrypted = isinstance(server, smtplib.SMTP_SSL)
        server.ehlo_or_helo_if_needed()
        if not is_encrypted and server.has_extn("starttls"):
            server.starttls(context=self.tls)
            server.ehlo()
            is_encrypted = True
        if not self.settings.user:
            return
        if not is_encrypted:
            raise AlertError(self.name, f"{self.settings.host} offers no encryption; the password is not sent", True)
        server.login(self.settings.user, self.settings.password)


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return f"{error.smtp_code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    return str(error) or type(error).__name__


def _is_final(error: Exception) -> bool:
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= _PERMANENT


_: Callable[[SmtpSettings], Alerts] = SmtpAlerts
