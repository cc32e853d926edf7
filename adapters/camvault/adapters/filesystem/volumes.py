"""Adapter for the local file system: folders, space, locks."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from camvault.adapters._shared.durable import fsync_folder, translated
from camvault.adapters.filesystem import steps
from camvault.adapters.filesystem.reader import device_name
from camvault.ports.errors import BusyError, ExistsError, NotFoundError
from camvault.ports.files import Volumes


class LocalVolumes:
    """Makes folders, knows the space left, holds locks."""

    def make_folder(self, path: PurePath, /, *, must_be_new: bool = False) -> None:
        """One mkdir per missing folder, each made durable in its parent."""
        try:
            _make_one_folder(path, must_be_new=must_be_new)
        except NotFoundError:
            if path.parent == path:
                raise
            self.make_folder(path.parent)
            # only once more: /proc answers ENOENT although the parent is there
            _make_one_folder(path, must_be_new=must_be_new)

    def free_bytes(self, path: PurePath, /) -> int:
        """What statvfs says is available to users that are not root."""
        existing = _nearest_existing(path)
        with translated(existing):
            status = os.statvfs(existing)
        return status.f_bavail * status.f_frsize

    def total_bytes(self, path: PurePath, /) -> int:
        """Without the blocks that are kept for root: as `df` counts."""
        existing = _nearest_existing(path)
        with translated(existing):
            status = os.statvfs(existing)
        return (status.f_blocks - status.f_bfree + status.f_bavail) * status.f_frsize

    def device_of(self, path: PurePath, /) -> str:
        """Its device number, as "major:minor"."""
        existing = _nearest_existing(path)
        with translated(existing):
            return device_name(os.stat(existing).st_dev)  # noqa: PTH116 - PurePath

    @contextmanager
    def lock(self, path: PurePath, /, *, is_shared: bool = False) -> Iterator[None]:
        """An flock on the folder `path`, or on a file of that name, which is made and stays.

        The file is not removed here. Its holder may remove it: whoever had opened it meanwhile gets a lock on a file
        without a name, notices, and looks again.
        """
        with translated(path):
            descriptor = _locked(path, fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(descriptor)


def lock_across_exec(path: PurePath) -> int:
    """The lock of `LocalVolumes.lock`, on a descriptor that a program this process becomes goes on holding.

    Raises:
        BusyError: Somebody else holds it.
        StorageError: As `Volumes.lock`.
    """
    with translated(path):
        descriptor = _locked(path)
    os.set_inheritable(descriptor, True)
    return descriptor


def _locked(path: PurePath, how: int = fcntl.LOCK_EX) -> int:
    """A descriptor that holds the lock on what stands under the name now."""
    while True:
        kind = os.O_RDONLY | os.O_DIRECTORY if Path(path).is_dir() else os.O_RDWR | os.O_CREAT
        descriptor = os.open(path, kind | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
            if steps.has_name(descriptor, path):
                return descriptor
        except BlockingIOError as error:
            os.close(descriptor)
            raise BusyError(path) from error
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)  # the name was taken away, or given to another file, before we had the lock


def _make_one_folder(path: PurePath, *, must_be_new: bool) -> None:
    try:
        with translated(path):
            os.mkdir(path)  # noqa: PTH102 - PurePath
            fsync_folder(path.parent)
    except ExistsError:
        if must_be_new or not Path(path).is_dir():
            raise


def _nearest_existing(path: PurePath) -> PurePath:
    """The path itself, or the nearest folder above it that exists; links are followed."""
    while path.parent != path:
        try:
            with translated(path):
                os.stat(path)  # noqa: PTH116 - PurePath
        except NotFoundError:
            path = path.parent
        else:
            break
    return path


_conforms: type[Volumes] = LocalVolumes
