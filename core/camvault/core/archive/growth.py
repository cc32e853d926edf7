"""Pure: how fast something grows that is kept by day, and when a disk is full of it."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import attrs

RATE_DAYS = 28
"""The rate is that of so many days before today, which is not over: four weeks, so that each weekday counts alike."""
LEAST_DAYS = 7
"""Of fewer days no rate is known."""
_DAYS_MOST = 36_525
_WEEK = timedelta(days=7)


@attrs.frozen
class WeekFigures:
    """What is kept of one week, which begins on this Monday."""

    monday: date
    file_count: int
    size_bytes: int

    @property
    def name(self) -> str:
        """As ISO 8601 has it."""
        return iso_week(self.monday)


def monday_of(day: date) -> date:
    """The Monday of its week, or the first day that there is."""
    return day - timedelta(days=min(day.weekday(), (day - date.min).days))


def iso_week(day: date) -> str:
    """The week of a day, such as 2024-W10."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def weeks(days: Iterable[tuple[date, int, int]]) -> tuple[WeekFigures, ...]:
    """Every week from the first to the last of these days, also those without any.

    Args:
        days: Day, number of files and bytes; a day may come more than once.
    """
    found: dict[date, tuple[int, int]] = {}
    for day, file_count, size_bytes in days:
        known_count, known_bytes = found.get(monday_of(day), (0, 0))
        found[monday_of(day)] = known_count + file_count, known_bytes + size_bytes
    if not found:
        return ()
    first, last = min(found), max(found)
    mondays = [first + number * _WEEK for number in range((last - first).days // 7 + 1)]
    return tuple(WeekFigures(monday, *found.get(monday, (0, 0))) for monday in mondays)


def growth_per_day(
    bytes_by_day: Mapping[date, int], *, first_day: date | None, today: date, is_rolling: bool
) -> float | None:
    """By how many bytes a day it grows; None if that is not known yet.

    What came in the last days is what is kept of them. If the oldest days go while new ones come, what goes next is
    what is kept of as many of the oldest days.

    Args:
        bytes_by_day: What is kept of each day.
        first_day: The first day of which anything is known.
        today: The day that is not over.
        is_rolling: Whether days before the oldest one that is kept have gone.
    """
    if first_day is None:
        return None
    day_count = min(RATE_DAYS, (today - first_day).days)
    if day_count < LEAST_DAYS:
        return None
    begin = today - timedelta(days=day_count)
    came = sum(size for day, size in bytes_by_day.items() if begin <= day < today)
    oldest = min((day for day, size in bytes_by_day.items() if size), default=None)
    if not is_rolling or oldest is None:
        return came / day_count
    goes = sum(size for day, size in bytes_by_day.items() if 0 <= (day - oldest).days < day_count)
    return max(0.0, (came - goes) / day_count)


@attrs.frozen(kw_only=True)
class DiskOutlook:
    """When a file system is full, if nothing changes.

    Attributes:
        areas: Which of the roots are on it.
        free_bytes: What may still be written.
        total_bytes: Of the whole file system.
        growth_bytes_per_day: That of all `areas`; None if it is not known.
        full_on: None if it does not grow, if that is not known, or if it is more than a hundred years away.
    """

    areas: tuple[str, ...]
    free_bytes: int
    total_bytes: int
    growth_bytes_per_day: float | None
    full_on: date | None


def disk_outlook(
    areas: Iterable[str], *, growths: Iterable[float | None], free_bytes: int, total_bytes: int, today: date
) -> DiskOutlook:
    """The outlook of a file system, on which each of these areas grows so fast."""
    known = [growth for growth in growths if growth is not None]
    growth = sum(known) if known else None
    return DiskOutlook(
        areas=tuple(areas),
        free_bytes=free_bytes,
        total_bytes=total_bytes,
        growth_bytes_per_day=growth,
        full_on=_full_on(free_bytes, growth, today),
    )


def _full_on(free_bytes: int, growth: float | None, today: date) -> date | None:
    if not growth:
        return None
    days = max(0, free_bytes) / growth
    return today + timedelta(days=int(days)) if days < min(_DAYS_MOST, (date.max - today).days) else None
