"""Adapter for pytest: the contract of `Reporter`."""

import threading
import time
from pathlib import PurePath

import attrs
import pytest

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

LONG_S = 10.0


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
    """What core relies on: a reporter takes every event and never raises, whatever it holds, wherever it renders to.

    What a reporter shows, and of which events, is its own affair.

    Provide:
        reporter (`Reporter`): The reporter under test. Derive once more for each bad end of what it writes to: a full
            disk, a closed pipe, a console of another encoding.
    """

    @pytest.fixture
    def reporter(self) -> Reporter:
        """The reporter under test."""
        raise NotImplementedError("provide the fixture `reporter`")

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

    def test_an_event_is_taken_without_a_long_wait(self, reporter: Reporter) -> None:
        """The work stands still meanwhile."""
        started_s = time.monotonic()
        for event in EVENTS:
            reporter.emit(event)
        assert time.monotonic() - started_s < LONG_S
