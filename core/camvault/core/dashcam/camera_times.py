"""Pure: the times of clips, which are those of the camera's clock, as far as a file system keeps them.

FAT keeps local time in steps of two seconds. What is read of it shifts by whole quarters of an hour with the zone that
the reader believes in, and by an hour twice a year.
"""

from datetime import UTC, datetime, timedelta

_SECOND_NS = 10**9
_STEP_NS = 2 * _SECOND_NS
_QUARTER_NS = 900 * _SECOND_NS
_FURTHEST_NS = 26 * 3600 * _SECOND_NS
"""From the zone that is furthest ahead to the one that is furthest behind."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_APART = timedelta(minutes=2)
_NO_MONTH = "unknown"


def are_alike(one_ns: int, other_ns: int) -> bool:
    """Whether two times may be of one file: read in another zone, or kept by a file system of coarser steps."""
    apart_ns = abs(one_ns - other_ns)
    rest_ns = apart_ns % _QUARTER_NS
    return apart_ns <= _FURTHEST_NS + _STEP_NS and min(rest_ns, _QUARTER_NS - rest_ns) <= _STEP_NS


def camera_time(mtime_ns: int) -> datetime | None:
    """The time by the camera's clock, in UTC; None if no calendar has it."""
    try:
        return _EPOCH + timedelta(microseconds=mtime_ns // 1000)
    except OverflowError:
        return None


def month_of(mtime_ns: int) -> str:
    """Which ledger is about a clip of this time: `2025-05`; `unknown` for a time that no calendar has."""
    time = camera_time(mtime_ns)
    return _NO_MONTH if time is None else f"{time.year:04}-{time.month:02}"


def months_around(mtime_ns: int) -> tuple[str, ...]:
    """The months in which a clip may have been written down whose time is `mtime_ns`, or alike."""
    times = (mtime_ns, mtime_ns - _FURTHEST_NS - _STEP_NS, mtime_ns + _FURTHEST_NS + _STEP_NS)
    return tuple(dict.fromkeys(map(month_of, times)))


def clock_problem(newest_mtime_ns: int, now: datetime) -> str:
    """What is wrong with the camera's clock, as far as a clip that is dated in the future tells; "" for nothing.

    One that is behind cannot be told from a camera that did not record lately.
    """
    newest = camera_time(newest_mtime_ns)
    if newest is None:
        return "the camera gave a clip a time that no calendar has"
    ahead = newest - now
    if ahead <= _CLOCKS_APART:
        return ""
    return f"the camera's clock is ahead of this machine's by {str(ahead).partition('.')[0]}, or in another zone"
