"""The contract of `Alerts`: memory, a real SMTP server with TLS and authentication, a program, a webhook."""

import json
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import attrs
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP as Server  # noqa: N811 - a class
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from pytest_mock import MockerFixture

from camvault.adapters.alertcommand import CommandAlerts
from camvault.adapters.apprise import apprise_channels
from camvault.adapters.contracts.alerts import ALERT, AlertsContract, Delivered
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.memory.alerts import MemoryAlerts
from camvault.adapters.smtp import SmtpAlerts, SmtpSettings, settings_from
from camvault.ports.alerts import Alerts
from camvault.ports.errors import AlertError, MissingToolError, UsageError
from tests import canary

USER, PASSWORD = "cam@example.org", canary.PASSWORD


class Mailbox(Sink):
    """A server's handler that keeps mails."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Message] = []
        self.encrypted: list[bool] = []
        self.farewell = "221 Bye"

    async def handle_QUIT(self, server: Server, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return self.farewell

    async def handle_DATA(self, server: Server, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        canary.look("mail", "received by SMTP", envelope.content)
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


@attrs.frozen
class WebServer:
    """Takes webhooks while `status` is 200."""

    port: int
    taken: list[dict[str, str]]
    status: list[int]


@pytest.fixture
def web_server() -> Iterator[WebServer]:
    taken: list[dict[str, str]] = []
    status = [200]

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if status[0] == 200:
                canary.look("mail", "received by a webhook", content)
                taken.append(json.loads(content))
            self.send_response(status[0])
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield WebServer(server.server_port, taken, status)
        finally:
            server.shutdown()
            thread.join()


def _program(tmp_path: Path, body: str) -> tuple[str, ...]:
    """A program that appends what it reads as one record."""
    path = tmp_path / "tell.py"
    path.write_text(f"import sys\ntext = sys.stdin.read()\n{body}\n")
    return (sys.executable, str(path), "an argument with a token", "$HOME; *")


class TestMemoryAlerts(AlertsContract):
    @pytest.fixture
    def alerts(self) -> MemoryAlerts:
        return MemoryAlerts()

    @pytest.fixture
    def delivered(self, alerts: MemoryAlerts) -> Delivered:
        return lambda: [f"{alert.subject}\n{alert.body}" for alert in alerts.sent]

    @pytest.fixture
    def unreachable(self) -> MemoryAlerts:
        return MemoryAlerts(is_down=True)


class TestSmtpAlerts(AlertsContract):
    @pytest.fixture
    def alerts(self, mail_server: MailServer) -> SmtpAlerts:
        return mail_server.alerts()

    @pytest.fixture
    def delivered(self, mail_server: MailServer) -> Delivered:
        def texts() -> list[str]:
            bodies = [mail.get_payload(decode=True) for mail in mail_server.mailbox.mails]
            assert all(isinstance(body, bytes) for body in bodies)
            return [
                f"{mail['Subject']}\n{body.decode()}"
                for mail, body in zip(mail_server.mailbox.mails, bodies, strict=True)
                if isinstance(body, bytes)
            ]

        return texts

    @pytest.fixture
    def unreachable(self) -> SmtpAlerts:
        return SmtpAlerts(SmtpSettings("127.0.0.1", ("a@example.org",), port=1))


class TestCommandAlerts(AlertsContract):
    @pytest.fixture
    def alerts(self, tmp_path: Path) -> CommandAlerts:
        argv = _program(tmp_path, f"open({str(tmp_path / 'out')!r}, 'a').write(text + chr(0))")
        return CommandAlerts(argv, MemoryCancellation())

    @pytest.fixture
    def delivered(self, tmp_path: Path) -> Delivered:
        return lambda: (tmp_path / "out").read_text().split("\0")[:-1]

    @pytest.fixture
    def unreachable(self) -> CommandAlerts:
        return CommandAlerts(("/no/such/program",), MemoryCancellation())


class TestWebhook(AlertsContract):
    @pytest.fixture
    def alerts(self, web_server: WebServer) -> Alerts:
        (channel,) = apprise_channels([f"json://127.0.0.1:{web_server.port}/hook"])
        return channel

    @pytest.fixture
    def delivered(self, web_server: WebServer) -> Delivered:
        return lambda: [f"{each['title']}\n{each['message']}" for each in web_server.taken]

    @pytest.fixture
    def unreachable(self) -> Alerts:
        (channel,) = apprise_channels(["json://127.0.0.1:1/hook"])
        return channel


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
        mail_server.alerts(f"wr0ng-{PASSWORD}").send(ALERT)

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


def test_a_mail_that_was_taken_is_sent_whatever_the_server_says_on_leaving(mail_server: MailServer) -> None:
    """The same mail went out with each run, for ever, because QUIT was answered with 451."""
    mail_server.mailbox.farewell = "451 try again later"

    mail_server.alerts().send(ALERT)

    assert len(mail_server.mailbox.mails) == 1


def test_settings_are_read_from_the_environment() -> None:
    environment = {"SMTP_HOST": "mail", "SMTP_USER": "u@x", "SMTP_PASS": PASSWORD, "ALERT_TO": "a@x, b@x,"}

    assert settings_from(environment) == SmtpSettings("mail", ("a@x", "b@x"), 587, "u@x", PASSWORD)


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


def test_a_program_reads_subject_and_body_and_no_shell_reads_anything(tmp_path: Path) -> None:
    out = tmp_path / "out"
    argv = _program(tmp_path, f"open({str(out)!r}, 'w').write(repr((text, sys.argv[1:])))")

    CommandAlerts(argv, MemoryCancellation()).send(attrs.evolve(ALERT, subject="a\nb `id`"))

    assert out.read_text() == repr(
        ("a b `id`\nROST2 idle for 1223 s\nHost: ü\n", ["an argument with a token", "$HOME; *"])
    )


def test_a_program_that_fails_or_hangs_has_not_taken_the_alert(tmp_path: Path, mocker: MockerFixture) -> None:
    failing = CommandAlerts(_program(tmp_path, "sys.exit('no network')"), MemoryCancellation())
    with pytest.raises(AlertError, match="it ended with 1: no network") as caught:
        failing.send(ALERT)
    assert "token" not in str(caught.value)

    mocker.patch("camvault.adapters.alertcommand.command.TIMEOUT_S", 0.3)
    hanging = CommandAlerts(_program(tmp_path, "import time; time.sleep(60)"), MemoryCancellation())
    with pytest.raises(AlertError):
        hanging.send(ALERT)


def test_a_webhook_gets_subject_and_body(web_server: WebServer) -> None:
    (alerts,) = apprise_channels([f"json://127.0.0.1:{web_server.port}/hook"])

    alerts.send(ALERT)

    assert (web_server.taken[0]["title"], web_server.taken[0]["message"]) == (ALERT.subject, ALERT.body)


def test_a_webhook_that_refuses_is_an_error_without_its_token(web_server: WebServer) -> None:
    web_server.status[0] = 500
    (alerts,) = apprise_channels([f"json://user:{PASSWORD}@127.0.0.1:{web_server.port}/t0ken-{PASSWORD}"])

    with pytest.raises(AlertError) as caught:
        alerts.send(ALERT)

    said = f"{caught.value} {alerts!r} {alerts.name}"
    assert not canary.found_in(said)
    assert "t0ken" not in said


def test_a_plugin_that_breaks_is_an_error(mocker: MockerFixture) -> None:
    (alerts,) = apprise_channels(["json://127.0.0.1:1/hook"])
    mocker.patch.object(type(alerts.service), "notify", side_effect=TypeError("t0ken"))
    with pytest.raises(AlertError, match=r"failed with TypeError$"):
        alerts.send(ALERT)


def test_each_url_is_a_channel_of_its_own() -> None:
    names = [each.name for each in apprise_channels(["json://a/1", "json://a/2", "xml://a/1"])]
    assert len(set(names)) == 3
    assert [name.split()[0] for name in names] == ["json", "json", "xml"]


def test_a_url_that_is_none_is_named_by_its_number() -> None:
    with pytest.raises(UsageError, match=r"^Alert URL 2: ") as caught:
        apprise_channels(["json://a/1", PASSWORD])
    assert not canary.found_in(str(caught.value))


def test_without_the_extra_it_is_named(mocker: MockerFixture) -> None:
    mocker.patch.dict(sys.modules, {"apprise": None})
    with pytest.raises(MissingToolError, match=r"camvault\[notify\]"):
        apprise_channels(["json://a/1"])
