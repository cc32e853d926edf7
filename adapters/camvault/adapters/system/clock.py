"""Adapter for the operating system's clocks."""

import time
from datetime import UTC, datetime

from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock

_BOOT_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """The clocks of this machine."""

    def now(self) -> datetime:
        """The wall time in the local zone; reads TZ again after a `time.tzset()`."""
        return datetime.now(UTC).astimezone()

    def monotonic_s(self) -> float:
        """Seconds since some moment before the process started."""
        return time.monotonic()

    def boot_s(self) -> float:
        """CLOCK_BOOTTIME; where there is none (macOS), the monotonic clock."""
        return time.clock_gettime(_BOOT_CLOCK)

    def sleep(self, seconds: float, *, cancel: Cancellation) -> None:
        """Wait for `seconds` on the cancellation."""
        cancel.wait(seconds)
        cancel.check()


_conforms: type[Clock] = SystemClock
