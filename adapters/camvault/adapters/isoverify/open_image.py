"""Adapter for disc images: an open image, read from its medium in whole blocks and handed out in any pieces."""

import io
import mmap
import os
from collections import OrderedDict
from pathlib import PurePath
from typing import TYPE_CHECKING

from camvault.adapters._shared import medium
from camvault.ports.witness import ReadFrom

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE_BYTES = medium.BUFFER_BYTES
_BLOCK_BYTES = 256 * 1024
_BLOCKS_KEPT = 64


class OpenImage(io.RawIOBase):
    """Reads past the cache of this machine, wherever that can be done; `source` says whether it is.

    O_DIRECT takes whole blocks only, and has no cache, so what was read lately is kept here: the trees of an image are
    read in small pieces, here and there. Owns the descriptor.
    """

    def __init__(self, path: PurePath) -> None:
        super().__init__()
        self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._at = 0
        self._blocks: OrderedDict[int, tuple[memoryview, memoryview]] = OrderedDict()
        self._last_number, self._last = -1, memoryview(b"")
        try:
            self.size_bytes = os.fstat(self.descriptor).st_size
            self.source = ReadFrom(medium.past_the_cache(self.descriptor, os.path.realpath(path)))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the descriptor too."""
        if not self.closed:
            os.close(self.descriptor)
        super().close()

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """See `io.IOBase`."""
        begins = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size_bytes}
        self._at = begins[whence] + offset
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read at most to the end of a block."""
        with memoryview(buffer).cast("B") as wanted:
            piece = self.piece(self._at, len(wanted))
            wanted[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def piece(self, at: int, most_bytes: int) -> memoryview:
        """What is there from `at` to the end of its block, or less; empty at the end of the image.

        It stays until `_BLOCKS_KEPT` other blocks were read: what is kept for longer is copied.
        """
        number, offset = divmod(at, _BLOCK_BYTES)
        if number != self._last_number:
            self._last_number, self._last = number, self._block(number)
        return self._last[offset : offset + most_bytes]

    def read_piece(self, buffer: memoryview, at: int) -> int:
        """Fill memory that begins at a page, and is whole pages, from a place that does; 0 at the end, or beyond."""
        if at >= self.size_bytes or at % mmap.PAGESIZE:  # behind a short piece there is nothing
            return 0
        return os.preadv(self.descriptor, [buffer], at)

    def _block(self, number: int) -> memoryview:
        found = self._blocks.get(number)
        if found is None:
            is_full = len(self._blocks) == _BLOCKS_KEPT
            # new memory costs more than what is read into it
            whole = self._blocks.popitem(last=False)[1][0] if is_full else memoryview(mmap.mmap(-1, _BLOCK_BYTES))
            found = whole, whole[: self.read_piece(whole, number * _BLOCK_BYTES)]
            self._blocks[number] = found
        else:
            self._blocks.move_to_end(number)
        return found[1]
