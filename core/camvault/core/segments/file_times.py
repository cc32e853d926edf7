"""Pure: the times of files as instants. A file system holds times that no calendar does."""

from datetime import UTC, datetime

_NS = 10**9
_AFTER_S = 7_258_118_400  # the year 2200, which no name of a segment may say


def written_at(mtime_ns: int) -> datetime:
    """The instant in UTC; for a time before 1970 or after 2199, the nearest within.

    Such a time comes from a broken file system or a tool: it may be one of the year 11476, which is none of `datetime`.
    """
    seconds, ns = divmod(min(max(mtime_ns, 0), _AFTER_S * _NS - 1), _NS)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=ns // 1000)
