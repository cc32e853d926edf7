"""Adapter for pycdlib: the content of an image, hashed file by file and as a whole in one pass."""

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from camvault.adapters.isoverify.trees import Extents
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MismatchError
from camvault.ports.files import OnBytes
from camvault.ports.image import SECTOR_BYTES

_PIECE_BYTES = 1 << 20


class ImageReader:
    """Reads an image once, front to back; the whole is hashed in a second thread, which leaves the lock to the first.

    A context manager: it owns the thread, not the descriptor.
    """

    def __init__(self, descriptor: int, *, on_bytes: OnBytes, cancel: Cancellation) -> None:
        self.position = 0
        """How much of the image was asked for in order."""
        self._descriptor, self._on_bytes, self._cancel = descriptor, on_bytes, cancel
        self._whole = hashlib.sha256()
        self._pool = ThreadPoolExecutor(1)
        self._buffers = [memoryview(bytearray(_PIECE_BYTES)) for _ in range(2)]
        self._hashed: list[Future[None] | None] = [None, None]
        self._piece = self._buffers[0][:0]
        self._start = self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)

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
                piece = os.pread(self._descriptor, min(end - at, _PIECE_BYTES), at)
                if not piece:
                    raise MismatchError("the image", "it ends before its files do")
                digest.update(piece)
                at += len(piece)
        return digest.hexdigest()

    def _next(self) -> bool:
        """Take the next piece; false at the end."""
        self._cancel.check()
        self._buffers.reverse()
        self._hashed.reverse()
        earlier = self._hashed[0]
        if earlier is not None:
            earlier.result()
        count = os.preadv(self._descriptor, [self._buffers[0]], self._end)
        self._piece = self._buffers[0][:count]
        self._start, self._end = self._end, self._end + count
        self._hashed[0] = self._pool.submit(self._whole.update, self._piece) if count else None
        self._on_bytes(count)
        return count > 0
