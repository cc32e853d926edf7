"""Pure: the names of segments and the folders they belong in.

    STATION_YYYYMMDDTHHMMSS.mkv       local time
    STATION_YYYYMMDDTHHMMSSZ.mkv      UTC
    STATION_YYYYMMDDTHHMMSS~2.mkv     the name was taken: the autumn hour, a clock that was set back, a second start in
                                      one second. The next is `~3`; nothing is ever overwritten (INV-10).

A recorder names by UTC what it writes; a segment gets its local name when it is adopted, see `camvault.core.segments.sessions`.

Names are parsed as a whole. What does not parse, impossible dates included, is no segment of ours (INV-11).
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import PurePosixPath

import attrs

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
"""A cut waits for a key frame."""
_YEARS = range(1970, 2200)  # 1970: a machine without a clock that has not heard of the time yet

STATION_RULE = "1 to 64 of A-Z a-z 0-9 _ -, beginning with a letter or digit"
"""What a station name may be, in words."""


def is_station(text: str) -> bool:
    """Whether `text` may name a station: safe in a path, a unit name, a strftime pattern and a command line."""
    return _STATION.fullmatch(text) is not None


def _check_station(_: object, __: object, value: str) -> None:
    if not is_station(value):
        raise ValueError(f"A station name is {STATION_RULE}, not {value!r}")


def _check_stamp(_: object, __: object, value: datetime) -> None:
    if value.tzinfo is not None or value.microsecond or value.year not in _YEARS:
        raise ValueError(f"A stamp is a wall time in whole seconds from 1970 to 2199, not {value!r}")


@attrs.frozen
class SegmentName:
    """What a name says. `stamp` is the wall time as it is written, in UTC if `is_utc`, else local; `str()` the name."""

    station: str = attrs.field(validator=_check_station)
    stamp: datetime = attrs.field(validator=_check_stamp)
    is_utc: bool = False
    number: int = attrs.field(default=1, validator=[attrs.validators.ge(1), attrs.validators.le(_NUMBER_MOST)])

    def __str__(self) -> str:
        repeat = f"~{self.number}" if self.number > 1 else ""
        return f"{self.station}_{self.stamp:{_STAMP}}{'Z' if self.is_utc else ''}{repeat}{SUFFIX}"

    @property
    def day(self) -> str:
        """The date folder: the date that the name says."""
        return f"{self.stamp:%Y-%m-%d}"

    @property
    def ready_path(self) -> PurePosixPath:
        """Where it goes below the folder that is backed up."""
        return PurePosixPath(self.station, self.day, str(self))

    def starts_at(self, *, zone: tzinfo, closed_at: datetime, length_s: float) -> datetime:
        """When the segment began, in UTC. A local time of the autumn hour happened twice; the one that fits is taken.

        A segment is cut at multiples of its length within a UTC day, so most closing times fit one of the two only.
        Where both or none fit, the first to get the name was the earlier one.

        Args:
            zone: The zone that local names are written in.
            closed_at: When the file was last written (its mtime), aware.
            length_s: How long it plays, or the usual length of a segment.
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

    def in_zone(self, zone: tzinfo) -> "SegmentName":
        """The local name of a segment that is named by UTC."""
        if not self.is_utc:
            return self
        wall = self.stamp.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None, fold=0)
        return SegmentName(self.station, wall, number=self.number)


def _may_end(begun: datetime, closed: datetime, length_s: float) -> bool:
    """Whether a segment that began then may have been last written at `closed`: by its next cut, give or take a GOP."""
    begun_s = (begun - begun.replace(hour=0, minute=0, second=0)).total_seconds()
    left_s = length_s - begun_s % length_s if length_s > 0 else 0.0
    return begun <= closed <= begun + timedelta(seconds=left_s) + _GOP


def segment_name(station: str, started_at: datetime, *, is_utc: bool = False) -> SegmentName:
    """The name of a segment that begins at `started_at` (aware, in the local zone unless `is_utc`)."""
    wall = started_at.astimezone(UTC) if is_utc else started_at
    return SegmentName(station, wall.replace(tzinfo=None, microsecond=0, fold=0), is_utc)


def parse_segment_name(text: str, *, station: str | None = None) -> SegmentName | None:
    """What the name says; None if it is no segment's, or one of another `station`."""
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
    """Ten times as fast as `strptime`: there are hundreds of thousands of names."""
    date, time = text[:8], text[9:]
    return datetime(  # noqa: DTZ001 - the zone is not in the name
        int(date[:4]), int(date[4:6]), int(date[6:]), int(time[:2]), int(time[2:4]), int(time[4:])
    )


def parse_ready_path(path: PurePosixPath) -> SegmentName | None:
    """The segment at `path` below the folder that is backed up; None if it does not belong just there."""
    name = parse_segment_name(path.name)
    return name if name is not None and name.ready_path == path else None


def free_name(wanted: SegmentName, *, taken: Collection[str]) -> SegmentName:
    """`wanted`, or with the next number that is free; `taken` holds the names there, in any case of letters."""
    used = {name.casefold() for name in taken}
    while str(wanted).casefold() in used:
        wanted = attrs.evolve(wanted, number=wanted.number % _NUMBER_MOST + 1)
    return wanted


def strftime_pattern(station: str) -> str:
    """The pattern for a program that names segments by itself, in UTC. It overwrites: give it an empty folder."""
    return str(SegmentName(station, datetime(1970, 1, 1), is_utc=True)).replace("19700101T000000", _STAMP)  # noqa: DTZ001


def finished(ages_s: Mapping[str, float], *, segment_time_s: float) -> frozenset[str]:
    """Which files of one station's folder are complete: those last written two segments ago.

    A file from the future was written before the clock was set back. It is complete once another one is being written.

    Args:
        ages_s: How long ago each file was last written, by its name; negative for the future.
        segment_time_s: The length of a segment.
    """
    limit_s = 2 * segment_time_s
    is_recording = any(0 <= age_s < limit_s for age_s in ages_s.values())
    return frozenset(name for name, age_s in ages_s.items() if age_s >= limit_s or (age_s < -limit_s and is_recording))
