"""Adapter for reporting: the console. Errors go to stderr, the rest to the stream the specification names."""

import os
import threading
from collections.abc import Callable
from typing import TextIO

from camvault.adapters.reporting.lines import LineFormat, arrows, encodable, json_line, text_lines
from camvault.adapters.reporting.redaction import Redact, redact_nothing
from camvault.ports.clock import Clock
from camvault.ports.events import Crashed, Event, Failed, Level, Progressed, Reporter, Scoped, level_of, unscoped

PROGRESS_EVERY_S = 60.0
"""How often a console that is not a terminal says how far a task is."""


def write_line(stream: TextIO, line: str, *, on_lost: Callable[[str], None] = lambda _: None) -> None:
    """Write and flush one line; never raises, whatever the stream's encoding, even if nobody reads any more.

    `on_lost` is told why a line was not written; not that a reader went away (`| head`), who had what it wanted.
    """
    try:
        stream.write(f"{encodable(line, stream.encoding)}\n")
        stream.flush()
    except BrokenPipeError:
        pass
    except (OSError, ValueError) as error:
        on_lost((isinstance(error, OSError) and error.strerror) or str(error))


class PlainConsole:
    """Lines like those of the log file, or JSON lines; for pipes, files and machines."""

    def __init__(
        self,
        echo: TextIO,
        errors: TextIO,
        /,
        *,
        clock: Clock,
        line_format: LineFormat = arrows,
        is_json: bool = False,
        level: Level = Level.INFO,
        redact: Redact = redact_nothing,
        on_lost: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._echo = echo
        self._errors = errors
        self._clock = clock
        self._format = line_format
        self._is_json = is_json
        self._level = level
        self._redact = redact
        self._on_lost = on_lost
        self._lock = threading.RLock()
        self._next_progress_s: dict[str, float] = {}

    def emit(self, event: Event, /) -> None:
        """Write the event's line to stderr if it is an error, else to the echo stream."""
        if not self._is_wanted(event):
            return
        with self._lock:
            if level_of(event) >= Level.ERROR:
                write_line(self._errors, self._render(event))
            else:
                write_line(self._echo, self._render(event), on_lost=self._on_lost)

    def close(self) -> None:
        """Nothing is held."""

    def _is_wanted(self, event: Event) -> bool:
        inner = unscoped(event)
        if not isinstance(inner, Progressed):
            return level_of(event) >= self._level
        now_s = self._clock.monotonic_s()
        due_s = self._next_progress_s.setdefault(inner.task, now_s + PROGRESS_EVERY_S)
        if now_s < due_s:
            return False
        self._next_progress_s[inner.task] = now_s + PROGRESS_EVERY_S
        return True

    def _render(self, event: Event) -> str:
        event = _without_traceback(event)
        if self._is_json:
            return json_line(event, self._clock.now(), self._redact)
        return text_lines(event, self._clock.now(), self._format, self._redact)[0]


def _without_traceback(event: Event) -> Event:
    """The traceback is for the log only."""
    match event:
        case Crashed(message=message):
            return Failed(message)
        case Scoped(scope=scope, event=inner):
            return Scoped(scope, _without_traceback(inner))
        case _:
            return event


def make_console(
    echo: TextIO,
    errors: TextIO,
    /,
    *,
    clock: Clock,
    is_json: bool = False,
    line_format: LineFormat = arrows,
    redact: Redact = redact_nothing,
    on_lost: Callable[[str], None] = lambda _: None,
) -> tuple[Reporter, Callable[[], None]]:
    """The console that fits the echo stream: progress bars on a terminal, else lines. Returns it and its `close`.

    `on_lost` is told why a line of the echo could not be written, as to a full disk; not of a terminal.
    """
    if is_json or not echo.isatty() or os.environ.get("TERM", "") in {"", "dumb"}:
        plain = PlainConsole(
            echo, errors, clock=clock, line_format=line_format, is_json=is_json, redact=redact, on_lost=on_lost
        )
        return plain, plain.close
    from camvault.adapters.reporting.terminal import TerminalConsole  # noqa: PLC0415 - rich costs 40 ms

    terminal = TerminalConsole(echo, errors, redact=redact)
    return terminal, terminal.close


_conforms: type[Reporter] = PlainConsole
