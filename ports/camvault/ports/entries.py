"""Port: what a file is: identities, directory entries and the outcome of a copy."""

import enum
from pathlib import PurePath
from typing import NamedTuple

import attrs


@attrs.frozen
class FileIdentity:
    """Which file it is: a name that comes back with another identity is another file (INV-2)."""

    size_bytes: int
    mtime_ns: int


class FileKind(enum.Enum):
    """What a directory entry is; links are never followed."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    OTHER = "other"


@attrs.frozen
class FileEntry:
    """One directory entry as it was seen."""

    path: PurePath
    identity: FileIdentity
    kind: FileKind = FileKind.FILE


class ListedFile(NamedTuple):
    """A regular file of a `Listing`: a bare tuple, because a job that has nothing to do still sees all of them.

    `changed_ns` and `number` (ctime and inode) only serve to notice that something happened to the file since it was
    listed before. They may differ for no reason (after a mount), and never say which file it is: `identity` does.
    """

    name: str
    size_bytes: int
    mtime_ns: int
    changed_ns: int
    number: int

    @property
    def identity(self) -> FileIdentity:
        """Which file it is."""
        return FileIdentity(self.size_bytes, self.mtime_ns)


@attrs.frozen
class Listing:
    """What is in a folder, names sorted bytewise; `others` are links and what else is neither file nor folder."""

    files: tuple[ListedFile, ...] = ()
    folders: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not (self.files or self.folders or self.others)


@attrs.frozen
class Copied:
    """The outcome of a copy: what the target is now, and the digest of what was read (and written)."""

    identity: FileIdentity
    sha256: str
