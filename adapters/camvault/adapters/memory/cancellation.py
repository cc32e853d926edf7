"""Adapter for tests and library users: a wish to stop that a test utters at an exact moment."""

import contextlib
from collections.abc import Callable, Iterator

import attrs

from camvault.adapters.memory.clock import MemoryClock
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled


@attrs.define
class MemoryCancellation:
    """A wish to stop.

    Attributes:
        clock: Advanced by `wait`.
        after_checks: If set, the request comes by itself once it was asked for that many times (0: the first time).
        checks: How often `is_requested` was asked.
    """

    clock: MemoryClock = attrs.field(factory=MemoryClock)
    after_checks: int | None = None
    checks: int = 0
    _is_requested: bool = attrs.field(default=False, init=False)
    _warning: Callable[[], None] | None = attrs.field(default=None, init=False)

    def request(self) -> None:
        """Ask to stop."""
        warning, self._warning = self._warning, None
        if warning:
            warning()
        else:
            self._is_requested = True

    @property
    def is_requested(self) -> bool:
        """Whether stopping was asked for."""
        if self.after_checks is not None and self.checks == self.after_checks:
            self.request()
        self.checks += 1
        return self._is_requested

    def check(self) -> None:
        """Raise `Cancelled` if stopping was asked for."""
        if self.is_requested:
            raise Cancelled

    def wait(self, seconds: float) -> bool:
        """Advance the clock, at most to the event that asks to stop."""
        if not self.is_requested:
            self.clock.advance(seconds, until=lambda: self._is_requested)
        return self._is_requested

    @contextlib.contextmanager
    def warn_first(self, warning: Callable[[], None]) -> Iterator[None]:
        """Inside, the first request only calls `warning`."""
        outer, self._warning = self._warning, warning
        try:
            yield
        finally:
            self._warning = outer


_conforms: type[Cancellation] = MemoryCancellation
