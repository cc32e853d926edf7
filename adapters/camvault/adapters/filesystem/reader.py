"""Adapter for the local file system: seeing what is there."""

import errno
import fcntl
import functools
import os
import signal
import stat
from collections.abc import Iterator
from pathlib import PurePath

from camvault.adapters._shared.durable import check_regular, translated
from camvault.adapters.filesystem import steps
from camvault.adapters.filesystem.mounts import keeps_numbers, tells_writers
from camvault.adapters.filesystem.sameness import sameness
from camvault.ports.entries import FileEntry, FileIdentity, FileKind, ListedFile, Listing
from camvault.ports.errors import NotFoundError
from camvault.ports.files import FolderReader
from camvault.ports.witness import Sameness

_SET_SIGNAL = 10
"""F_SETSIG of linux/fcntl.h, which Python does not name."""
_KIND_BITS = 0o170000
_KINDS = {stat.S_IFREG: FileKind.FILE, stat.S_IFDIR: FileKind.FOLDER, stat.S_IFLNK: FileKind.SYMLINK}


def identity_of(status: os.stat_result) -> FileIdentity:
    """Which file it is, with all that its file system knows."""
    device = status.st_dev
    if is_numbered(device):
        return FileIdentity(status.st_size, status.st_mtime_ns, device_name(device), status.st_ino, status.st_ctime_ns)
    return FileIdentity(status.st_size, status.st_mtime_ns, device_name(device))


def device_name(device: int) -> str:
    """An `st_dev` as "major:minor"."""
    return f"{os.major(device)}:{os.minor(device)}"


@functools.lru_cache(maxsize=64)
def is_numbered(device: int) -> bool:
    """Whether inode and ctime of the files on this `st_dev` say which file it is.

    Asked once a device: it would cost more than the look itself. Should another file system get the same number later,
    then less is known of its files than could be, or a file is kept that could go; the next run asks anew.
    """
    return keeps_numbers(steps.file_system_type(device))


def entry_of(path: PurePath, status: os.stat_result) -> FileEntry:
    """The entry that `status` describes."""
    return FileEntry(path, identity_of(status), _KINDS.get(stat.S_IFMT(status.st_mode), FileKind.OTHER))


@functools.lru_cache(maxsize=64)
def has_leases(device: int) -> bool:
    """Whether a lease tells of writers on this `st_dev`."""
    return hasattr(fcntl, "F_SETLEASE") and tells_writers(steps.file_system_type(device))


def _is_lease_refused(descriptor: int) -> bool:
    if not has_leases(os.fstat(descriptor).st_dev):
        return False
    try:
        fcntl.fcntl(descriptor, _SET_SIGNAL, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN  # the others: not ours, or a file system without leases
    return False


class LocalReader:
    """Lists and looks, follows no links."""

    def entry(self, path: PurePath, /) -> FileEntry | None:
        """One lstat. A path below something that is no folder does not exist either."""
        try:
            with translated(path):
                return entry_of(path, os.lstat(path))
        except NotFoundError:
            return None

    def is_being_written(self, path: PurePath, /) -> bool:
        """Asked with a lease for reading, which Linux refuses while anybody may write; given back at once.

        Source: fcntl(2). Whoever opens the file for writing in that moment waits until it is given back; the signal
        that tells us of that is one that does nothing.
        """
        with translated(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                check_regular(descriptor)
                return _is_lease_refused(descriptor)
            finally:
                os.close(descriptor)

    def scan(self, root: PurePath, /) -> Iterator[FileEntry]:
        """Everything below `root`, depth first; memory grows with the folders on the way down, not with the tree."""
        open_folders = [(root, iter(self._names(root)))]
        while open_folders:
            folder, names = open_folders[-1]
            name = next(names, None)
            if name is None:
                open_folders.pop()
                continue
            entry = self.entry(folder / os.fsdecode(name))
            if entry is None:
                continue  # vanished since it was listed
            if entry.kind is FileKind.FOLDER:
                try:
                    open_folders.append((entry.path, iter(self._names(entry.path))))
                except NotFoundError:
                    continue
            yield entry

    def children(self, folder: PurePath, /) -> tuple[FileEntry, ...]:
        """One listing and one lstat each."""
        found = (self.entry(folder / os.fsdecode(name)) for name in self._names(folder))
        return tuple(entry for entry in found if entry is not None)

    def listing(self, folder: PurePath, /, *, is_damaged_told: bool = False) -> Listing:
        """One listing, and one stat each relative to the open folder: half the price of whole paths."""
        files, folders, others = list[ListedFile](), list[str](), list[str]()
        unknown = list[tuple[str, str]]()
        devices, device = set[int](), None
        new_file = tuple.__new__  # what a named tuple does, without a call of Python's for each file
        with translated(folder):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                for name in _sorted_bytewise(os.listdir(descriptor)):  # noqa: PTH208 - an open folder
                    try:
                        status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                    except FileNotFoundError:
                        continue  # vanished since it was listed
                    except OSError as error:
                        if not is_damaged_told:
                            raise
                        unknown.append((name, error.strerror or str(error)))
                        continue
                    mode = status.st_mode
                    if mode & _KIND_BITS == stat.S_IFREG:
                        if status.st_dev != device:
                            device = status.st_dev
                            devices.add(device)
                        of_name = name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
                        files.append(new_file(ListedFile, of_name))
                    else:
                        (folders if stat.S_ISDIR(mode) else others).append(name)
            finally:
                os.close(descriptor)
        if device is None or len(devices) > 1:  # a file may have a mount of its own
            return Listing(tuple(files), tuple(folders), tuple(others), unknown=tuple(unknown))
        of_device = device_name(device), is_numbered(device)
        return Listing(tuple(files), tuple(folders), tuple(others), *of_device, unknown=tuple(unknown))

    @staticmethod
    def _names(folder: PurePath) -> list[bytes]:
        with translated(folder), os.scandir(os.fsencode(folder)) as entries:
            return sorted(entry.name for entry in entries)

    def resolve(self, path: PurePath, /) -> PurePath:
        """What the system would open."""
        with translated(path):
            return PurePath(os.path.realpath(path))

    def is_one_file(self, one: PurePath, other: PurePath, /) -> Sameness:
        """By device and inode of the open files; where these do not tell, by trying."""
        return sameness(one, other)


def _sorted_bytewise(names: list[str]) -> list[str]:
    """What is ASCII sorts alike as text and as bytes."""
    return sorted(names, key=None if "".join(names).isascii() else os.fsencode)


_conforms: type[FolderReader] = LocalReader
