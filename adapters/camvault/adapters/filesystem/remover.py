"""Adapter for the local file system: the one door out (INV-1)."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import PurePath

import attrs

from camvault.adapters._shared import medium
from camvault.adapters._shared.durable import translated
from camvault.adapters.filesystem.reader import identity_of
from camvault.adapters.filesystem.sameness import sameness
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import ChangedError, NotFoundError, StorageError
from camvault.ports.files import FileRemover
from camvault.ports.removal import Removal
from camvault.ports.witness import Sameness, Witness

_STAYS = {errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY}
"""rmdir: it is not empty, or it is a mount point."""


class LocalRemover:
    """Removes names of files that were seen, and empty folders."""

    def __init__(self) -> None:
        """Nothing was removed yet."""
        self._unlinked: dict[tuple[int, int], int] = {}
        """The ctime that files with further names got when one of their names was removed here, by device and inode."""

    def remove(self, removal: Removal, /) -> bool:
        """Look once more, then unlink the name; a link goes itself, never what it points to."""
        path = removal.path
        try:
            with translated(path):
                status = os.lstat(path)
                if stat.S_ISDIR(status.st_mode) or not self._is_seen(status, removal.identity):
                    raise ChangedError(path, "another file has this name now; it is kept")
                if removal.witness is not None:
                    self._check_witness(path, removal.witness)
                self._unlink(path, status)
        except NotFoundError:
            return False
        return True

    def _check_witness(self, path: PurePath, witness: Witness) -> None:
        """The last look before the name goes: the surviving copy answers, and is another file."""
        try:
            descriptor = os.open(witness.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                found = os.fstat(descriptor)
                medium.check_answers(descriptor)
            finally:
                os.close(descriptor)
            is_there = self._is_seen(found, witness.identity)
            is_another = is_there and sameness(path, witness.path) is Sameness.TWO
        except (OSError, StorageError) as error:
            problem = error.strerror if isinstance(error, OSError) else error.problem
            raise ChangedError(path, f"it is kept: its copy {witness.path} does not answer ({problem})") from error
        if not is_another:
            what = "is the same file, as far as can be seen" if is_there else "is another file now"
            raise ChangedError(path, f"it is kept: its copy {witness.path} {what}")

    def _is_seen(self, status: os.stat_result, seen: FileIdentity) -> bool:
        """Whether this is the file that was seen; that it lost a name here since does not make it another one."""
        found = identity_of(status)
        if self._unlinked.get((status.st_dev, status.st_ino)) == status.st_ctime_ns:
            found = attrs.evolve(found, ctime_ns=None)
        return seen.is_same_file(found)

    def _unlink(self, path: PurePath, status: os.stat_result) -> None:
        if status.st_nlink == 1 or not hasattr(os, "O_PATH"):
            os.unlink(path)  # noqa: PTH108 - PurePath
            return
        descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.unlink(path)  # noqa: PTH108 - PurePath
            after = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        self._unlinked[after.st_dev, after.st_ino] = after.st_ctime_ns

    def prune(self, root: PurePath, /, *, is_root_included: bool = False) -> tuple[PurePath, ...]:
        """Remove with rmdir, which refuses what is not empty; mount points stay."""
        folders = [*_folders_below(root), *([root] if is_root_included else [])]
        return tuple(folder for folder in folders if _remove_folder(folder))


def _folders_below(root: PurePath) -> Iterator[PurePath]:
    """Every folder below `root`, children before parents. Links are not followed."""
    try:
        with translated(root), os.scandir(os.fsencode(root)) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except NotFoundError:
        return
    for name in names:
        folder = root / os.fsdecode(name)
        yield from _folders_below(folder)
        yield folder


def _remove_folder(folder: PurePath) -> bool:
    try:
        os.rmdir(folder)  # noqa: PTH106 - PurePath
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if error.errno in _STAYS:
            return False
        with translated(folder):
            raise
    return True


_conforms: type[FileRemover] = LocalRemover
