"""Adapter for the local file system: the one door out (INV-1)."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import PurePath

from camvault.adapters._durable import translated
from camvault.adapters.filesystem.reader import identity_of
from camvault.ports.errors import ChangedError, NotFoundError
from camvault.ports.files import FileRemover
from camvault.ports.removal import Removal

_STAYS = {errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY}
"""rmdir: it is not empty, or it is a mount point."""


class LocalRemover:
    """Removes names of files it was shown, and empty folders."""

    def remove(self, removal: Removal, /) -> bool:
        """Look once more, then unlink the name; a link goes itself, never what it points to."""
        path = removal.path
        try:
            with translated(path):
                status = os.lstat(path)
                if stat.S_ISDIR(status.st_mode) or identity_of(status) != removal.identity:
                    raise ChangedError(path, "another file has this name now; it is kept")
                os.unlink(path)  # noqa: PTH108 - PurePath
        except NotFoundError:
            return False
        return True

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
