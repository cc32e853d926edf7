"""Workflow: take the lock of a station, so that one recorder of it runs at a time."""

from collections.abc import Callable
from typing import TypeVar

import attrs

from camvault.core.workflows.recording.record.options import RecordOptions
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.errors import BusyError

_PATIENCE_S = 5.0
_AGAIN_S = 0.2

T = TypeVar("T")


@attrs.define(str=False)
class StationBusyError(BusyError):
    """Another recorder of the station runs, with a supervisor or without one."""

    station: str

    def __str__(self) -> str:
        return f"{self.station}: another recorder of this station runs; it holds {self.path}"


def claim_station(take: Callable[[], T], options: RecordOptions, *, clock: Clock, cancel: Cancellation) -> T:
    """Take the station's lock by calling `take`, again and again for five seconds while the lock is held.

    `organize` holds the lock for a moment while it adopts the segments of a recorder that died.

    Returns:
        What `take` returned.

    Raises:
        StationBusyError: Another recorder of this station runs.
        Cancelled: A stop was requested.
    """
    until_s = clock.monotonic_s() + _PATIENCE_S
    while True:
        try:
            return take()
        except BusyError as error:
            if clock.monotonic_s() >= until_s:
                raise StationBusyError(error.path, options.station) from error
        clock.sleep(_AGAIN_S, cancel=cancel)
