"""Adapter for disc images: the image as it is written and hashed in one go, in a second thread."""

import hashlib
import os
import queue
import threading
from collections.abc import Callable

from camvault.ports.cancellation import Cancellation
from camvault.ports.files import OnBytes

PIECE_BYTES = 1 << 20
_PIECES = 4
_ZEROS = bytes(PIECE_BYTES)

_Job = tuple[bytearray | None, int]
"""A buffer and how much of it counts; None for that many zeros."""


class Sink:
    """Takes the image from its first byte to its last. Memory is a few buffers.

    Hashing and writing release the interpreter's lock: the next source is read and hashed meanwhile. A failure of the
    thread is raised by the next call of `put`, `fill`, `zeros` or `close`, as it was.
    """

    def __init__(self, descriptor: int, *, on_bytes: OnBytes, cancel: Cancellation) -> None:
        self.position = 0
        self._descriptor = descriptor
        self._on_bytes, self._cancel = on_bytes, cancel
        self._digest = hashlib.sha256()
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._free: queue.Queue[bytearray] = queue.Queue()
        for _ in range(_PIECES):
            self._free.put(bytearray(PIECE_BYTES))
        self._problem: BaseException | None = None
        self._buffer = self._free.get()
        self._used = 0
        self._thread = threading.Thread(target=self._work, name="image", daemon=True)
        self._thread.start()

    def put(self, content: bytes) -> None:
        """Add these bytes."""
        end = self._used + len(content)
        if end < PIECE_BYTES:
            self._buffer[self._used : end] = content
            self.position += end - self._used
            self._used = end
            return
        left = memoryview(content)
        while left:
            count = min(len(left), PIECE_BYTES - self._used)
            self._buffer[self._used : self._used + count] = left[:count]
            self._advance(count)
            left = left[count:]

    def fill(self, read: Callable[[memoryview], int], size_bytes: int) -> int:
        """Have `read` put at most `size_bytes` directly into the buffer; its count, 0 at the end of the source."""
        count = read(memoryview(self._buffer)[self._used : self._used + min(size_bytes, PIECE_BYTES - self._used)])
        self._advance(count)
        return count

    def zeros(self, count: int) -> None:
        """Add zeros; long runs of them become a hole."""
        if count < PIECE_BYTES:
            self.put(_ZEROS[:count])
            return
        self._flush()
        self._cancel.check()
        self._jobs.put((None, count))
        self.position += count
        self._on_bytes(count)

    def pad_to(self, position: int) -> None:
        """Zeros up to this byte of the image."""
        self.zeros(position - self.position)

    def close(self) -> str:
        """Wait for the last byte; the SHA-256 of everything."""
        self._flush()
        self._jobs.put(None)
        self._thread.join()
        if self._problem is not None:
            raise self._problem
        return self._digest.hexdigest()

    def abandon(self) -> None:
        """Stop the thread, whatever is left to do."""
        self._problem = self._problem or InterruptedError()
        self._jobs.put(None)
        self._thread.join()

    def _advance(self, count: int) -> None:
        self._used += count
        self.position += count
        if self._used == PIECE_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._problem is not None:
            raise self._problem
        self._cancel.check()
        if self._used:
            self._jobs.put((self._buffer, self._used))
            self._on_bytes(self._used)
            self._buffer, self._used = self._free.get(), 0

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            buffer, count = job
            try:
                if self._problem is None:
                    self._write(buffer, count)
            except BaseException as error:  # noqa: BLE001 - raised in the thread that waits for it
                self._problem = error
            if buffer is not None:
                self._free.put(buffer)

    def _write(self, buffer: bytearray | None, count: int) -> None:
        if buffer is None:
            os.lseek(self._descriptor, count, os.SEEK_CUR)
            while count and self._problem is None:
                self._digest.update(_ZEROS if count >= PIECE_BYTES else _ZEROS[:count])
                count -= min(count, PIECE_BYTES)
            return
        left = memoryview(buffer)[:count]
        self._digest.update(left)
        while left:
            left = left[os.write(self._descriptor, left) :]
