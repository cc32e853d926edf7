"""Pure: what a date folder says of the segments in it, so that not each of their names must be parsed."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from camvault.core.segments.names import SUFFIX, SegmentName, is_station, parse_ready_path

_DEPTH = 2  # STATION/DAY
_RESTS = re.compile(r"(?:/(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]Z?(?:~(?:[2-9]|[1-9][0-9]{1,7}))?\.mkv)+", re.ASCII)
_FURTHEST_ZONE = timedelta(days=1)


def starts_not_before(day: str) -> datetime | None:
    """The instant before which no segment of a date folder of this name begins, in whatever zone; None: no such day."""
    try:
        date = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return date - _FURTHEST_ZONE if f"{date:%Y-%m-%d}" == day and date.year > 1 else None


def are_ready_names(folder: PurePosixPath, names: Iterable[str]) -> bool:
    """Whether `parse_ready_path` accepts every one of these names in this folder; a tenth of its price.

    Args:
        folder: Below the folder that is backed up.
        names: What is named like a recording there.
    """
    slashed = "".join([f"/{name}" for name in names])
    if not slashed:
        return True
    first = _example(folder)
    if first is None:
        return False
    # no name holds a slash, so one search in all of them together is one in each
    beginning = "/" + str(first).removesuffix(f"000000{SUFFIX}")
    rests = slashed.replace(beginning, "/")
    is_beginning_of_all = slashed.count(beginning) == slashed.count("/")
    return is_beginning_of_all and _RESTS.fullmatch(rests) is not None


def _example(folder: PurePosixPath) -> SegmentName | None:
    """The first name that a segment of this folder could have; None if there can be no segments in it."""
    if len(folder.parts) != _DEPTH or not is_station(folder.parts[0]):
        return None
    return parse_ready_path(folder / f"{folder.parts[0]}_{folder.name.replace('-', '')}T000000{SUFFIX}")
