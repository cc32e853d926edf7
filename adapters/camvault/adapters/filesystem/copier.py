"""Adapter for the local file system: moving content."""

import hashlib
import mmap
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePath

import attrs

from camvault.adapters._shared import medium
from camvault.adapters._shared.durable import fsync, fsync_folder, translated
from camvault.adapters.filesystem import steps
from camvault.adapters.filesystem.mounts import PREALLOCATING_TYPES
from camvault.adapters.filesystem.reader import entry_of, identity_of
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import Copied, FileEntry, FileIdentity
from camvault.ports.errors import ChangedError, ExistsError, NoSpaceError, StorageError
from camvault.ports.files import FileCopier, OnBytes
from camvault.ports.witness import FileRead, ReadFrom

_BUFFER_BYTES = 64 * 1024
"""Measured for one read that copies and hashes: larger buffers were slower, 1 MiB three times."""


class LocalCopier:
    """Copies, hashes and publishes; memory is one buffer."""

    def copy(self, source: PurePath, /, *, target: PurePath, on_bytes: OnBytes, cancel: Cancellation) -> Copied:
        """One read that copies and hashes; a symlinked source is followed."""
        cancel.check()
        with _open_source(source) as opened:
            if os.path.lexists(target):
                raise ExistsError(target, "it exists already")
            size_bytes, mtime_ns = opened.identity.size_bytes, opened.identity.mtime_ns
            with _space_named(target, size_bytes), translated(target), steps.new_file(target) as (write_to, temporary):
                _preallocate(write_to, size_bytes)
                digest = hashlib.sha256()

                def take(piece: memoryview) -> None:
                    digest.update(piece)
                    steps.write_all(write_to, piece)

                buffer = memoryview(bytearray(_BUFFER_BYTES))
                opened.read(take, buffer=buffer, on_bytes=on_bytes, cancel=cancel)
                steps.keep_time_and_mode(write_to, mtime_ns=mtime_ns, mode=opened.mode)
                fsync(write_to)
                written = identity_of(os.fstat(write_to))
                _publish(temporary, target, steps.rename_new)
                # the rename changed its ctime, and nothing else; what else were different now, is not what was hashed
                identity = attrs.evolve(written, ctime_ns=identity_of(os.fstat(write_to)).ctime_ns)
        return Copied(identity, digest.hexdigest())

    def digest(self, path: PurePath, /, *, on_bytes: OnBytes, cancel: Cancellation) -> str:
        """Read past the page cache where the system lets us; a file that changes meanwhile has no digest."""
        return self.read_back(path, on_bytes=on_bytes, cancel=cancel).sha256

    def read_back(self, path: PurePath, /, *, on_bytes: OnBytes, cancel: Cancellation) -> FileRead:
        """With O_DIRECT, or after what was cached was seen to be gone."""
        cancel.check()
        digest = hashlib.sha256()
        with _open_source(path) as opened:
            with translated(path):
                source = ReadFrom(medium.past_the_cache(opened.descriptor, os.path.realpath(path)))
            # what O_DIRECT reads into has to begin at a page
            with mmap.mmap(-1, medium.BUFFER_BYTES) as memory, memoryview(memory) as buffer:
                opened.read(digest.update, buffer=buffer, on_bytes=on_bytes, cancel=cancel)
        return FileRead(opened.identity, digest.hexdigest(), source)

    def publish(self, temporary: PurePath, /, *, target: PurePath, replace: bool = False) -> FileEntry:
        """Fsync the file, rename it, fsync the folder."""
        if temporary.parent != target.parent:
            raise StorageError(target, f"it is not in the folder of {temporary}")
        with translated(temporary):
            steps.fsync_file(temporary)
        with translated(target):
            _publish(temporary, target, os.replace if replace else steps.rename_new)
            return entry_of(target, os.lstat(target))

    def move(self, source: PurePath, /, *, target: PurePath) -> FileEntry:
        """Fsync the file, rename it without replacing, fsync both folders."""
        with translated(source):
            steps.fsync_file(source)
        with translated(target):
            steps.rename_new(source, target)
            # power fails here: the file has one of the two names, complete
            steps.make_names_durable(target)
            fsync_folder(source.parent)
            return entry_of(target, os.lstat(target))


def _publish(temporary: PurePath, target: PurePath, rename: Callable[[PurePath, PurePath], None]) -> None:
    """Rename durably; if the last part fails, take the name back rather than leave one that may not survive."""
    rename(temporary, target)
    try:
        steps.make_names_durable(target)
    except OSError:
        if rename is steps.rename_new:
            with suppress(OSError):
                steps.rename_new(target, temporary)
        raise


@attrs.frozen
class _Opened:
    """A regular file, open for reading, and which one it was when it was opened."""

    path: PurePath
    descriptor: int
    identity: FileIdentity
    mode: int

    def read(
        self, take: Callable[[memoryview], None], *, buffer: memoryview, on_bytes: OnBytes, cancel: Cancellation
    ) -> None:
        """Hand out all of the file, and make sure that it was one file from the first byte to the last."""
        done_bytes = 0
        while count := self._fill(buffer):
            take(buffer[:count])
            done_bytes += count
            on_bytes(count)
            cancel.check()
            if count < len(buffer) and done_bytes == self.identity.size_bytes:
                break  # with O_DIRECT the next read would begin in the middle of a block
        with translated(self.path):
            after = identity_of(os.fstat(self.descriptor))
        if after != self.identity or done_bytes != self.identity.size_bytes:
            raise ChangedError(self.path, "it changed while it was read")

    def _fill(self, buffer: memoryview) -> int:
        with translated(self.path):
            return os.readv(self.descriptor, [buffer])


@contextmanager
def _open_source(path: PurePath) -> Iterator[_Opened]:
    """Open without waiting for the other end, should it be a pipe."""
    with translated(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        with translated(path):
            status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise StorageError(path, "it is not a regular file")
        yield _Opened(path, descriptor, identity_of(status), status.st_mode)
    finally:
        os.close(descriptor)


def _preallocate(descriptor: int, size_bytes: int) -> None:
    """Know at the start that the file fits."""
    if size_bytes and steps.file_system_type(os.fstat(descriptor).st_dev) in PREALLOCATING_TYPES:
        os.posix_fallocate(descriptor, 0, size_bytes)


@contextmanager
def _space_named(target: PurePath, needed_bytes: int) -> Iterator[None]:
    """Inside, a full file system is reported with its figures."""
    try:
        yield
    except NoSpaceError as error:
        status = os.statvfs(target.parent)
        raise NoSpaceError(target, error.problem, needed_bytes, status.f_bavail * status.f_frsize) from error


_conforms: type[FileCopier] = LocalCopier
