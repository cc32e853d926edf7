"""Pure: the folders that recorders write into, and the names that their segments get for good.

    .live/20250528T152003Z              names become local when segments are adopted
    .live/20250528T152003Z-2            a second session in one second
    .live/20250528T152003Z.utc          names stay as they are, in UTC
    .live/20250528T152003Z.exec         no supervisor: nobody else moves its segments while it runs
    .live/20250528T152003Z.utc.exec

In such a folder every segment is named by UTC, which does not repeat: recorders overwrite names that exist (INV-10).
What a name becomes is said by the folder's name, so that whoever finds it later needs no configuration, and no room to
write.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import PurePath

from camvault.core.segments.names import SegmentName

LIVE_FOLDER = ".live"
"""Below the station's folder: one folder for each session."""

LOCK_NAME = "lock"
"""Below `LIVE_FOLDER`: held by the recorder of the station while it runs, with a supervisor or without."""

_UTC_MARK = ".utc"
_EXEC_MARK = ".exec"
_MOST_IN_ONE_SECOND = 100


def session_names(began_at: datetime, *, is_utc: bool, is_supervised: bool = True) -> Iterator[str]:
    """Names for the folder of a session; the first that is free is to be taken.

    Args:
        began_at: When it begins, aware.
        is_utc: Whether its segments keep their UTC names.
        is_supervised: Whether somebody beside the recorder adopts them while it runs.
    """
    marks = (_UTC_MARK if is_utc else "") + ("" if is_supervised else _EXEC_MARK)
    stamp = f"{began_at.astimezone(UTC):%Y%m%dT%H%M%S}Z"
    yield stamp + marks
    for number in range(2, _MOST_IN_ONE_SECOND):
        yield f"{stamp}-{number}{marks}"


def is_supervised(session: PurePath) -> bool:
    """Whether a supervisor looks after the segments of this session's folder as long as its recorder runs."""
    return not session.name.endswith(_EXEC_MARK)


def adopted_name(name: SegmentName, session: PurePath, *, zone: tzinfo) -> SegmentName:
    """What a segment of this session's folder is to be called, unless that is taken."""
    return name if session.name.removesuffix(_EXEC_MARK).endswith(_UTC_MARK) else name.in_zone(zone)
