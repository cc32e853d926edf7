"""Port: one object that carries the wish to stop, asked between actions and handed to whatever waits."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol


class Cancellation(Protocol):
    """Set by SIGINT, SIGTERM and SIGHUP, by a test, or by the host application."""

    @property
    def is_requested(self) -> bool:
        """Whether stopping was asked for. Once true it stays true."""
        ...

    def check(self) -> None:
        """Raise `Cancelled` if stopping was asked for."""
        ...

    def wait(self, seconds: float) -> bool:
        """Block for `seconds` or until stopping is asked for; return `is_requested`."""
        ...

    def warn_first(self, warning: Callable[[], None]) -> AbstractContextManager[None]:
        """Inside, the first request only calls `warning`; the second one counts. For work that a stop would spoil."""
        ...
