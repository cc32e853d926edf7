"""Adapter for pytest: the cancellation that the contracts hand to the adapter under test."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled


@attrs.define
class StopRequest:
    """A wish to stop, in real time: set by `request`, from any thread, or at a chosen question.

    Attributes:
        after_checks: If set, the request comes by itself once it was asked for that many times (0: the first time).
        checks: How often `is_requested` was asked.
    """

    after_checks: int | None = None
    checks: int = attrs.field(default=0, init=False)
    _event: threading.Event = attrs.field(factory=threading.Event, init=False)
    _warning: Callable[[], None] | None = attrs.field(default=None, init=False)

    def request(self) -> None:
        """Ask to stop."""
        warning, self._warning = self._warning, None
        if warning:
            warning()
        else:
            self._event.set()

    @property
    def is_requested(self) -> bool:
        """Whether stopping was asked for."""
        if self.checks == self.after_checks:
            self.request()
        self.checks += 1
        return self._event.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if stopping was asked for."""
        if self.is_requested:
            raise Cancelled

    def wait(self, seconds: float) -> bool:
        """Block for `seconds` or until stopping is asked for."""
        return self.is_requested or self._event.wait(max(0.0, seconds))

    @contextmanager
    def warn_first(self, warning: Callable[[], None]) -> Iterator[None]:
        """Inside, the first request only calls `warning`."""
        outer, self._warning = self._warning, warning
        try:
            yield
        finally:
            self._warning = outer


Later = Callable[[float, Callable[[], None]], object]
"""Calls a function after so many seconds, by the clock of the adapter under test, and returns at once."""


@contextmanager
def real_time() -> Iterator[Later]:
    """A `Later` in real time, by threads; on exit, none of them is left."""
    timers: list[threading.Timer] = []

    def later(seconds: float, action: Callable[[], None]) -> None:
        timers.append(threading.Timer(seconds, action))
        timers[-1].start()

    try:
        yield later
    finally:
        for timer in timers:
            timer.cancel()
            timer.join()


_conforms: Callable[[], Cancellation] = StopRequest
