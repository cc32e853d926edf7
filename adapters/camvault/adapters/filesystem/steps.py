"""Adapter for the local file system: the durable steps that copying and recording are made of. They raise OSError."""

import ctypes
import errno
import fcntl
import functools
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath

from camvault.adapters._shared.durable import fsync, fsync_folder, temporary_name
from camvault.adapters.filesystem.mounts import FAT_TYPES, MOUNTINFO_PATH, type_of
from camvault.ports.errors import BusyError

_AT_FDCWD = -100  # source: linux/fcntl.h
_RENAME_NOREPLACE = 1  # source: linux/fs.h
_RENAME_EXCL = 4  # source: sys/stdio.h of macOS

_NOT_OFFERED = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}
_NO_LINKS = {errno.EINVAL, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS}
"""What a file system without hard links answers. To a rename, EPERM means that it is not allowed."""


def file_system_type(device: int) -> str:
    """The type of the file system with this `st_dev`; an empty string where the system does not tell."""
    try:
        mountinfo = Path(MOUNTINFO_PATH).read_bytes()
    except OSError:
        return ""
    return type_of(mountinfo, major=os.major(device), minor=os.minor(device))


def rename_new(source: PurePath, target: PurePath) -> None:
    """Rename, but never over something that exists; FileExistsError then."""
    for way, not_offered in ((_rename_exclusive, _NOT_OFFERED), (_link_and_unlink, _NO_LINKS)):
        try:
            way(source, target)
        except OSError as error:
            if error.errno not in not_offered:
                raise
        else:
            return
    # A file system that offers neither (some FUSE ones): a target that appears within this moment would be lost
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    os.rename(source, target)  # noqa: PTH104 - PurePath


@functools.cache
def _rename_call() -> "ctypes._NamedFuncPointer | None":
    return getattr(ctypes.CDLL(None, use_errno=True), "renameat2" if sys.platform == "linux" else "renamex_np", None)


def _rename_exclusive(source: PurePath, target: PurePath) -> None:
    call, names = _rename_call(), (os.fsencode(source), os.fsencode(target))
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if sys.platform == "linux":
        result = call(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_NOREPLACE)
    else:
        result = call(*names, _RENAME_EXCL)
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(target))


def _link_and_unlink(source: PurePath, target: PurePath) -> None:
    os.link(source, target, follow_symlinks=False)
    try:
        os.unlink(source)  # noqa: PTH108 - PurePath
    except OSError as error:
        os.unlink(target)  # noqa: PTH108 - the second name that was made above
        # not EPERM, which would say that there are no links here
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(source)) from error


def keep_time_and_mode(descriptor: int, *, mtime_ns: int, mode: int) -> None:
    """Give a copy the time of its source, and let nobody read it who may not read that.

    Neither decides about the content: FAT has no modes, and no file system holds every time.
    """
    with suppress(OSError):
        os.fchmod(descriptor, os.fstat(descriptor).st_mode & mode & 0o777 | stat.S_IRUSR)
    with suppress(OSError):
        os.utime(descriptor, ns=(mtime_ns, mtime_ns))


def make_names_durable(target: PurePath) -> None:
    """After a rename: the folder, and on FAT the file once more under its new name."""
    fsync_folder(target.parent)
    if file_system_type(os.stat(target.parent).st_dev) in FAT_TYPES:  # noqa: PTH116 - PurePath
        fsync_file(target)


def fsync_file(path: PurePath) -> None:
    """Make the content durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def new_file(target: PurePath) -> Iterator[tuple[int, PurePath]]:
    """A new file beside `target`, under its temporary name and open for writing; gone if the block raises.

    A leftover of that name is of an earlier crash, as everything with that suffix is ours; it goes first, as a name,
    because its content may be shared by a link.
    """
    temporary = temporary_name(target)
    with suppress(FileNotFoundError):
        _remove_abandoned(temporary, target)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    # between open and lock another writer may have taken it for abandoned, and the name may be theirs by now
    if not _is_claimed(descriptor) or not has_name(descriptor, temporary):
        os.close(descriptor)
        raise BusyError(target)
    try:
        yield descriptor, temporary
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108 - PurePath
        raise
    finally:
        os.close(descriptor)


def _remove_abandoned(temporary: PurePath, target: PurePath) -> None:
    """Remove the name of a leftover; BusyError if another process is writing to the file."""
    if stat.S_ISREG(os.lstat(temporary).st_mode):
        descriptor = os.open(temporary, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            if not _is_claimed(descriptor):
                raise BusyError(target)
        finally:
            os.close(descriptor)
    os.unlink(temporary)  # noqa: PTH108 - PurePath


def _is_claimed(descriptor: int) -> bool:
    """Lock the file for as long as it is open; False if another process has. A file system without locks says True."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def has_name(descriptor: int, path: PurePath) -> bool:
    """Whether this open file is what stands under the name now; asked once it is locked, it stays so."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))  # noqa: PTH116 - PurePath
    except FileNotFoundError:
        return False


def write_all(descriptor: int, content: bytes | memoryview) -> None:
    """Write everything, however little the system takes at a time."""
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
