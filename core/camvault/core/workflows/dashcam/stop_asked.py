"""Workflow, shared part: a cancellation that also ends work because of what the box sees: its battery, its server.

Whatever waits in an adapter asks it, so that a push of an hour ends within a second.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.errors import Cancelled

_EVERY_S = 0.5
_SLICE_S = 0.5


@attrs.define(eq=False)
class StopAsked:
    """Requested when its parent is, or once `stop` answered.

    Attributes:
        parent: The stop of the whole program.
        stop: Asked for a reason to end here, at most twice a second; "" for none.
        clock: Tells when it was asked.
        reason: What it answered; "" as long as there was none. The first reason stays.
    """

    parent: Cancellation
    stop: Callable[[], str]
    clock: Clock
    reason: str = ""
    _asked_s: float | None = attrs.field(default=None, init=False)

    @property
    def is_requested(self) -> bool:
        """Whether the work is to end."""
        if self.parent.is_requested:
            return True
        now_s = self.clock.monotonic_s()
        if not self.reason and (self._asked_s is None or now_s - self._asked_s >= _EVERY_S):
            self._asked_s = now_s
            self.reason = self.stop()
        return bool(self.reason)

    def check(self) -> None:
        """Raise `Cancelled` if the work is to end."""
        if self.is_requested:
            raise Cancelled

    def wait(self, seconds: float) -> bool:
        """Block for `seconds` or until the work is to end; return `is_requested`."""
        end_s = self.clock.monotonic_s() + seconds
        while not self.is_requested and (left_s := end_s - self.clock.monotonic_s()) > 0:
            self.parent.wait(min(_SLICE_S, left_s))
        return self.is_requested

    def warn_first(self, warning: Callable[[], None]) -> AbstractContextManager[None]:
        """Inside, the parent's first request only calls `warning`."""
        return self.parent.warn_first(warning)


_conforms: type[Cancellation] = StopAsked
