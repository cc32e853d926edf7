"""Pure: what reading a disc back has shown: equal, or which sector and which files are damaged."""

import enum
from collections.abc import Collection

from camvault.ports.burner import ReadBack


class ReadBackResult(enum.Enum):
    """The outcome of reading a disc back."""

    EQUAL = "equal"
    IMAGE_CHANGED = "image changed"
    DIFFERS = "differs"


def judge_read_back(read: ReadBack, *, sha256: str) -> ReadBackResult:
    """Compare what was read with `sha256`, the digest of the image before the burn.

    If the image has another digest by now, that is the result: nothing is left to compare the disc with.
    """
    if read.image_sha256 and read.image_sha256 != sha256:
        return ReadBackResult.IMAGE_CHANGED
    return ReadBackResult.EQUAL if read.is_equal and read.sha256 == sha256 else ReadBackResult.DIFFERS


def describe_damage(read: ReadBack, *, files: Collection[str]) -> str:
    """A sentence that names the first bad sector, and the files that are damaged."""
    first = read.bad_sectors[0] if read.bad_sectors else 0
    others = f", {read.bad_sector_count:,} sectors in all" if read.bad_sector_count > 1 else ""
    where = f"in {', '.join(files)}" if files else "in no file (file system structures or padding)"
    what = "cannot be read" if read.unreadable_sector == first else "differs"
    return f"sector {first} {what}{others}, {where}"
