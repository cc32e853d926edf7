"""Private to adapters: durable file system steps and the one translation from OSError to the errors of the ports."""

import errno
import fcntl
import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath

from camvault.ports.errors import DeniedError, ExistsError, NoSpaceError, NotFoundError, OtherVolumeError, StorageError

TEMPORARY_SUFFIX = ".camvault-part"
"""Every unfinished file carries it, so that a leftover of a crash is known to be ours."""

_PLAIN_BYTES_MAX = 200
_DIGITS = 32

_KINDS: dict[int, type[StorageError]] = {
    errno.ENOENT: NotFoundError,
    errno.ENOTDIR: NotFoundError,
    errno.EEXIST: ExistsError,
    errno.EACCES: DeniedError,
    errno.EPERM: DeniedError,
    errno.EROFS: DeniedError,
    errno.ENOSPC: NoSpaceError,
    errno.EDQUOT: NoSpaceError,
    errno.EXDEV: OtherVolumeError,
}


def temporary_name(target: PurePath) -> PurePath:
    """The name a file has in its folder until it is complete; at most 255 bytes long, whatever the target's name.

    No two targets share one: a long name is cut and carries the digest of all of it.
    """
    name = os.fsencode(target.name)
    if len(name) > _PLAIN_BYTES_MAX:
        digest = b"~" + hashlib.sha256(name).hexdigest()[:_DIGITS].encode()
        name = name[: 255 - len(TEMPORARY_SUFFIX) - 1 - len(digest)] + digest
    return target.with_name("." + os.fsdecode(name) + TEMPORARY_SUFFIX)


def translate(error: OSError, path: PurePath) -> StorageError:
    """The error of the ports that says what `error` means for `path`."""
    kind = _KINDS.get(error.errno or 0, StorageError)
    return kind(path, error.strerror or str(error))


@contextmanager
def translated(path: PurePath) -> Iterator[None]:
    """Inside, an OSError leaves as an error of `camvault.ports.errors` that names `path`."""
    try:
        yield
    except OSError as error:
        raise translate(error, path) from error


def read_regular(path: PurePath) -> bytes:
    """The content of a regular file. A pipe or a device is refused at once: reading one may never end.

    Raises OSError; EINVAL for what is no regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
        check_regular(descriptor)
        return file.read()


def check_regular(descriptor: int) -> None:
    """Raise OSError (EINVAL) if an open file is no regular one; a folder raises EISDIR."""
    check_regular_mode(os.fstat(descriptor).st_mode)


def check_regular_mode(mode: int) -> None:
    """As `check_regular`, of a file that is not open."""
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is a pipe, a device or a socket, expected a regular file")


def fsync(descriptor: int) -> None:
    """Make what was written to the file durable. Raises OSError.

    On macOS fsync leaves it in the drive's cache; F_FULLFSYNC does not. Source: fsync(2) of macOS.
    """
    if sys.platform == "darwin":  # pragma: no cover - macOS
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)


def fsync_folder(folder: PurePath) -> None:
    """Make names in `folder` durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
