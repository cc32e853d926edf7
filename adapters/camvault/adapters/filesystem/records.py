"""Adapter for the local file system: small texts that survive a power cut at every byte."""

import fcntl
import os
from contextlib import suppress
from pathlib import PurePath

from camvault.adapters._shared.durable import check_regular, check_regular_mode, fsync, read_regular, translated
from camvault.adapters.filesystem import steps
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.files import RecordStore

_PIECE_BYTES = 4096


class LocalRecords:
    """Reads, replaces and extends small texts."""

    def read_text(self, path: PurePath, /) -> str | None:
        """The bytes as they are: line ends are not translated."""
        try:
            with translated(path):
                return read_regular(path).decode("utf-8", "surrogateescape")
        except NotFoundError:
            return None

    def write_text(self, path: PurePath, text: str, /, *, mtime_ns: int | None = None) -> None:
        """Temporary name, fsync, rename, fsync of the folder; a pipe or a device is never replaced by a file."""
        with translated(path):
            _check_replaceable(path)
        with translated(path), steps.new_file(path) as (descriptor, temporary):
            steps.write_all(descriptor, text.encode("utf-8", "surrogateescape"))
            if mtime_ns is not None:
                os.utime(descriptor, ns=(mtime_ns, mtime_ns))
            fsync(descriptor)
            os.replace(temporary, path)  # noqa: PTH105 - PurePath
            steps.make_names_durable(path)

    def append_line(self, path: PurePath, line: str, /) -> None:
        """Cut off a torn last line, then write the whole line at once and fsync; undone if it does not fit."""
        if "\n" in line:
            raise ValueError(f"a line cannot hold a newline: {line!r}")
        with translated(path):
            descriptor = _opened_in_turn(path)
            try:
                is_new = os.fstat(descriptor).st_size == 0
                end = _end_of_last_line(descriptor)
                os.ftruncate(descriptor, end)
                os.lseek(descriptor, end, os.SEEK_SET)
                try:
                    steps.write_all(descriptor, line.encode("utf-8", "surrogateescape") + b"\n")
                except OSError:
                    os.ftruncate(descriptor, end)
                    raise
                fsync(descriptor)
            finally:
                os.close(descriptor)
            if is_new:
                steps.make_names_durable(path)

    def rename(self, source: PurePath, /, *, target: PurePath) -> None:
        """Rename without replacing, fsync of the folder."""
        if source.parent != target.parent:
            raise StorageError(target, f"it is not in the folder of {source}")
        with translated(source):
            os.lstat(source)
        with translated(target):
            steps.rename_new(source, target)
            steps.make_names_durable(target)


def _check_replaceable(path: PurePath) -> None:
    """Raise OSError (EINVAL) if what stands under the name, links followed, is there and is no regular file."""
    with suppress(FileNotFoundError, NotADirectoryError):
        check_regular_mode(os.stat(path).st_mode)  # noqa: PTH116 - PurePath


def _opened_in_turn(path: PurePath) -> int:
    """The file that stands under the name once it is locked: while we waited, another one may have been put there."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY, 0o666)
        try:
            check_regular(descriptor)
            _wait_for_turn(descriptor)
            if steps.has_name(descriptor, path):
                return descriptor
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _wait_for_turn(descriptor: int) -> None:
    """Lock the file until it is closed: what looks torn may be a line that another process is writing."""
    with suppress(OSError):  # a file system without locks
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _end_of_last_line(descriptor: int) -> int:
    """Where the text ends that was acknowledged: behind the last newline."""
    end = os.fstat(descriptor).st_size
    while end:
        start = max(0, end - _PIECE_BYTES)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


_conforms: type[RecordStore] = LocalRecords
