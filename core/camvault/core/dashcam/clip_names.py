"""Pure: under which names a clip is staged: its own, or with a number, if another clip had that (INV-10)."""

import itertools
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

_NUMBER = re.compile(r"[2-9]|[1-9][0-9]+", re.ASCII)


def numbered(path: PurePosixPath) -> Iterator[PurePosixPath]:
    """The path of a clip, then with `~2`, `~3`, … before its ending."""
    yield path
    yield from (path.with_name(f"{path.stem}~{number}{path.suffix}") for number in itertools.count(2))


def is_numbered_of(staged: PurePosixPath, path: PurePosixPath) -> bool:
    """Whether `staged` is one of the names that `numbered` gives for `path`."""
    if staged == path or staged.parent != path.parent:
        return staged == path
    number = staged.name.removeprefix(f"{path.stem}~").removesuffix(path.suffix)
    return _NUMBER.fullmatch(number) is not None and staged.name == f"{path.stem}~{number}{path.suffix}"
