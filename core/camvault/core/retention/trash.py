"""Pure: where files are in the trash, and when they leave it.

    TRASH/input/PATH      what was at PATH below the root of the input
    TRASH/output/PATH     what was at PATH below the root of the archive

A file from outside its root keeps its name only. Where a name is taken, the file becomes `STEM_UNIXTIME_N.EXT`.
"""

from collections.abc import Iterator
from pathlib import PurePath

import attrs

from camvault.ports.removal import RetentionReason

TRASH_NAME = ".deleted"
"""In the root of the input: the trash, where no other is given."""
_DAY_S = 86_400
_ROUNDING_S = 2.0
_FIRST_S = 1_577_836_800
"""The year 2020: a clock that says an earlier time was not set yet."""


def trash_path(path: PurePath, *, trash: PurePath, root: PurePath, area: str) -> PurePath:
    """Where the file goes; what is in the trash already stays where it is, and is never nested."""
    if path.is_relative_to(trash):
        return path
    below = path.relative_to(root) if path.is_relative_to(root) else PurePath(path.name)
    return trash / area / below


def trash_names(wanted: PurePath, *, unix_s: int) -> Iterator[PurePath]:
    """The wanted path, and then the same with the time and one number after the other, without end."""
    yield wanted
    number = 0
    while True:
        number += 1
        yield wanted.with_name(f"{wanted.stem}_{unix_s}_{number}{wanted.suffix}")


@attrs.frozen
class TrashFolder:
    """Where the files of one folder go.

    Attributes:
        path: The folder in the trash.
        taken: The names in it.
        unix_s: The time that is put into the name of a file whose own name is taken.
    """

    path: PurePath
    taken: frozenset[str]
    unix_s: int

    def path_of(self, name: str) -> PurePath:
        """Where the file of this name goes."""
        if name not in self.taken:
            return self.path / name
        names = trash_names(self.path / name, unix_s=self.unix_s)
        return next(each for each in names if each.name not in self.taken)


def purge_reason(trashed_s: float | None, *, now_s: float, days: float) -> RetentionReason | None:
    """Why a file leaves the trash; None if it stays.

    Args:
        trashed_s: When it came there, in seconds since 1970; None if that is not known: then it stays, unless all go.
        now_s: The time now.
        days: How many days of 24 hours it stays; 0: all go.
    """
    if not days:
        return RetentionReason("--purge-trash", "0 days: all of the trash")
    if trashed_s is None or now_s - trashed_s < days * _DAY_S:
        return None
    return RetentionReason("--purge-trash", f"{(now_s - trashed_s) / _DAY_S:.1f} days in the trash, at most {days:g}")


def is_changed_since(size_bytes: int, mtime_s: float, *, then_bytes: int, then_s: float) -> bool:
    """Whether a file was written to after it came into the trash: an upload that had stood still, or another file.

    Some file systems round times down, by two seconds at most.
    """
    return size_bytes != then_bytes or abs(mtime_s - then_s) > _ROUNDING_S


def trashed_at_s(*, recorded_s: float | None, mtime_s: float, ctime_s: float | None, now_s: float) -> float | None:
    """When a file came into the trash, by the record and by when it got its name (ctime); None if that is not known.

    The later one counts. Times in the future, and those before there was any trash, are of a wrong clock, and so are
    both if the file was written later: nothing came there before that.
    """
    past = [time_s for time_s in (recorded_s, ctime_s) if time_s is not None and _FIRST_S <= time_s <= now_s]
    latest = max(past, default=None)
    return None if latest is None or latest + _ROUNDING_S < mtime_s <= now_s else latest
