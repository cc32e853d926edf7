"""Port: what happened, as frozen values. A log file, a console, JSON lines and metrics are renderings of one stream.

Core defines its events beside the workflows that emit them; a renderer knows only what stands here.
"""

import enum
from typing import ClassVar, Protocol

import attrs


class Level(enum.IntEnum):
    """How much attention an event wants; the numbers are those of the `logging` module."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


@attrs.frozen
class Event:
    """Base of all events. `str()` is one line for a person; the fields are the machine-readable form."""

    level: ClassVar[Level] = Level.INFO

    def __str__(self) -> str:
        return type(self).__name__


@attrs.frozen
class Note(Event):
    """A plain sentence."""

    message: str

    def __str__(self) -> str:
        return self.message


@attrs.frozen
class Warned(Note):
    """A plain sentence that wants attention."""

    level: ClassVar[Level] = Level.WARNING


@attrs.frozen
class Failed(Note):
    """A plain sentence that says what went wrong."""

    level: ClassVar[Level] = Level.ERROR


@attrs.frozen
class Crashed(Failed):
    """A fault of the program itself: one sentence for everybody, the traceback for log files only."""

    traceback: tuple[str, ...] = ()


@attrs.frozen
class ScriptStarted(Event):
    """The first line of every log."""

    name: str
    version: str

    def __str__(self) -> str:
        return "Script started"


@attrs.frozen
class ScriptExited(Event):
    """The last line of every log."""

    exit_code: int

    def __str__(self) -> str:
        return "Script exited"


@attrs.frozen
class Progressed(Event):
    """How far one task is. Emitted often (at most some ten times a second); log files leave it out.

    `task` is stable for the life of the task ("copy", "image"), `item` says what is being worked on.
    `done` reaches `total` exactly once, at the end. `total` is None where it is unknown.
    """

    level: ClassVar[Level] = Level.DEBUG

    task: str
    done: float
    total: float | None
    unit: str = "bytes"
    item: str = ""

    def __str__(self) -> str:
        return f"{self.task} {self.item} {self.position}".replace("  ", " ").rstrip()

    @property
    def position(self) -> str:
        """How far it is, in words: a share of the total, or what is done of an unknown one."""
        if self.total is None:
            return f"{self.done:,.0f} {self.unit}" if self.done else ""
        return f"{100 * self.done / self.total:.0f} %" if self.total else ""


@attrs.frozen
class Scoped(Event):
    """An event of one stage of a larger job; its level is that of `event` (ask `level_of`)."""

    scope: str
    event: Event

    def __str__(self) -> str:
        return f"{self.scope:<8} {self.event}"


def unscoped(event: Event) -> Event:
    """What happened, without the scopes around it."""
    while isinstance(event, Scoped):
        event = event.event
    return event


def level_of(event: Event) -> Level:
    """How much attention the event wants, whatever scope it stands in."""
    return unscoped(event).level


class Reporter(Protocol):
    """Takes events. Never raises, never blocks for long: a log that cannot be written must not stop the work."""

    def emit(self, event: Event, /) -> None:
        """Render one event."""
        ...
