"""The names that segments get, for tests."""

from collections.abc import Collection
from datetime import UTC, datetime

from camvault.core.free_names import folded, free_names
from camvault.core.segments.names import SegmentName


def segment_name(station: str, started_at: datetime, *, is_utc: bool = False) -> SegmentName:
    """The name of a segment that begins at `started_at` (aware, in the local zone unless `is_utc`)."""
    wall = started_at.astimezone(UTC) if is_utc else started_at
    return SegmentName(station, wall.replace(tzinfo=None, microsecond=0, fold=0), is_utc)


def free_name(wanted: SegmentName, *, taken: Collection[str]) -> SegmentName:
    """`wanted`, or with the next number that is free; `taken` holds the names in use, in any case of letters."""
    return next(free_names(wanted.numbered(), taken={folded(name) for name in taken}))
