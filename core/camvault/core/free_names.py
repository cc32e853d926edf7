"""Pure: which of several names is free in a folder.

Two names are one where a file system or a disc ignores the case of letters or composes accents. Names are therefore
compared case-folded and in Unicode normal form C.
"""

import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def folded(name: str) -> str:
    """The form in which names are compared."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _itself(candidate: object) -> tuple[str, ...]:
    return (str(candidate),)


def free_names(
    candidates: Iterable[T], *, taken: Container[str], names_of: Callable[[T], Iterable[str]] = _itself
) -> Iterator[T]:
    """The candidates that are free, in their order. The caller takes the first one that it can use.

    Args:
        candidates: The names to try, or values that stand for names; there may be no end of them.
        taken: The names in use, each `folded`. What is added to it while the result is read counts from then on.
        names_of: The names that a candidate needs; each of them must be free. Without it, the candidate's `str()`.
    """
    return (each for each in candidates if not any(folded(name) in taken for name in names_of(each)))
