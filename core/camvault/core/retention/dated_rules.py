"""Pure: which dated footage goes by age, by total size and by free space, day by day, so that memory is bounded.

Age counts from the stamp of a name to now; a stamp in the future is not old. Size and free space take the oldest
stamps first, and no more than they need. Both are decided by the sums of whole days (`day_of_cut`), and then within the
one day at which enough is freed (`oldest_first`). No victim is a removal yet: only `removals` makes one of it (INV-31).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

import attrs

from camvault.ports.removal import RetentionReason

_DAY_S = 86_400
_DAY_OF_1970 = date(1970, 1, 1).toordinal()
T = TypeVar("T")
DayT = TypeVar("DayT", str, date, int)


def age_reason(stamp_s: float, *, now_s: float, days: float) -> RetentionReason | None:
    """Why footage that began at `stamp_s` (seconds since 1970) is too old; None if it is not; 0 days: no such rule."""
    if not days or stamp_s >= now_s - days * _DAY_S:
        return None
    return RetentionReason("--age", f"{(now_s - stamp_s) / _DAY_S:.1f} days old, at most {days:g}")


def first_young_day(*, now_s: float, days: float) -> int:
    """From this day on (`date.toordinal`) no stamp is too old, whatever its zone; 0 days: from the first day there is.

    An hour of a zone is none of another one, but no two differ by a day.
    """
    if not days:
        return date.min.toordinal()
    return _DAY_OF_1970 + math.ceil(now_s / _DAY_S - days) + 1


@attrs.frozen
class Excess:
    """How many bytes must go, and because of which rule."""

    size_bytes: int
    reason: RetentionReason


def size_excess(total_bytes: int, *, limit_bytes: int) -> Excess:
    """What is too much by the total size; at most 0 if nothing is."""
    excess = total_bytes - limit_bytes
    figure = f"{total_bytes:,} bytes, at most {limit_bytes:,}"
    return Excess(excess, RetentionReason("--max-size", figure))


def free_excess(free_bytes: int, *, floor_bytes: int) -> Excess:
    """What must go so that enough is free; at most 0 if enough is."""
    figure = f"{free_bytes:,} bytes free, at least {floor_bytes:,}"
    return Excess(floor_bytes - free_bytes, RetentionReason("--min-free", figure))


def day_of_cut(bytes_by_day: Mapping[DayT, int], excess_bytes: int) -> DayT | None:
    """The day up to which footage goes until enough is freed: all of the earlier days, and some of this one.

    None if nothing must go. The last day, if all of it is not enough.
    """
    left = excess_bytes
    day = None
    for day in sorted(bytes_by_day) if left > 0 else ():
        left -= bytes_by_day[day]
        if left <= 0:
            return day
    return day


def oldest_first(sized: Iterable[tuple[datetime, str, int, T]], excess_bytes: int) -> Sequence[T]:
    """The things that go of one day: (stamp, path, size in bytes, thing), the oldest first until enough is freed."""
    left, taken = excess_bytes, []
    for _, _, size_bytes, thing in sorted(sized, key=lambda each: each[:2]):
        if left <= 0:
            break
        if size_bytes > 0:
            taken.append(thing)
            left -= size_bytes
    return taken
