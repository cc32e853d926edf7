"""The contract of `Pulse`: memory, and a web server."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import attrs
import pytest
from pytest_mock import MockerFixture

from camvault.adapters.contracts.pulse import PulseContract, Taken
from camvault.adapters.memory.pulse import MemoryPulse
from camvault.adapters.webping import WebPulse
from camvault.ports.errors import AlertError, UsageError
from tests import canary


class TestMemoryPulse(PulseContract):
    @pytest.fixture
    def pulse(self) -> MemoryPulse:
        return MemoryPulse()

    @pytest.fixture
    def taken(self, pulse: MemoryPulse) -> Taken:
        return lambda: pulse.beats

    @pytest.fixture
    def unreachable(self) -> MemoryPulse:
        return MemoryPulse(is_down=True)

    @pytest.fixture
    def secret(self) -> str:
        return canary.PASSWORD


@attrs.define
class Web:
    """A server that takes what is asked for at the right path."""

    port: int
    asked: list[str] = attrs.field(factory=list)

    def url(self, path: str = canary.WORD) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"


@contextmanager
def web_server() -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_right = self.path == f"/{canary.WORD}"
            found.asked += [self.path] if is_right else []
            self.send_response(200 if is_right else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found = Web(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def web() -> Iterator[Web]:
    with web_server() as found:
        yield found


class TestWebPulse(PulseContract):
    @pytest.fixture
    def pulse(self, web: Web) -> WebPulse:
        return WebPulse(web.url())

    @pytest.fixture
    def taken(self, web: Web) -> Taken:
        return lambda: len(web.asked)

    @pytest.fixture(params=["nobody", "refused", "silent", "no server of the web"])
    def unreachable(self, request: pytest.FixtureRequest, web: Web, mocker: MockerFixture) -> Iterator[WebPulse]:
        mocker.patch("camvault.adapters.webping.ping.TIMEOUT_S", 0.3)
        with socket.create_server(("127.0.0.1", 0)) as other:
            url = f"http://127.0.0.1:{other.getsockname()[1]}/{canary.WORD}"
            match request.param:
                case "nobody":
                    other.close()
                    yield WebPulse(url)
                case "refused":
                    yield WebPulse(web.url(f"{canary.WORD}/gone"))
                case "silent":
                    yield WebPulse(url)
                case _:
                    thread = threading.Thread(target=_talk, args=(other,))
                    thread.start()
                    yield WebPulse(url)
                    thread.join()

    @pytest.fixture
    def secret(self) -> str:
        return canary.WORD


def _talk(listener: socket.socket) -> None:
    client, _ = listener.accept()
    with client:
        client.recv(4096)
        client.sendall(b"220 mail\r\n")


def test_what_the_server_refuses_is_named_by_its_number(web: Web) -> None:
    with pytest.raises(AlertError, match="it answered with 404"):
        WebPulse(web.url("gone")).beat()


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "example.org/ping", "https://example.org/a b"])
def test_what_is_no_url_of_the_web_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        WebPulse(url)
    assert not url or url not in str(caught.value)
