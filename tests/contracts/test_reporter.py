"""Contract of `Reporter`: it takes every event and never raises, whatever the event holds, wherever it renders to."""

import io
import threading
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import attrs
import pytest

from camvault.adapters.memory.reporter import MemoryReporter
from camvault.adapters.reporting import Fanout, JsonLogFile, LogFile, PlainConsole, ScopedReporter, Silent
from camvault.adapters.reporting.terminal import TerminalConsole
from camvault.adapters.system import SystemClock
from camvault.ports.events import (
    Crashed,
    Event,
    Failed,
    Note,
    Progressed,
    Reporter,
    Scoped,
    ScriptExited,
    ScriptStarted,
    Warned,
)


@attrs.frozen
class Speechless(Event):
    """An event whose sentence cannot be built."""

    path: PurePath

    def __str__(self) -> str:
        raise RuntimeError("no words")


HOSTILE = "a\nb\r\x1b[2K\x00\udcff\u2028\u202e\u009b ▶ ERROR ▶ [bold]x[/bold] 🎉"
EVENTS: tuple[Event, ...] = (
    Event(),
    ScriptStarted("toy", "1"),
    Note("plain"),
    Note(HOSTILE),
    Warned("careful"),
    Failed("broken"),
    Crashed("bug", ("Traceback", "  line\nwith break")),
    Progressed("copy", 0, None),
    Progressed("copy", 1, 3, item=HOSTILE),
    Progressed("copy", 3, 3),
    Progressed("empty", 0, 0),
    Scoped("prepare", Note("inner")),
    Scoped("a", Scoped("b", Crashed("deep", ("t",)))),
    Scoped("prepare", Progressed("copy", 1, 2)),
    Speechless(PurePath("x\udcfe")),
    ScriptExited(0),
)


class ReporterContract:
    """Run on every reporter."""

    @pytest.fixture
    def reporter(self, tmp_path: Path) -> Reporter:
        raise NotImplementedError

    @pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
    def test_takes_every_event(self, reporter: Reporter, event: Event) -> None:
        """Nothing an event can hold makes a reporter raise."""
        reporter.emit(event)
        reporter.emit(event)

    def test_takes_events_from_many_threads(self, reporter: Reporter) -> None:
        """Parallel encodes report at once."""
        failures: list[BaseException] = []

        def emit_all() -> None:
            try:
                for event in EVENTS * 5:
                    reporter.emit(event)
            except BaseException as error:  # noqa: BLE001 - rich ends a program with SystemExit
                failures.append(error)

        threads = [threading.Thread(target=emit_all) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert failures == []
        assert not any(thread.is_alive() for thread in threads)


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
