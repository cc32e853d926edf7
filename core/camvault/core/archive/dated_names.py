"""Pure: the names of uploaded footage, of its folders, and of archives.

    .../YYYY/MM/DD/REO_CAMERA_YYYYMMDDHHMMSS.mp4      a clip; the extension in any case
    .../YYYY/MM/DD/REO_CAMERA_YYYYMMDDHHMMSS.jpg      its picture
    OUT/YYYY/MM/DD/archived-YYYYMMDDHHMMSS.mp4        an archive
    OUT/YYYY/MM/DD/archived-YYYYMMDDHHMMSS~2.mp4      that of another clip of the same second

Stamps are local times of 2000 to 2099. A name with an impossible date is no footage's. The date of a folder need not be
that of the files in it.
"""

import functools
import itertools
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, tzinfo
from pathlib import PurePosixPath
from typing import NamedTuple

import attrs

_YEAR_DIGITS = "20[0-9]{2}"
_HOUR_DIGITS = "(?:[01][0-9]|2[0-3])"
_FIELDS = {
    "%Y": rf"(?P<year>{_YEAR_DIGITS})",
    "%m": r"(?P<month>[0-9]{2})",
    "%d": r"(?P<day>[0-9]{2})",
    "%H": rf"(?P<hour>{_HOUR_DIGITS})",
    "%M": r"(?P<minute>[0-9]{2})",
    "%S": r"(?P<second>[0-9]{2})",
}
_CAMERA = "{camera}"
_PIECE = re.compile(r"(\{camera\}|%.)", re.DOTALL)
_PARTS = ("camera", "year", "month", "day", "hour", "minute", "second")
_CLIP = "mp4"
_KINDS = frozenset({_CLIP, "jpg"})

DEFAULT_PATTERN = "REO_{camera}_%Y%m%d%H%M%S"
"""The names that Reolink cameras give."""

_YEAR = re.compile(r"[1-9][0-9]{3}", re.ASCII)
_MONTH = re.compile(r"0?[1-9]|1[0-2]", re.ASCII)
_DAY = re.compile(r"0?[1-9]|[12][0-9]|3[01]", re.ASCII)
_ARCHIVE = re.compile(
    rf"archived-(?P<date>{_YEAR_DIGITS}[0-9]{{4}})(?P<time>{_HOUR_DIGITS}(?:[0-5][0-9]){{2}})"
    r"(?:~(?P<number>[2-9]|[1-9][0-9]{1,7}))?\.mp4",
    re.ASCII | re.I,
)
_DATE, _TIME = slice(9, 17), slice(17, 23)
"""Where they stand in the name of an archive."""


class DatedName(NamedTuple):
    """What the name of an uploaded file says: a bare tuple, because a run sees a million of them.

    `camera` is "" if the pattern has none. `stamp` is the local time in the name, without a zone.
    """

    camera: str
    stamp: datetime
    is_clip: bool


def is_clip_name(name: str) -> bool:
    """Whether a file is a clip by its extension, whatever else its name says; an unfinished upload is none."""
    return name.lower().endswith(f".{_CLIP}") and not name.startswith(".")


@attrs.frozen
class NamePattern:
    """How the files of cameras are named, without their extension.

    `{camera}` stands for the name of the camera, and `%Y %m %d %H %M %S` for the parts of the stamp, each of which must
    be there once; everything else stands for itself.
    """

    text: str = DEFAULT_PATTERN
    _names: "re.Pattern[str]" = attrs.field(init=False, eq=False, repr=False)

    _groups: tuple[int, ...] = attrs.field(init=False, eq=False, repr=False)
    """Where the parts stand in a match: by their names they are found more slowly, and there are a million files."""
    _of_stem: "Callable[[str], tuple[str, datetime] | None]" = attrs.field(init=False, eq=False, repr=False)
    """What a name says without its extension; once for a clip and its picture, which are listed side by side."""

    def __attrs_post_init__(self) -> None:
        names = re.compile(_expression(self.text), re.ASCII | re.DOTALL)
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_groups", tuple(names.groupindex[part] for part in _PARTS))
        object.__setattr__(self, "_of_stem", functools.lru_cache(maxsize=16)(self._parsed))

    def parse(self, name: str) -> DatedName | None:
        """What the name says; None if it is not the name of footage."""
        stem, _, extension = name.rpartition(".")
        kind = extension.lower()
        found = self._of_stem(stem) if kind in _KINDS else None
        return None if found is None else DatedName(*found, kind == _CLIP)

    def _parsed(self, stem: str) -> tuple[str, datetime] | None:
        match = self._names.fullmatch(stem)
        if match is None:
            return None
        camera, year, month, day, hour, minute, second = match.group(*self._groups)
        stamp = _stamp_of(f"{year}{month}{day}T{hour}{minute}{second}")
        return None if stamp is None else (camera, stamp)


