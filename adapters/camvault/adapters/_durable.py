"""Private to adapters: durable file system steps and the one translation from OSError to the errors of the ports."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath

from camvault.ports.errors import DeniedError, ExistsError, NoSpaceError, NotFoundError, OtherVolumeError, StorageError

TEMPORARY_SUFFIX = ".camvault-part"
"""Every unfinished file carries it, so that a leftover of a crash is known to be ours."""

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
    """The name a file has in its folder until it is complete; at most 255 bytes long, whatever the target's name."""
    name = os.fsencode(target.name)[: 255 - len(TEMPORARY_SUFFIX) - 1]
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


def fsync(descriptor: int) -> None:
    """Make what was written to the file durable. Raises OSError.

    On macOS fsync leaves it in the drive's cache; F_FULLFSYNC does not. Source: fsync(2) of macOS.
    """
    if hasattr(fcntl, "F_FULLFSYNC"):  # pragma: no cover - macOS
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
