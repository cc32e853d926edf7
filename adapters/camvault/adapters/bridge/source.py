"""Adapter for disc images: one source file, read once into the image and its own digest."""

import errno
import hashlib
import os
import stat

from camvault.adapters._shared.durable import translate
from camvault.adapters.bridge.sink import PIECE_BYTES, Sink
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import ChangedError
from camvault.ports.image import SECTOR_BYTES, ImageFile

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_SMALL_BYTES = 64 * 1024
_ZEROS = bytes(PIECE_BYTES)
_BLOCK_BYTES = 512  # what st_blocks counts in


def pour(file: ImageFile, sink: Sink) -> str:
    """Add the file's content to the image, filled up to a whole sector; its SHA-256.

    Raises:
        ChangedError: It is not the file that was planned with, or changed meanwhile.
        StorageError: It cannot be read.
    """
    try:
        descriptor = os.open(os.path.join(file.root, file.path), _FLAGS)  # noqa: PTH118 - `source` is slow to make
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ELOOP}:
            raise ChangedError(file.source, "it was there when the image was planned, and is not any more") from error
        raise translate(error, file.source) from error
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode) or not _has_identity(before, file.identity) or not _is_same(before, file):
            raise ChangedError(file.source, "it changed since the image was planned")
        if before.st_size <= _SMALL_BYTES:
            digest = _pour_small(file, descriptor, sink)
        else:
            digest = _Pouring(file, descriptor, sink).run(before)
            sink.zeros(-sink.position % SECTOR_BYTES)
        if not _has_identity(os.fstat(descriptor), file.identity):
            raise ChangedError(file.source, "it changed while it was read")
    finally:
        os.close(descriptor)
    return digest


def _is_same(status: os.stat_result, file: ImageFile) -> bool:
    return file.file_id is None or file.file_id == (status.st_dev, status.st_ino)


def _has_identity(status: os.stat_result, identity: FileIdentity) -> bool:
    return status.st_mtime_ns == identity.mtime_ns and status.st_size == identity.size_bytes


def _pour_small(file: ImageFile, descriptor: int, sink: Sink) -> str:
    """The whole file in one go: a folder may hold a hundred thousand of them."""
    size_bytes = file.identity.size_bytes
    try:
        content = os.read(descriptor, size_bytes)
        while len(content) < size_bytes and (more := os.read(descriptor, size_bytes - len(content))):
            content += more
    except OSError as error:
        raise translate(error, file.source) from error
    if len(content) != size_bytes:
        raise ChangedError(file.source, "it became shorter while it was read")
    sink.put(content.ljust(-(-size_bytes // SECTOR_BYTES) * SECTOR_BYTES, b"\0"))
    return hashlib.sha256(content).hexdigest()


class _Pouring:
    def __init__(self, file: ImageFile, descriptor: int, sink: Sink) -> None:
        self._file, self._descriptor, self._sink = file, descriptor, sink
        self._digest = hashlib.sha256()

    def run(self, status: os.stat_result) -> str:
        """All of it."""
        is_sparse = status.st_blocks * _BLOCK_BYTES < status.st_size and status.st_size > PIECE_BYTES
        if is_sparse:
            self._sparse(status.st_size)
        else:
            self._data(status.st_size)
        return self._digest.hexdigest()

    def _data(self, left: int) -> None:
        while left:
            count = self._sink.fill(self._read, left)
            if count == 0:
                raise ChangedError(self._file.source, "it became shorter while it was read")
            left -= count

    def _read(self, room: memoryview) -> int:
        try:
            count = os.readv(self._descriptor, [room])
        except OSError as error:
            raise translate(error, self._file.source) from error
        self._digest.update(room[:count])
        return count

    def _sparse(self, size_bytes: int) -> None:
        """Holes are known without reading them. Source: lseek(2), SEEK_HOLE."""
        at = 0
        while at < size_bytes:
            data = min(self._seek(at, os.SEEK_DATA, size_bytes), size_bytes)
            self._hole(data - at)
            end = min(self._seek(data, os.SEEK_HOLE, size_bytes), size_bytes) if data < size_bytes else data
            self._seek(data, os.SEEK_SET, size_bytes)
            self._data(end - data)
            at = end

    def _seek(self, at: int, whence: int, end: int) -> int:
        try:
            return os.lseek(self._descriptor, at, whence)
        except OSError as error:
            if error.errno == errno.ENXIO:  # no data behind
                return end
            raise translate(error, self._file.source) from error

    def _hole(self, count: int) -> None:
        while count:
            piece = min(count, 64 * PIECE_BYTES)
            self._sink.zeros(piece)
            for _ in range(piece // PIECE_BYTES):
                self._digest.update(_ZEROS)
            self._digest.update(_ZEROS[: piece % PIECE_BYTES])
            count -= piece
