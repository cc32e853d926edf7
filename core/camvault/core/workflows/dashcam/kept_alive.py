"""Workflow, private part: a cancellation that tells a service manager that the service is alive, whatever waits.

Whatever takes long asks its cancellation often. What hangs does not ask, and the manager starts the service again.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.supervision import Supervision

_EVERY_S = 10.0
_SLICE_S = 5.0


@attrs.define(eq=False)
class KeptAlive:
    """As `parent`; each question is a sign of life.

    Attributes:
        status: What the service does, for people.
    """

    parent: Cancellation
    supervision: Supervision
    clock: Clock
    status: str = ""
    _asked_s: float | None = attrs.field(default=None, init=False)
    _told_s: float | None = attrs.field(default=None, init=False)

    @property
    def is_requested(self) -> bool:
        """Whether stopping was asked for."""
        return self.look()

    def look(self) -> bool:
        """Give a sign of life, and note when stopping is first seen to be asked for; whether it is."""
        now_s = self.clock.monotonic_s()
        if self._told_s is None or now_s - self._told_s >= _EVERY_S:
            self._told_s = now_s
            self.supervision.alive(self.status)
        is_requested = self.parent.is_requested
        if is_requested and self._asked_s is None:
            self._asked_s = now_s
        return is_requested

    def left_s(self, within_s: float) -> float:
        """What is left of so many seconds since stopping was seen to be asked for; all of them if it was not."""
        self.look()
        return within_s if self._asked_s is None else self._asked_s + within_s - self.clock.monotonic_s()

    def check(self) -> None:
        """Raise `Cancelled` if stopping was asked for."""
        self.look()
        self.parent.check()

    def wait(self, seconds: float) -> bool:
        """Block for `seconds` or until stopping is asked for; return `is_requested`."""
        end_s = self.clock.monotonic_s() + seconds
        while not self.is_requested and (left_s := end_s - self.clock.monotonic_s()) > 0:
            self.parent.wait(min(_SLICE_S, left_s))
        return self.parent.is_requested

    def warn_first(self, warning: Callable[[], None]) -> AbstractContextManager[None]:
        """Inside, the first request only calls `warning`."""
        return self.parent.warn_first(warning)


_conforms: type[Cancellation] = KeptAlive