def _expression(text: str) -> str:
    pieces = _PIECE.split(text)
    fields = pieces[1::2]
    wrong = sorted({field for field in fields if field != _CAMERA and field not in _FIELDS})
    if wrong:
        raise ValueError(f"it has {', '.join(wrong)}, expected none but {_CAMERA} and {' '.join(_FIELDS)}")
    missing = [field for field in _FIELDS if fields.count(field) != 1]
    if missing:
        raise ValueError(f"it has {', '.join(missing)} not just once, expected each of {' '.join(_FIELDS)} once")
    if fields.count(_CAMERA) > 1:
        raise ValueError(f"it has {_CAMERA} more than once")
    if "/" in text:
        raise ValueError("it has a slash, expected the name of a file without its folders and its extension")
    parts = {**_FIELDS, _CAMERA: r"(?P<camera>.*)"}
    camera = "" if _CAMERA in fields else r"(?P<camera>)"
    return camera + "".join(parts.get(piece) or re.escape(piece) for piece in pieces)


def _stamp_of(text: str) -> datetime | None:
    """The local time that `YYYYMMDDTHHMMSS` says; None for an impossible one."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


@functools.lru_cache(maxsize=64)
def _ordinal_of(text: str) -> int | None:
    """The day that `YYYYMMDD` says (`date.toordinal`); None for an impossible one."""
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        return None


def instant_s(stamp: datetime, zone: tzinfo) -> float:
    """The instant that a stamp stands for, in seconds since 1970: in the autumn hour the later one of two."""
    return stamp.replace(tzinfo=zone, fold=1).timestamp()


def folder_day(parts: tuple[str, ...]) -> str | None:
    """The day of a date folder as `YYYY-MM-DD`, by the last three parts of its path; None if it is none."""
    year, month, day = parts[-3:] if len(parts) >= 3 else ("", "", "")  # noqa: PLR2004 - see above
    if not (_YEAR.fullmatch(year) and _MONTH.fullmatch(month) and _DAY.fullmatch(day)):
        return None
    return f"{year}-{int(month):02}-{int(day):02}"


def is_of_dates(parts: tuple[str, ...]) -> bool:
    """Whether a path ends with the folder of a year, of a month in a year, or of a day: with a part of `YYYY/MM/DD`."""
    return any(
        len(parts) >= count and all(map(re.Pattern[str].fullmatch, (_YEAR, _MONTH, _DAY)[:count], parts[-count:]))
        for count in (1, 2, 3)
    )


class ArchiveName(NamedTuple):
    """The name of an archive, the stamp of its source and a number from 1: a bare tuple, as `DatedName`."""

    stamp: datetime
    number: int = 1

    def __str__(self) -> str:
        return next(self.numbered())

    @property
    def path(self) -> PurePosixPath:
        """Its path below the root of the archive."""
        return archive_folder(self.stamp) / str(self)

    def numbered(self) -> Iterator[str]:
        """This name, and then the same with the following numbers, without end; all in small letters."""
        seconds = self.stamp.isoformat()[: len("YYYY-MM-DDTHH:MM:SS")]
        digits = seconds.replace("-", "").replace("T", "").replace(":", "")
        if self.number == 1:
            yield f"archived-{digits}.mp4"
        yield from map(f"archived-{digits}~{{}}.mp4".format, itertools.count(max(self.number, 2)))


def archive_folder(stamp: datetime) -> PurePosixPath:
    """The folder of the archives of this day, below the root of the archive."""
    return PurePosixPath(f"{stamp:%Y}", f"{stamp:%m}", f"{stamp:%d}")


def parse_archive_name(name: str) -> ArchiveName | None:
    """The parts of the name of an archive; None for any other name."""
    match = _ARCHIVE.fullmatch(name)
    if match is None:
        return None
    date, time, number = match.groups()
    stamp = _stamp_of(f"{date}T{time}")
    return None if stamp is None else ArchiveName(stamp, int(number or 1))


def stamp_of_archive(name: str) -> datetime | None:
    """The stamp of `parse_archive_name`: a rule asks no more of many names."""
    if _ARCHIVE.fullmatch(name) is None:
        return None
    return _stamp_of(f"{name[_DATE]}T{name[_TIME]}")


def day_of_archive(name: str) -> int | None:
    """The day of `stamp_of_archive` (`date.toordinal`): a sum asks no more of a million names, many of one day."""
    if _ARCHIVE.fullmatch(name) is None:
        return None
    return _ordinal_of(name[_DATE])
