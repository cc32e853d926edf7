"""The contract of `Alerts`, on memory and on a real SMTP server with TLS and authentication."""

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message

import attrs
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP as Server  # noqa: N811 - a class
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from camvault.adapters.memory.alerts import MemoryAlerts
from camvault.adapters.smtp import SmtpAlerts, SmtpSettings, settings_from
from camvault.ports.alerts import Alert, Alerts
from camvault.ports.errors import AlertError, UsageError

ALERT = Alert(
    "[CAMERA] Auto-restart ROST2", "ROST2 idle for 1223 s\nHost: ü", datetime(2025, 5, 28, 15, 20, tzinfo=UTC)
)
USER, PASSWORD = "cam@example.org", "c4n4ry"


class Mailbox(Sink):
    """A server's handler that keeps mails."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Message] = []
        self.encrypted: list[bool] = []

    async def handle_DATA(self, server: Server, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content))
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


@attrs.frozen
class MailServer:
    mailbox: Mailbox
    controller: Controller
    client_tls: ssl.SSLContext

    def alerts(self, password: str = PASSWORD) -> SmtpAlerts:
        settings = SmtpSettings("localhost", ("a@example.org", "b@example.org"), self.port, USER, password)
        return SmtpAlerts(settings, self.client_tls)

    @property
    def port(self) -> int:
        return self.controller.port


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _authenticate(server: Server, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    assert isinstance(data, LoginPassword)
    return AuthResult(success=data.login == USER.encode() and data.password == PASSWORD.encode(), handled=False)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    authority = trustme.CA()
    server_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(server_tls)
    client_tls = ssl.create_default_context()
    authority.configure_trust(client_tls)
    mailbox = Mailbox()
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=_free_port(),
        tls_context=server_tls,
        auth_required=True,
        authenticator=_authenticate,
    )
    controller.start()
    try:
        yield MailServer(mailbox, controller, client_tls)
    finally:
        controller.stop()


@pytest.fixture(params=["memory", "smtp"])
def channel(request: pytest.FixtureRequest) -> tuple[Alerts, Callable[[], int]]:
    """A way to reach the operator, and how many messages have arrived."""
    if request.param == "memory":
        memory = MemoryAlerts()
        return memory, lambda: len(memory.sent)
    server: MailServer = request.getfixturevalue("mail_server")
    return server.alerts(), lambda: len(server.mailbox.mails)


class TestContract:
    def test_each_alert_is_one_message(self, channel: tuple[Alerts, Callable[[], int]]) -> None:
        alerts, arrived = channel

        alerts.send(ALERT)
        alerts.send(ALERT)

        assert arrived() == 2
        assert alerts.name

    def test_nobody_there_is_an_error(self) -> None:
        memory = MemoryAlerts(is_down=True)
        nowhere = SmtpAlerts(SmtpSettings("127.0.0.1", ("a@example.org",), port=1))

        for alerts in (memory, nowhere):
            with pytest.raises(AlertError) as caught:
                alerts.send(ALERT)
            assert not caught.value.is_final


def test_a_mail_is_as_the_specification_shows_it_and_encrypted(mail_server: MailServer) -> None:
    mail_server.alerts().send(ALERT)

    (mail,) = mail_server.mailbox.mails
    assert mail["Subject"] == "[CAMERA] Auto-restart ROST2"
    assert mail["To"] == "a@example.org, b@example.org"
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode().splitlines() == ["ROST2 idle for 1223 s", "Host: ü"]
    assert mail_server.mailbox.encrypted == [True]


def test_a_wrong_password_is_final_and_not_in_the_message(mail_server: MailServer) -> None:
    with pytest.raises(AlertError) as caught:
        mail_server.alerts("wr0ng").send(ALERT)

    assert caught.value.is_final
    assert "wr0ng" not in str(caught.value)
    assert not mail_server.mailbox.mails


def test_a_password_is_never_sent_in_the_clear() -> None:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=_free_port())
    controller.start()
    try:
        port = controller.port
        with pytest.raises(AlertError, match="no encryption"):
            SmtpAlerts(SmtpSettings("127.0.0.1", ("a@example.org",), port, USER, PASSWORD)).send(ALERT)
    finally:
        controller.stop()

    assert not mailbox.mails


def test_a_certificate_of_somebody_else_is_refused(mail_server: MailServer) -> None:
    with pytest.raises(AlertError, match="certificate"):
        SmtpAlerts(mail_server.alerts().settings).send(ALERT)


def test_a_subject_cannot_add_headers(mail_server: MailServer) -> None:
    mail_server.alerts().send(attrs.evolve(ALERT, subject="a\r\nBcc: evil@example.org"))

    (mail,) = mail_server.mailbox.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "a Bcc: evil@example.org"


def test_settings_are_read_from_the_environment() -> None:
    environment = {"SMTP_HOST": "mail", "SMTP_USER": "u@x", "SMTP_PASS": "p", "ALERT_TO": "a@x, b@x,"}

    assert settings_from(environment) == SmtpSettings("mail", ("a@x", "b@x"), 587, "u@x", "p")


def test_the_user_is_the_recipient_where_none_is_named() -> None:
    settings = settings_from({"SMTP_HOST": "mail", "SMTP_USER": "u@x", "SMTP_PORT": "25"})

    assert settings
    assert (settings.recipients, settings.port) == (("u@x",), 25)


@pytest.mark.parametrize("environment", [{}, {"SMTP_HOST": "mail"}, {"SMTP_USER": "u@x"}])
def test_trap_incomplete_settings_mean_no_mail_and_no_crash(environment: dict[str, str]) -> None:
    assert settings_from(environment) is None


def test_a_port_that_is_none_is_named() -> None:
    with pytest.raises(UsageError, match=r"SMTP_PORT: found 'x', expected"):
        settings_from({"SMTP_HOST": "mail", "SMTP_USER": "u", "SMTP_PORT": "x"})


def test_the_password_is_not_in_the_representation() -> None:
    assert PASSWORD not in repr(SmtpAlerts(SmtpSettings("h", ("a",), password=PASSWORD)))
