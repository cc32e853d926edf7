"""Pure: a part of many files that is the same at each call, so that all of them are read within some days.

`2/7` is the second of seven parts. Which part a file is in follows from its name alone.
"""

import re
from pathlib import PurePosixPath
from zlib import crc32

import attrs

_TEXT = re.compile(r"([0-9]{1,6})/([0-9]{1,6})", re.ASCII)


@attrs.frozen
class Subset:
    """Part `number` of `count`, counted from 1."""

    number: int = 1
    count: int = 1

    def has(self, path: PurePosixPath) -> bool:
        """Whether the file is in this part."""
        return crc32(str(path).encode("utf-8", "surrogateescape")) % self.count == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def subset_of(text: str) -> Subset | None:
    """The part that `text` names; None if it names none."""
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    number, count = int(found[1]), int(found[2])
    return Subset(number, count) if 1 <= number <= count else None
