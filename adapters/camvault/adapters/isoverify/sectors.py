"""Adapter for disc images: sectors of an open image, within bounds that a damaged image cannot move."""

from typing import NoReturn

import attrs

from camvault.adapters.isoverify.open_image import OpenImage
from camvault.ports.errors import MismatchError
from camvault.ports.image import SECTOR_BYTES

_ENTRIES_SPARE = 1000
_ENTRY_BYTES_MAX = 4096
"""More than any format takes for one entry: a folder of its own sector, and a name of 255 characters."""


def damaged(problem: str) -> NoReturn:
    """Raise the error that says that an image cannot be read."""
    raise MismatchError("the image", f"it cannot be read as a disc image: {problem}")


class Sectors:
    """Reads sectors by their numbers. What lies beyond the end of the image is damage."""

    def __init__(self, file: OpenImage) -> None:
        self.count = file.size_bytes // SECTOR_BYTES
        self._file = file

    def one(self, sector: int) -> memoryview:
        """A whole sector."""
        found = self._file.piece(sector * SECTOR_BYTES, SECTOR_BYTES)
        if len(found) != SECTOR_BYTES:
            damaged(f"sector {sector:,} lies behind its end")
        return found

    def run(self, sector: int, size_bytes: int) -> bytes:
        """So many bytes from the beginning of a sector. The size was checked by `Room.take` or is one of a format."""
        if sector * SECTOR_BYTES + size_bytes > self.count * SECTOR_BYTES:
            damaged(f"{size_bytes:,} bytes at sector {sector:,} reach behind its end")
        found, at = bytearray(), sector * SECTOR_BYTES
        while len(found) < size_bytes:
            piece = self._file.piece(at + len(found), size_bytes - len(found))
            if not piece:
                damaged(f"sector {sector:,} lies behind its end")
            found += piece
        return bytes(found)


@attrs.define
class Room:
    """How much one tree may still hold: one that leads in circles or claims millions of entries ends here."""

    entries: int
    folder_bytes: int

    @classmethod
    def of(cls, entry_count: int) -> "Room":
        """For a tree that should hold so many files and folders; a few more are named, and not refused."""
        entries = entry_count + _ENTRIES_SPARE
        return cls(entries, entries * _ENTRY_BYTES_MAX)

    def take_entry(self) -> None:
        """One more file or folder."""
        self.entries -= 1
        if self.entries < 0:
            damaged("a tree has many more entries than it should")

    def take_folder(self, size_bytes: int) -> None:
        """One more folder, whose content has this size."""
        self.folder_bytes -= size_bytes
        if self.folder_bytes < 0:
            damaged("the folders of a tree are much larger than they should be")
