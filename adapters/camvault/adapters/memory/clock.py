"""Adapter for tests and library users: time that passes only when somebody sleeps, and what happens meanwhile."""

import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock

_START = datetime(2025, 7, 18, 10, 15, tzinfo=UTC)


@attrs.define
class MemoryClock:
    """A clock that stands still until `advance` or `sleep`.

    Attributes:
        wall: What `now` says; may be set to anything, as a real wall clock may jump.
        elapsed_s: What `monotonic_s` says.
        suspended_s: For how long the machine was suspended until now.
    """

    wall: datetime = _START
    elapsed_s: float = 0.0
    suspended_s: float = 0.0
    _events: list[tuple[float, int, Callable[[], None]]] = attrs.field(factory=list, init=False)
    _numbers: "itertools.count[int]" = attrs.field(factory=itertools.count, init=False)

    def now(self) -> datetime:
        """The wall time."""
        return self.wall

    def monotonic_s(self) -> float:
        """The seconds that were slept or advanced."""
        return self.elapsed_s

    def boot_s(self) -> float:
        """The same, and the time in which the machine was suspended."""
        return self.elapsed_s + self.suspended_s

    def suspend(self, seconds: float) -> None:
        """Let the machine be suspended for `seconds`: its monotonic clock stands still."""
        self.suspended_s += seconds
        self.wall += timedelta(seconds=seconds)

    def sleep(self, seconds: float, *, cancel: Cancellation) -> None:
        """Advance event by event, and stop at the one that requests a cancellation."""
        cancel.check()
        self.advance(seconds, until=lambda: cancel.is_requested)
        cancel.check()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Call `action` when `seconds` have passed; actions of the same moment in the order of these calls."""
        heapq.heappush(self._events, (self.elapsed_s + seconds, next(self._numbers), action))

    def advance(self, seconds: float, *, until: Callable[[], bool] = lambda: False) -> None:
        """Let `seconds` pass, or less if `until` becomes true at an event."""
        end_s = self.elapsed_s + max(0.0, seconds)
        while self._events and self._events[0][0] <= end_s:
            at_s, _, action = heapq.heappop(self._events)
            self._go_to(at_s)
            action()
            if until():
                return
        self._go_to(end_s)

    def _go_to(self, at_s: float) -> None:
        step_s = max(0.0, at_s - self.elapsed_s)
        self.elapsed_s += step_s
        self.wall += timedelta(seconds=step_s)


_conforms: type[Clock] = MemoryClock
