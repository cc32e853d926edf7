"""Private to adapters: a program that makes no progress for too long is stopped as if that was asked for."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled

STALL_S = 1800.0
"""The limit where the user names none."""


@attrs.define
class StandstillWatch:
    """A cancellation that is requested by `cancel`, or when nothing was seen for `limit_s` seconds.

    Attributes:
        limit_s: 0: no limit. May be set while the program runs: what comes next may take longer.
        is_still: Whether the limit was reached.
    """

    cancel: Cancellation
    limit_s: float
    now_s: Callable[[], float] = time.monotonic
    is_still: bool = attrs.field(default=False, init=False)
    _seen: object = attrs.field(default=None, init=False)
    _since_s: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._since_s = self.now_s()

    def see(self, figure: object) -> None:
        """Take a figure that grows while there is progress."""
        if figure != self._seen:
            self._seen, self._since_s = figure, self.now_s()

    @property
    def is_requested(self) -> bool:
        """See `Cancellation`."""
        self.is_still = self.is_still or 0 < self.limit_s < self.now_s() - self._since_s
        return self.is_still or self.cancel.is_requested

    def check(self) -> None:
        """See `Cancellation`."""
        if self.is_requested:
            raise Cancelled

    def wait(self, seconds: float) -> bool:
        """See `Cancellation`."""
        return self.cancel.wait(seconds) or self.is_requested

    def warn_first(self, warning: Callable[[], None]) -> AbstractContextManager[None]:
        """See `Cancellation`."""
        return self.cancel.warn_first(warning)


_conforms: Callable[[Cancellation, float], Cancellation] = StandstillWatch
