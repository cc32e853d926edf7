"""Adapter for disc images: the content of an image, hashed file by file and as a whole in one pass."""

import hashlib
import mmap
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from camvault.adapters.isoverify.open_image import PIECE_BYTES, OpenImage
from camvault.adapters.isoverify.views import Extents
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MismatchError
from camvault.ports.files import OnBytes
from camvault.ports.image import SECTOR_BYTES

_BUFFERS = 3
"""One is read into, one is hashed file by file, and the one before may still be hashed as part of the whole."""


class ImageReader:
    """Reads an image once, front to back.

    The whole is hashed in a second thread, and the next piece is read in a third: both leave the lock to the first.
    Where the cache is passed by, nothing else reads ahead.

    What is in front of `content_at`, which may be the trees of a hundred thousand files, is read and hashed at once,
    while somebody else reads the trees: no file is looked for there.

    A context manager: it owns the threads, not the file.
    """

    def __init__(self, file: OpenImage, *, content_at: int = 0, on_bytes: OnBytes, cancel: Cancellation) -> None:
        self.position = content_at - content_at % PIECE_BYTES
        """How much of the image was asked for in order."""
        self._file, self._on_bytes, self._cancel = file, on_bytes, cancel
        self._whole = hashlib.sha256()
        self._hashing, self._reading = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        self._buffers = [memoryview(mmap.mmap(-1, PIECE_BYTES)) for _ in range(_BUFFERS)]
        self._hashed: list[Future[None] | None] = [None] * _BUFFERS
        self._number = 0
        self._piece = self._buffers[0][:0]
        self._start = self._end = self.position
        self._front: Future[None] | None = self._reading.submit(self._hash_front, self._end)
        self._ahead = self._read_ahead()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._reading.shutdown(cancel_futures=True)
        self._hashing.shutdown(cancel_futures=True)

    def digest(self, extents: Extents) -> str:
        """SHA-256 of at most one extent that lies behind all that were asked for before."""
        if not extents:
            return hashlib.sha256().hexdigest()
        at, size = extents[0][0] * SECTOR_BYTES, extents[0][1]
        end = at + size
        self.position = end
        if end <= self._end and at >= self._start:
            return hashlib.sha256(self._piece[at - self._start : end - self._start]).hexdigest()
        digest = hashlib.sha256()
        while at < end:
            if at < self._end:
                upto = min(end, self._end)
                digest.update(self._piece[at - self._start : upto - self._start])
                at = upto
            elif not self._next():
                raise MismatchError("the image", "it ends before its files do")
        return digest.hexdigest()

    def rest(self) -> str:
        """SHA-256 of the whole image."""
        while self._next():
            pass
        for job in self._hashed:
            if job is not None:
                job.result()
        return self._whole.hexdigest()

    def digest_apart(self, extents: Extents) -> str:
        """SHA-256 of these extents, one after the other, wherever they lie."""
        digest = hashlib.sha256()
        for sector, size in extents:
            at, end = sector * SECTOR_BYTES, sector * SECTOR_BYTES + size
            while at < end:
                self._cancel.check()
                piece = self._file.piece(at, end - at)
                if not piece:
                    raise MismatchError("the image", "it ends before its files do")
                digest.update(piece)
                at += len(piece)
        return digest.hexdigest()

    def _next(self) -> bool:
        """Take the next piece; false at the end."""
        self._cancel.check()
        if self._front is not None:
            self._front.result()
            self._front = None
            self._on_bytes(self._end)
        count = self._ahead.result()
        self._piece = self._buffers[self._number][:count]
        self._start, self._end = self._end, self._end + count
        self._hashed[self._number] = self._hashing.submit(self._whole.update, self._piece) if count else None
        self._number = (self._number + 1) % _BUFFERS
        earlier = self._hashed[self._number]
        if earlier is not None:
            earlier.result()
        self._ahead = self._read_ahead()
        self._on_bytes(count)
        return count > 0

    def _hash_front(self, end: int) -> None:
        for at in range(0, end, PIECE_BYTES):
            self._cancel.check()
            piece = self._buffers[0]
            self._whole.update(piece[: self._file.read_piece(piece, at)])

    def _read_ahead(self) -> Future[int]:
        return self._reading.submit(self._file.read_piece, self._buffers[self._number], self._end)
