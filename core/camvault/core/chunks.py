"""Pure: files a few at a time, in their order, so that what was seen of them is soon acted upon."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from camvault.ports.entries import FileIdentity


class Sized(Protocol):
    """What stands for one file."""

    @property
    def identity(self) -> FileIdentity:
        """Which file, and so how large it is."""
        ...


S = TypeVar("S", bound=Sized)


def in_chunks(files: Iterable[S], *, most_files: int, most_bytes: int) -> Iterator[list[S]]:
    """At most so many files and bytes at once; a larger file stands alone."""
    piece: list[S] = []
    size_bytes = 0
    for file in files:
        if piece and (len(piece) >= most_files or size_bytes + file.identity.size_bytes > most_bytes):
            yield piece
            piece, size_bytes = [], 0
        piece.append(file)
        size_bytes += file.identity.size_bytes
    if piece:
        yield piece
