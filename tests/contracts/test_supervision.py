"""The contract of `Supervision`, on memory and on a socket such as systemd listens at."""

import contextlib
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from camvault.adapters.contracts.supervision import Heard, SupervisionContract
from camvault.adapters.memory.supervision import MemorySupervision
from camvault.adapters.systemd.notify import SystemdNotify

WORDS = {"READY=1": "ready", "WATCHDOG=1": "alive", "STOPPING=1": "stopping"}


class TestMemorySupervision(SupervisionContract):
    @pytest.fixture
    def supervision(self) -> MemorySupervision:
        return MemorySupervision()

    @pytest.fixture
    def heard(self, supervision: MemorySupervision) -> Heard:
        def told() -> list[tuple[str, str]]:
            parts = [said.partition(" ") for said in supervision.said]
            return [(word, status) for word, _, status in parts]

        return told

    @pytest.fixture
    def unsupervised(self) -> MemorySupervision:
        return MemorySupervision()


class TestSystemdNotify(SupervisionContract):
    @pytest.fixture
    def manager(self) -> Iterator[socket.socket]:
        # The name of a socket has 107 bytes at most
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(Path(folder) / "notify"))
            manager.setblocking(False)
            yield manager

    @pytest.fixture
    def supervision(self, manager: socket.socket) -> SystemdNotify:
        return SystemdNotify(manager.getsockname())

    @pytest.fixture
    def heard(self, manager: socket.socket) -> Heard:
        def told() -> list[tuple[str, str]]:
            messages: list[str] = []
            with contextlib.suppress(BlockingIOError):
                while True:
                    messages.append(manager.recv(65_536).decode())
            found = []
            for message in messages:
                words, status = "", ""
                for line in message.split("\n"):
                    key, _, value = line.partition("=")
                    if key == "STATUS":
                        status = value
                    else:
                        words += WORDS[line]
                found.append((words, status))
            return found

        return told

    @pytest.fixture(params=["", "/no/such/socket"], ids=["none", "gone"])
    def unsupervised(self, request: pytest.FixtureRequest) -> SystemdNotify:
        return SystemdNotify(request.param)
