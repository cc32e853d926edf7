"""Adapter for rich: a terminal with one line for each step and a bar for each running task."""

import threading
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from camvault.adapters.reporting.lines import encodable, message_of, single_line
from camvault.adapters.reporting.redaction import Redact, redact_nothing
from camvault.ports.events import (
    Event,
    Level,
    Progressed,
    Reporter,
    Scoped,
    ScriptExited,
    ScriptStarted,
    level_of,
    unscoped,
)

_STYLES = {Level.WARNING: "yellow", Level.ERROR: "bold red"}


class _Screen(Console):
    """A rich console that falls silent when the terminal goes away; rich itself would end the program."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


class TerminalConsole:
    """Sentences without time stamps, errors on stderr, and progress bars that vanish when a task is done."""

    def __init__(self, echo: TextIO, errors: TextIO, /, *, redact: Redact = redact_nothing) -> None:
        self._echo = _Screen(file=echo, highlight=False, markup=False, emoji=False)
        self._errors = _Screen(file=errors, highlight=False, markup=False, emoji=False)
        self._redact = redact
        self._lock = threading.RLock()
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def emit(self, event: Event, /) -> None:
        """Show the event."""
        inner = unscoped(event)
        try:
            with self._lock:
                if isinstance(inner, Progressed):
                    self._advance(inner, event.scope if isinstance(event, Scoped) else "")
                elif level_of(event) >= Level.INFO and not isinstance(inner, ScriptStarted | ScriptExited):
                    self._say(event)
        except (OSError, ValueError):  # the terminal is gone; the work goes on
            self._echo.quiet = self._errors.quiet = True

    def close(self) -> None:
        """Take the bars away."""
        with self._lock:
            if self._progress is not None:
                self._progress.stop()
            self._progress = None
            self._tasks.clear()

    def _say(self, event: Event) -> None:
        level = level_of(event)
        screen = self._errors if level >= Level.ERROR else self._echo
        if screen is self._errors:
            self.close()  # a live bar and stderr would write over one another
        message = encodable(message_of(event, self._redact), screen.encoding)
        screen.print(Text(message, style=_STYLES.get(level, "")), soft_wrap=True)

    def _advance(self, progress: Progressed, scope: str) -> None:
        bars = self._bars()
        key = f"{scope}/{progress.task}"
        position = progress.position if progress.total is None else ""  # of a known total, the bar says it
        sentence = single_line(self._redact(f"{scope or progress.task:<8} {progress.item} {position}".rstrip()))
        label = encodable(sentence, self._echo.encoding)
        is_new = key not in self._tasks
        if is_new:
            self._tasks[key] = bars.add_task(label, total=progress.total)
        bars.update(self._tasks[key], completed=progress.done, total=progress.total, description=label)
        if is_new:
            bars.refresh()
        if progress.total is not None and progress.done >= progress.total:
            bars.remove_task(self._tasks.pop(key))

    def _bars(self) -> Progress:
        if self._progress is None:
            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TaskProgressColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
            )
            self._progress = Progress(*columns, console=self._echo, transient=True)
            self._progress.start()
        return self._progress


_conforms: type[Reporter] = TerminalConsole
