"""Adapter for reporting: combining reporters."""

import attrs

from camvault.ports.events import Event, Reporter, Scoped


class Silent:
    """Renders nothing."""

    def emit(self, event: Event, /) -> None:
        """Drop the event."""


@attrs.define
class Fanout:
    """Hands every event to each of its reporters, in order; more may join while it runs."""

    reporters: list[Reporter] = attrs.field(factory=list)

    def add(self, reporter: Reporter, /) -> None:
        """Let `reporter` have all later events."""
        self.reporters.append(reporter)

    def emit(self, event: Event, /) -> None:
        """Render one event everywhere."""
        for reporter in tuple(self.reporters):
            reporter.emit(event)


@attrs.frozen
class ScopedReporter:
    """Marks every event as one of stage `scope`."""

    inner: Reporter
    scope: str

    def emit(self, event: Event, /) -> None:
        """Render the event under its scope."""
        self.inner.emit(Scoped(self.scope, event))


_conforms: tuple[type[Reporter], ...] = (Silent, Fanout, ScopedReporter)
