"""Pure: what one look at a station finds, and how much of a time it stored."""

import enum
from collections.abc import Mapping

import attrs


class UnitState(enum.Enum):
    """The state of the recorder's unit, from the service manager."""

    UP = "up"
    DOWN = "down"
    """Failed, or not running although it is enabled."""
    STOPPED = "stopped and disabled"
    MISSING = "missing"


@attrs.frozen
class StoredFile:
    """A segment, or what the recorder wrote down of it: its pictures, and when the last one was stored."""

    picture_count: int
    mtime_ns: int


Lapse = tuple[float, float]
"""A time from so many seconds ago until so many seconds ago."""


@attrs.frozen(kw_only=True)
class StationSigns:
    """What one look at a station found.

    Attributes:
        files: The segments of the station by name; empty if its folder is missing.
        stored: When pictures were stored, in this run of the machine, in order; None if nobody wrote that down.
        problem: Why the station cannot be looked at; `files` are then those of the last look.
        unit: The state of the recorder's unit.
        unit_active_s: For how many seconds the unit has been active; None if unknown.
        monotonic_s: Seconds since the start of the machine.
        boot: An opaque name of this start of the machine.
        wall_s: The wall time in seconds since 1970. It gives the ages of files, which the monotonic clock bounds.
    """

    files: Mapping[str, StoredFile]
    stored: tuple[Lapse, ...] | None = None
    problem: str = ""
    unit: UnitState
    unit_active_s: float | None
    monotonic_s: float
    boot: str
    wall_s: float


def share_percent(stored: tuple[Lapse, ...], window_s: float) -> float:
    """The share of the last `window_s` in percent; times that overlap count once."""
    recorded_s, reached_s = 0.0, window_s
    for begin_s, end_s in sorted(stored, reverse=True):
        recorded_s += max(0.0, min(begin_s, reached_s) - end_s)
        reached_s = min(reached_s, end_s)
    return 100 * recorded_s / window_s
