"""Adapter for tests and library users: a reporter that remembers."""

from typing import TypeVar

import attrs

from camvault.ports.events import Event, Level, Reporter, level_of, unscoped

E = TypeVar("E", bound=Event)


@attrs.define
class MemoryReporter:
    """Keeps every event in order."""

    events: list[Event] = attrs.field(factory=list)

    def emit(self, event: Event, /) -> None:
        """Remember the event."""
        self.events.append(event)

    def of(self, kind: type[E], /) -> tuple[E, ...]:
        """The events of one kind, in order, whatever scope they stand in."""
        return tuple(inner for inner in map(unscoped, self.events) if isinstance(inner, kind))

    def lines(self) -> tuple[str, ...]:
        """Level and sentence of every event that a log file would show."""
        return tuple(f"{level_of(e).name} {e}" for e in self.events if level_of(e) >= Level.INFO)


_conforms: type[Reporter] = MemoryReporter
