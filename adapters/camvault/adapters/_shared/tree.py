"""Private to adapters: what is in a folder that will become an image."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.adapters._shared.durable import translated
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import DeniedError, StorageError, UsageError

IsLeftOut = Callable[[PurePosixPath], bool]
FileId = tuple[int, int]
"""Device and inode."""


SourceFile = tuple[PurePosixPath, FileIdentity, FileId, PurePath]
"""The last one is the folder that it is below."""


@attrs.define
class SourceTree:
    """Files with their identities, folders, and what was left out; in no order."""

    files: list[SourceFile] = attrs.field(factory=list)
    folders: list[PurePosixPath] = attrs.field(factory=list)
    left_out: list[PurePosixPath] = attrs.field(factory=list)


def scan_both(root: PurePath, beside: PurePath | None, *, is_left_out: IsLeftOut) -> SourceTree:
    """Everything below `root`, and everything below `beside` as if it were below `root`.

    Raises:
        StorageError: Something cannot be listed or read, or is neither file nor folder.
        UsageError: Something stands in both.
    """
    tree = scan(root, is_left_out=is_left_out)
    if beside is None:
        return tree
    more = scan(beside, is_left_out=lambda _: False)
    taken = {*tree.folders[1:], *(path for path, *_ in tree.files)}
    for path in (*more.folders[1:], *(path for path, *_ in more.files)):
        if path in taken:
            raise UsageError(f"{path} stands in {root} and in {beside}")
    tree.files += more.files
    tree.folders += more.folders[1:]
    return tree


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
        with translated(root / folder):
            waiting += _take(tree, root, folder, is_left_out)
    return tree


def _take(tree: SourceTree, root: PurePath, folder: PurePosixPath, is_left_out: IsLeftOut) -> list[PurePosixPath]:
    """Add what is in this folder; the folders in it. A name is looked up in the open folder: that is sooner."""
    inner: list[PurePosixPath] = []
    descriptor = os.open(root / folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                path, status = folder / entry.name, entry.stat(follow_symlinks=False)
                is_file = stat.S_ISREG(status.st_mode)
                if is_file and not os.access(entry.name, os.R_OK, dir_fd=descriptor):
                    raise DeniedError(root / path, os.strerror(errno.EACCES))
                if is_left_out(path):
                    tree.left_out.append(path)
                elif is_file:
                    identity = FileIdentity(status.st_size, status.st_mtime_ns)
                    tree.files.append((path, identity, (status.st_dev, status.st_ino), root))
                elif stat.S_ISDIR(status.st_mode):
                    inner.append(path)
                else:
                    kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "a special file"
                    raise StorageError(root / path, f"it is {kind}; an image takes files and folders only")
    finally:
        os.close(descriptor)
    return inner
