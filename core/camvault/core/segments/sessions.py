"""Pure: the folders that recorders write into, and the final names of their segments.

    .live/20250528T152003Z              names become local when segments are adopted
    .live/20250528T152003Z-2            a second session in one second
    .live/20250528T152003Z.utc          names stay as they are, in UTC
    .live/20250528T152003Z.exec         the recorder has no supervisor: `organize` adopts its finished segments
    .live/20250528T152003Z.utc.exec

In such a folder every segment is numbered and named by UTC, see `segments.live_names`. The folder's name says what its
segments are to be called, so that a workflow that finds the folder later needs no configuration, and a full disk does
not matter.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import PurePath

from camvault.core.segments.live_names import named_by_record, parse_live_name
from camvault.core.segments.names import SUFFIX, SegmentName, parse_segment_name
from camvault.core.segments.numbered_names import footage_names

LIVE_FOLDER = ".live"
"""The folder in the station's folder that holds one folder for each session."""

RECORDER_LOCK_NAME = "lock"
"""The lock in `LIVE_FOLDER` that the recorder of the station holds while it runs, with a supervisor or without one."""

_UTC_MARK = ".utc"
_EXEC_MARK = ".exec"
_MOST_IN_ONE_SECOND = 100
_MOST_OTHERS = 99


def session_names(began_at: datetime, *, is_utc: bool, is_supervised: bool = True) -> Iterator[str]:
    """The names that the folder of a session may get; the first that is free is to be taken.

    Args:
        began_at: When the session begins, aware.
        is_utc: Whether its segments keep their UTC names.
        is_supervised: Whether a supervisor adopts its segments while the recorder runs.
    """
    marks = (_UTC_MARK if is_utc else "") + ("" if is_supervised else _EXEC_MARK)
    stamp = f"{began_at.astimezone(UTC):%Y%m%dT%H%M%S}Z"
    yield stamp + marks
    for number in range(2, _MOST_IN_ONE_SECOND):
        yield f"{stamp}-{number}{marks}"


def is_supervised(session: PurePath) -> bool:
    """Whether a supervisor adopts the segments in the folder `session` while its recorder runs."""
    return not session.name.endswith(_EXEC_MARK)


def adopted_name(name: SegmentName, session: PurePath, *, zone: tzinfo) -> SegmentName:
    """The name that a segment in the folder `session` gets when it is adopted, if that name is free."""
    return name if session.name.removesuffix(_EXEC_MARK).endswith(_UTC_MARK) else name.in_zone(zone)


def adopted_names(file: PurePath, *, zone: tzinfo, first_at: datetime | None = None) -> Iterator[str]:
    """The names that a file in a session's folder may get in the station's folder; the first that is free is taken.

    A segment gets the name that `adopted_name` says, or that with a number. Any other footage keeps its name or gets a
    number. What is no footage gets a number behind its suffix, `x.txt.1` to `x.txt.99`.

    Args:
        file: The file.
        zone: The zone of local names.
        first_at: When its first picture arrived, as the recorder wrote it down.
    """
    live = parse_live_name(file.name)
    name = named_by_record(live.segment, first_at) if live is not None else parse_segment_name(file.name)
    if name is not None:
        return footage_names(str(adopted_name(name, file.parent, zone=zone)))
    if file.name.endswith(SUFFIX):
        return footage_names(file.name)
    return (f"{file.name}.{number}" for number in range(1, _MOST_OTHERS + 1))
