"""Adapter for the local file system: seeing what is there."""

import os
import stat
from collections.abc import Iterator
from pathlib import PurePath

from camvault.adapters._durable import translated
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.errors import NotFoundError
from camvault.ports.files import FolderReader

_KINDS = {stat.S_IFREG: FileKind.FILE, stat.S_IFDIR: FileKind.FOLDER, stat.S_IFLNK: FileKind.SYMLINK}


def identity_of(status: os.stat_result) -> FileIdentity:
    """Which file it is."""
    return FileIdentity(status.st_size, status.st_mtime_ns)


def entry_of(path: PurePath, status: os.stat_result) -> FileEntry:
    """The entry that `status` describes."""
    return FileEntry(path, identity_of(status), _KINDS.get(stat.S_IFMT(status.st_mode), FileKind.OTHER))


class LocalReader:
    """Lists and looks, follows no links."""

    def entry(self, path: PurePath, /) -> FileEntry | None:
        """One lstat. A path below something that is no folder does not exist either."""
        try:
            with translated(path):
                return entry_of(path, os.lstat(path))
        except NotFoundError:
            return None

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

    @staticmethod
    def _names(folder: PurePath) -> list[bytes]:
        with translated(folder), os.scandir(os.fsencode(folder)) as entries:
            return sorted(entry.name for entry in entries)

    def resolve(self, path: PurePath, /) -> PurePath:
        """What the system would open."""
        with translated(path):
            return PurePath(os.path.realpath(path))


_conforms: type[FolderReader] = LocalReader
