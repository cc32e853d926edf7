"""Port: time. The only way core learns what time it is or lets time pass."""

from datetime import datetime
from typing import Protocol

from camvault.ports.cancellation import Cancellation


class Clock(Protocol):
    """Wall time for names and logs, monotonic time for all arithmetic on durations.

    Monotonic time is that in which the machine works: limits of time and waits. Time since the start of the machine
    goes on while it is suspended: how long nothing was recorded.
    """

    def now(self) -> datetime:
        """The wall time: aware, in the local zone (`.astimezone(UTC)` for UTC). May jump either way."""
        ...

    def monotonic_s(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        ...

    def boot_s(self) -> float:
        """Seconds since the start of the machine, also those in which it was suspended; never goes back."""
        ...

    def sleep(self, seconds: float, *, cancel: Cancellation) -> None:
        """Let `seconds` pass, or raise `Cancelled` as soon as a cancellation is requested."""
        ...
