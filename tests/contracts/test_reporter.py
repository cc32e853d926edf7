"""Contract of `Reporter`: it takes every event and never raises, whatever the event holds, wherever it renders to."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from camvault.adapters.contracts.events import EVENTS, ReporterContract
from camvault.adapters.memory.reporter import MemoryReporter
from camvault.adapters.reporting import Fanout, JsonLogFile, LogFile, PlainConsole, ScopedReporter, Silent
from camvault.adapters.reporting.terminal import TerminalConsole
from camvault.adapters.system import SystemClock
from camvault.ports.events import Note, Reporter, Warned


class TestMemoryReporter(ReporterContract):
    @pytest.fixture
    def reporter(self, tmp_path: Path) -> Reporter:
        return MemoryReporter()

    def test_remembers_in_order(self) -> None:
        """What tests assert on is the stream itself, scopes taken off when a kind is asked for."""
        reporter = MemoryReporter()
        for event in EVENTS:
            reporter.emit(event)
        assert tuple(reporter.events) == EVENTS
        assert [str(e) for e in reporter.of(Warned)] == ["careful"]
        assert Note("inner") in reporter.of(Note)


class TestSilent(ReporterContract):
    @pytest.fixture
    def reporter(self, tmp_path: Path) -> Reporter:
        return Silent()


class TestLogFile(ReporterContract):
    @pytest.fixture
    def reporter(self, tmp_path: Path) -> Reporter:
        return LogFile(tmp_path / "log", clock=SystemClock())


class TestFullLogFile(ReporterContract):
    """The disk is full."""

    @pytest.fixture
    def reporter(self, tmp_path: Path) -> Reporter:
        return LogFile(Path("/dev/full"), clock=SystemClock())


class TestClosedLogFile(ReporterContract):
    @pytest.fixture
    def reporter(self, tmp_path: Path) -> Reporter:
        log = LogFile(tmp_path / "log", clock=SystemClock())
        log.close()
        return log


class TestJsonLogFile(ReporterContract):
    @pytest.fixture
    def reporter(self, tmp_path: Path) -> Reporter:
        return JsonLogFile(tmp_path / "log", clock=SystemClock())


class _Gone(io.StringIO):
    """A pipe that nobody reads any more."""

    def write(self, text: str, /) -> int:
        raise BrokenPipeError(32, "Broken pipe")


class _Latin(io.TextIOWrapper):
    """A console that cannot show everything."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="latin-1")


STREAMS: dict[str, Callable[[], Any]] = {"text": io.StringIO, "gone": _Gone, "latin-1": _Latin}


@pytest.mark.parametrize("stream", STREAMS)
class TestPlainConsole(ReporterContract):
    @pytest.fixture(params=[False, True], ids=["text lines", "json lines"])
    def reporter(self, stream: str, request: pytest.FixtureRequest, tmp_path: Path) -> Reporter:
        make = STREAMS[stream]
        return PlainConsole(make(), make(), clock=SystemClock(), is_json=request.param)


@pytest.mark.parametrize("stream", STREAMS)
class TestTerminalConsole(ReporterContract):
    @pytest.fixture
    def reporter(self, stream: str, tmp_path: Path) -> Any:
        make = STREAMS[stream]
        terminal = TerminalConsole(make(), make())
        yield terminal
        terminal.close()


class TestFanout(ReporterContract):
    @pytest.fixture
    def reporter(self, tmp_path: Path) -> Reporter:
        return Fanout([MemoryReporter(), LogFile(tmp_path / "log", clock=SystemClock())])


class TestScopedReporter(ReporterContract):
    @pytest.fixture
    def reporter(self, tmp_path: Path) -> Reporter:
        return ScopedReporter(LogFile(tmp_path / "log", clock=SystemClock()), "prepare")
