"""Private to adapters: what is in a folder that will become an image."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.adapters._shared.durable import translated
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import DeniedError, StorageError

IsLeftOut = Callable[[PurePosixPath], bool]
FileId = tuple[int, int]
"""Device and inode."""


@attrs.define
class SourceTree:
    """Files with their identities, folders, and what was left out; in no order."""

    files: list[tuple[PurePosixPath, FileIdentity]] = attrs.field(factory=list)
    ids: dict[PurePosixPath, FileId] = attrs.field(factory=dict)
    folders: list[PurePosixPath] = attrs.field(factory=list)
    left_out: list[PurePosixPath] = attrs.field(factory=list)


def scan(root: PurePath, *, is_left_out: IsLeftOut) -> SourceTree:
    """Everything below `root`.

    Raises:
        StorageError: Something cannot be listed or read, or is neither file nor folder.
    """
    tree = SourceTree()
    waiting = [PurePosixPath()]
    while waiting:
        folder = waiting.pop()
        tree.folders.append(folder)
        for path, status in _entries(root, folder):
            if is_left_out(path):
                tree.left_out.append(path)
            elif stat.S_ISDIR(status.st_mode):
                waiting.append(path)
            elif stat.S_ISREG(status.st_mode):
                tree.files.append((path, FileIdentity(status.st_size, status.st_mtime_ns)))
                tree.ids[path] = (status.st_dev, status.st_ino)
            else:
                kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "a special file"
                raise StorageError(root / path, f"it is {kind}; an image takes files and folders only")
    return tree


def _entries(root: PurePath, folder: PurePosixPath) -> Iterator[tuple[PurePosixPath, os.stat_result]]:
    with translated(root / folder), os.scandir(root / folder) as entries:
        for entry in entries:
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode) and not os.access(entry.path, os.R_OK):
                raise DeniedError(PurePath(entry.path), os.strerror(13))
            yield folder / entry.name, status
