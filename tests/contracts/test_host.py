"""The contract of `Host`, on memory, and on a `shutdown` that shuts nothing down."""

from collections.abc import Callable
from pathlib import Path, PurePath

import pytest

from camvault.adapters.contracts.host import HostContract
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.memory.host import MemoryHost
from camvault.adapters.system import SystemHost
from camvault.ports.errors import MissingToolError, ToolError
from tests.dashcam.stand_ins import Program


class Cancellations:
    @pytest.fixture
    def cancel(self) -> MemoryCancellation:
        return MemoryCancellation()

    @pytest.fixture
    def requested(self) -> MemoryCancellation:
        cancel = MemoryCancellation()
        cancel.request()
        return cancel


class TestMemoryHost(Cancellations, HostContract):
    @pytest.fixture
    def host(self) -> MemoryHost:
        return MemoryHost()

    @pytest.fixture
    def told_count(self, host: MemoryHost) -> Callable[[], int]:
        return lambda: len(host.reasons)

    @pytest.fixture
    def refusing(self) -> MemoryHost:
        return MemoryHost(refusal="Interactive authentication required.")


class TestSystemHost(Cancellations, HostContract):
    @pytest.fixture
    def program(self, tmp_path: Path) -> Program:
        return Program(tmp_path / "shutdown")

    @pytest.fixture
    def told(self) -> list[str]:
        return []

    @pytest.fixture
    def host(self, program: Program, told: list[str]) -> SystemHost:
        return SystemHost(PurePath(program.path), tell=told.append)

    @pytest.fixture
    def told_count(self, program: Program) -> Callable[[], int]:
        return lambda: len(program.calls)

    @pytest.fixture
    def refusing(self, tmp_path: Path, told: list[str]) -> SystemHost:
        program = Program(tmp_path / "refusing" / "shutdown", says="Interactive authentication required.", ends_with=1)
        return SystemHost(PurePath(program.path), tell=told.append)

    def test_shutdown_is_told_nothing_but_h_and_now(
        self, host: SystemHost, program: Program, told: list[str], cancel: MemoryCancellation
    ) -> None:
        host.shut_down(reason="battery at 2900 mV\n--reboot", cancel=cancel)
        assert program.calls == [["-h", "now"]]
        assert told == ["battery at 2900 mV --reboot"]

    def test_the_words_of_a_refusal_are_told(self, refusing: SystemHost, cancel: MemoryCancellation) -> None:
        with pytest.raises(ToolError, match="Interactive authentication required"):
            refusing.shut_down(reason="", cancel=cancel)

    def test_a_shutdown_that_hangs_is_an_error(self, tmp_path: Path, cancel: MemoryCancellation) -> None:
        hanging = Program(tmp_path / "hanging" / "shutdown", seconds=600)
        with pytest.raises(ToolError, match="longer than"):
            SystemHost(PurePath(hanging.path), limit_s=0.5, tell=lambda _: None).shut_down(reason="", cancel=cancel)

    def test_a_tool_that_is_missing_is_named(self, tmp_path: Path, cancel: MemoryCancellation) -> None:
        with pytest.raises(MissingToolError, match="shutdown"):
            SystemHost(PurePath(tmp_path / "shutdown"), tell=lambda _: None).shut_down(reason="", cancel=cancel)

    def test_where_the_kernel_does_not_tell_the_start_has_no_name(self, tmp_path: Path) -> None:
        assert SystemHost(boot_path=tmp_path / "boot_id").boot_id() == ""

    def test_the_systems_log_takes_any_reason(self, program: Program, cancel: MemoryCancellation) -> None:
        SystemHost(PurePath(program.path)).shut_down(reason="caf\udce9 \0 'x'", cancel=cancel)
        assert len(program.calls) == 1
