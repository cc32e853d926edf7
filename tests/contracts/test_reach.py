"""The contract of `Reach`: in memory, by a connection, and by what the target of a transfer answers."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from camvault.adapters._shared import reach as program
from camvault.adapters.contracts.reach import ReachContract
from camvault.adapters.memory import MemoryCancellation, MemoryStorage
from camvault.adapters.memory.reach import MemoryReach
from camvault.adapters.memory.transfer import MemoryTransfer
from camvault.adapters.nearness import TargetReach, TcpReach
from camvault.ports.errors import Cancelled
from tests.contracts.test_battery import Cancellations


class TestMemoryReach(Cancellations, ReachContract):
    @pytest.fixture
    def near(self) -> MemoryReach:
        return MemoryReach()

    @pytest.fixture
    def away(self) -> MemoryReach:
        return MemoryReach(is_near=False)


class TestTcpReach(Cancellations, ReachContract):
    @pytest.fixture
    def near(self) -> Iterator[TcpReach]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield TcpReach("127.0.0.1", server.getsockname()[1])

    @pytest.fixture
    def away(self) -> TcpReach:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        return TcpReach("127.0.0.1", port)

    def test_a_name_server_that_hangs_is_given_up(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """As a look-up that no signal ends; the program that waits is ended with its group."""
        self._replace_program(monkeypatch, tmp_path, "import time; time.sleep(600)")
        begin_s = time.monotonic()
        found = TcpReach("nas", 22, limit_s=0.2).look(cancel=MemoryCancellation())
        assert not found.is_reached
        assert found.words == "nas port 22 does not answer within 0.2 s"
        assert time.monotonic() - begin_s < 60

    def test_a_stop_ends_a_look_that_hangs(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self._replace_program(monkeypatch, tmp_path, "import time; time.sleep(600)")
        with pytest.raises(Cancelled):
            TcpReach("nas", 22, limit_s=500).look(cancel=MemoryCancellation(after_checks=3))

    def test_what_cannot_be_understood_is_not_near(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self._replace_program(monkeypatch, tmp_path, "print('{')")
        assert not TcpReach("nas", 22).look(cancel=MemoryCancellation()).is_reached

    def test_a_name_that_nobody_knows(self) -> None:
        found = TcpReach("no.such.host.invalid", 22).look(cancel=MemoryCancellation())
        assert not found.is_reached
        assert "no.such.host.invalid" in found.words

    def _replace_program(self, monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
        (folder / "program.py").write_text(text)
        monkeypatch.setattr(program, "__file__", str(folder / "program.py"))


class TestTargetReach(Cancellations, ReachContract):
    @pytest.fixture
    def near(self) -> TargetReach:
        return TargetReach(MemoryTransfer(MemoryStorage()))

    @pytest.fixture
    def away(self) -> TargetReach:
        return TargetReach(MemoryTransfer(MemoryStorage(), evidence="it is not mounted"))

    def test_a_target_that_was_never_used_counts_as_near(self) -> None:
        """The first upload marks it, or says why it does not."""
        found = TargetReach(MemoryTransfer(MemoryStorage(), record="")).look(cancel=MemoryCancellation())
        assert found.is_reached

    def test_another_target_is_not_near(self) -> None:
        found = TargetReach(MemoryTransfer(MemoryStorage(), marker="1234")).look(cancel=MemoryCancellation())
        assert "another target" in found.words
        assert not found.is_reached
