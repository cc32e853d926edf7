"""Pure: the names of files that a recorder writes, or has just written, in the folder of its session.

    STATION_YYYYMMDDTHHMMSSZ.N.mkv    the N-th segment of the session, from 1, and since when it is recorded (UTC)

The recorder only counts: a number never repeats within a session, whatever the clock does, so that no file is opened
twice (INV-10). A recorder that names by the clock truncates what it just began when the clock is set back over a cut.
When a file is opened, the time in its name is that of the session; soon afterwards it is given its own:

| file              | its recording began                                                                       |
|-------------------|-------------------------------------------------------------------------------------------|
| N, with N-1 there | when N-1 was written last: the recorder ends one file and begins the next                 |
| 1, alone          | when the folder was changed last, which is when the file was made                         |
| any other         | is not known any more: the time of the session stays                                      |

Where the recorder wrote down when the first picture of a segment arrived, and that is another time than its name says,
it is adopted under that time: times of files change when they are touched or copied.

The open file of a session is the one with the highest number, whatever the times of files say.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import PurePath

import attrs

from camvault.core.segments.names import SegmentName, parse_segment_name

_LIVE = re.compile(r"(?P<segment>.{1,80}Z)\.(?P<number>[1-9][0-9]{0,9})\.mkv", re.ASCII)
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII)
_CLOSE = timedelta(seconds=5)
"""By how much the cut that a name says, and the first picture behind it that was noticed, differ at most."""
_COARSE_NS = 10_000_000
"""Times of files come from a clock that lags by up to a tick of the kernel: a cut at 12:00:00 is 11:59:59.996 there."""


@attrs.frozen
class LiveName:
    """The name of a file of a session, in parts; `str()` puts them together.

    Attributes:
        segment: The station, and since when it is recorded: in UTC, without a number.
        number: How manieth file of its session it is, from 1.
    """

    segment: SegmentName
    number: int

    def __str__(self) -> str:
        return f"{str(self.segment).removesuffix('.mkv')}.{self.number}.mkv"


def parse_live_name(text: str) -> LiveName | None:
    """The parts of the name `text`; None if it is no such name."""
    match = _LIVE.fullmatch(text)
    segment = parse_segment_name(f"{match['segment']}.mkv") if match else None
    return LiveName(segment, int(match["number"])) if match and segment else None


def counting_pattern(station: str, session: PurePath) -> str:
    """The pattern of names for a recorder that writes into the folder `session`: it puts the number for `%d`."""
    return f"{station}_{_stamp_of(session)}.%d.mkv"


def dated_names(session: PurePath, changed_ns: Mapping[str, int], *, folder_changed_ns: int) -> Mapping[str, str]:
    """The new names of those files of a session that are to get the time at which they began, the first file first.

    Args:
        session: The session's folder.
        changed_ns: When each file in it was written last, in nanoseconds since 1970, by name.
        folder_changed_ns: When the folder itself was changed last.
    """
    ends_ns = {name.number: changed_ns[str(name)] for name in _live(changed_ns)}
    new: dict[str, str] = {}
    for name in sorted(_live(changed_ns), key=lambda name: name.number):
        if f"{name.segment.stamp:%Y%m%dT%H%M%SZ}" != _stamp_of(session):
            continue  # it has its own
        began_ns = ends_ns.get(name.number - 1)
        if name.number == 1 and len(changed_ns) == 1 and folder_changed_ns <= ends_ns[1]:
            began_ns = folder_changed_ns
        began = _wall(began_ns) if began_ns is not None else None
        if began is not None and (began > name.segment.stamp or name.number > 1):
            new[str(name)] = str(LiveName(attrs.evolve(name.segment, stamp=began), name.number))
    return {old: dated for old, dated in new.items() if old != dated}


def closed_names(names: Iterable[str]) -> frozenset[str]:
    """Those of the names of one session's files that the recorder numbered, without the last, which it may write to."""
    numbers = {name.number: str(name) for name in _live(names)}
    return frozenset(text for number, text in numbers.items() if number != max(numbers))


def session_began_at(session: PurePath) -> datetime | None:
    """When the session whose folder is `session` began, by its name; None if that says no time."""
    try:
        return datetime.strptime(_stamp_of(session), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def named_by_record(name: SegmentName, first_at: datetime | None) -> SegmentName:
    """The name of a segment of which the first picture arrived at `first_at`; None if nobody wrote that down."""
    if first_at is None or abs(first_at - name.stamp.replace(tzinfo=UTC)) <= _CLOSE:
        return name
    began = _wall(int(first_at.timestamp()) * 10**9)
    return attrs.evolve(name, stamp=began) if began is not None else name


def _live(names: Iterable[str]) -> list[LiveName]:
    return [name for name in map(parse_live_name, names) if name is not None]


def _stamp_of(session: PurePath) -> str:
    match = _STAMP.match(session.name)
    return match[0] if match else ""


def _wall(ns: int) -> datetime | None:
    """The time in UTC, in whole seconds; None if it can be in no name."""
    second = (ns + _COARSE_NS) // 10**9
    if not 0 <= second < 7_258_118_400:  # noqa: PLR2004 - the year 2200
        return None
    return datetime.fromtimestamp(second, UTC).replace(tzinfo=None)
