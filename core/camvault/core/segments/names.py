"""Pure: the names of segments, and the date folders that they say.

    STATION_YYYYMMDDTHHMMSS.mkv       local time
    STATION_YYYYMMDDTHHMMSSZ.mkv      UTC
    STATION_YYYYMMDDTHHMMSS~2.mkv     the name was taken: the autumn hour, a clock that was set back, a second start in
                                      one second. The next is `~3`; no file is ever overwritten (INV-10).

A recorder numbers its files; a segment gets its name when it is adopted, see `segments.live_names`.

A name is parsed as a whole. A file whose name does not parse, impossible dates included, is no segment (INV-11).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import PurePosixPath

import attrs

from camvault.core.free_names import folded

SUFFIX = ".mkv"

_STATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_NAME = re.compile(
    r"(?P<station>[A-Za-z0-9][A-Za-z0-9_-]{0,63})_(?P<stamp>[0-9]{8}T[0-9]{6})(?P<utc>Z?)"
    r"(?:~(?P<number>[2-9]|[1-9][0-9]{1,7}))?\.mkv",
    re.ASCII,
)
_STAMP = "%Y%m%dT%H%M%S"
_NUMBER_MOST = 99_999_999
_GOP = timedelta(seconds=15)
"""How long a cut may wait for a key frame."""
_YEARS = range(1970, 2200)  # 1970: a machine without a battery-backed clock, before it gets the time from the network

STATION_RULE = "1 to 64 of A-Z a-z 0-9 _ -, beginning with a letter or digit"
"""The rule for a station's name, for messages."""


def is_station(text: str) -> bool:
    """Whether `text` may name a station: safe in a path, a unit name, ffmpeg's pattern of names and a command line."""
    return _STATION.fullmatch(text) is not None


def _check_station(_: object, __: object, value: str) -> None:
    if not is_station(value):
        raise ValueError(f"A station name is {STATION_RULE}, not {value!r}")


def _check_stamp(_: object, __: object, value: datetime) -> None:
    if value.tzinfo is not None or value.microsecond or value.year not in _YEARS:
        raise ValueError(f"A stamp is a wall time in whole seconds from 1970 to 2199, not {value!r}")


@attrs.frozen
class SegmentName:
    """The name of a segment, in parts; `str()` puts them together.

    Attributes:
        station: The station's code name.
        stamp: The wall time in the name, without a zone: UTC if `is_utc`, otherwise local.
        is_utc: Whether the name is in UTC.
        number: From 1; higher ones are of segments whose name was taken.
    """

    station: str = attrs.field(validator=_check_station)
    stamp: datetime = attrs.field(validator=_check_stamp)
    is_utc: bool = False
    number: int = attrs.field(default=1, validator=[attrs.validators.ge(1), attrs.validators.le(_NUMBER_MOST)])

    def __str__(self) -> str:
        repeat = f"~{self.number}" if self.number > 1 else ""
        return f"{self.station}_{self.stamp:{_STAMP}}{'Z' if self.is_utc else ''}{repeat}{SUFFIX}"

    @property
    def day(self) -> str:
        """The date in the name, `YYYY-MM-DD`, which is the name of the date folder."""
        return f"{self.stamp:%Y-%m-%d}"

    @property
    def ready_path(self) -> PurePosixPath:
        """The segment's path below the folder that is backed up."""
        return PurePosixPath(self.station, self.day, str(self))

    def starts_at(self, *, zone: tzinfo, closed_at: datetime, length_s: float) -> datetime:
        """When the segment began, in UTC.

        A local time of the autumn hour stands for two instants; `closed_at` decides. The recorder cuts at multiples of
        the length within a UTC day, so that most closing times fit only one of the two. Where both fit, the segment
        with number 1 is taken for the earlier one. Where none fits, the closer one is taken.

        Args:
            zone: The zone of local names.
            closed_at: When the file was last written (its mtime), aware.
            length_s: The duration of the segment, or the usual length of a segment.
        """
        if self.is_utc:
            return self.stamp.replace(tzinfo=UTC)
        first, second = (self.stamp.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if first == second:
            return first
        closed = closed_at.astimezone(UTC)
        fitting = [each for each in (first, second) if _may_end(each, closed, length_s)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            return min(fitting) if self.number == 1 else max(fitting)
        expected = closed - timedelta(seconds=length_s)
        return min(first, second, key=lambda instant: abs(instant - expected))

    def numbered(self) -> Iterator["SegmentName"]:
        """This name, and then the same with the following numbers; after the highest number comes 1."""
        name = self
        while True:
            yield name
            name = attrs.evolve(name, number=name.number % _NUMBER_MOST + 1)

    def in_zone(self, zone: tzinfo) -> "SegmentName":
        """The local name of a segment that is named by UTC; a local name stays as it is."""
        if not self.is_utc:
            return self
        wall = self.stamp.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None, fold=0)
        return SegmentName(self.station, wall, number=self.number)


def _may_end(begun: datetime, closed: datetime, length_s: float) -> bool:
    """Whether a segment that began at `begun` may end at `closed`: at its next cut, or at most a GOP later."""
    begun_s = (begun - begun.replace(hour=0, minute=0, second=0)).total_seconds()
    left_s = length_s - begun_s % length_s if length_s > 0 else 0.0
    return begun <= closed <= begun + timedelta(seconds=left_s) + _GOP


def parse_segment_name(text: str, *, station: str | None = None) -> SegmentName | None:
    """The parts of the name `text`; None if it is no segment's, or a segment's of another station than `station`."""
    match = _NAME.fullmatch(text)
    if match is None or (station is not None and match["station"] != station):
        return None
    try:
        stamp = _stamp_of(match["stamp"])
    except ValueError:
        return None
    if stamp.year not in _YEARS:
        return None
    return SegmentName(match["station"], stamp, match["utc"] == "Z", int(match["number"] or 1))


def _stamp_of(text: str) -> datetime:
    """Parse a stamp ten times as fast as `strptime`: a report parses hundreds of thousands of names."""
    date, time = text[:8], text[9:]
    return datetime(  # noqa: DTZ001 - the zone is not in the name
        int(date[:4]), int(date[4:6]), int(date[6:]), int(time[:2]), int(time[2:4]), int(time[4:])
    )


def parse_ready_path(path: PurePosixPath) -> SegmentName | None:
    """The name of the segment at `path` below the folder that is backed up; None if it belongs at another path."""
    name = parse_segment_name(path.name)
    return name if name is not None and name.ready_path == path else None


def is_of_station(name: SegmentName, station: str) -> bool:
    """Whether the name says that the segment is of `station`; the case of letters does not count."""
    return folded(name.station) == folded(station)


def finished(ages_s: Mapping[str, float], *, segment_time_s: float) -> frozenset[str]:
    """The names of the files in one folder that are complete: those last written at least two segment lengths ago.

    A file that was written that far in the future was written before the clock was set back, and not since: whoever
    writes to a file gives it the time of now.

    Args:
        ages_s: How long ago each file was last written, by name; negative for the future.
        segment_time_s: The length of a segment in seconds.
    """
    limit_s = 2 * segment_time_s
    return frozenset(name for name, age_s in ages_s.items() if abs(age_s) >= limit_s)


def is_footage(name: str) -> bool:
    """Whether it is named like a recording, of whatever origin."""
    return name.endswith(SUFFIX) and name != SUFFIX
