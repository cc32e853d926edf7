"""Port: what a file is: identities, directory entries and the outcome of a copy."""

import enum
from pathlib import PurePath
from typing import NamedTuple

import attrs


class Recognition(enum.Enum):
    """How a file that was written down in an earlier run is found again (`FileIdentity.recognized_in`)."""

    SAME = "same"
    """Nothing that both sides know differs, except for the number of the device."""
    DOUBTFUL = "doubtful"
    """Size and mtime are equal, inode or ctime differ: only its content can tell whether it is the same file."""
    OTHER = "other"
    """Size or mtime differ: it is another file, or other content."""


@attrs.frozen
class FileIdentity:
    """Which file it is: a name that comes back with another identity is another file (INV-2).

    Two identities are equal (`==`) if size and mtime are: no more is known of a file of the older records, and no more
    is the same on two file systems. What else is known is compared by `is_same_file` and `recognized_in`.

    Attributes:
        size_bytes: The length of the content.
        mtime_ns: When the content was changed last, in nanoseconds since 1970.
        device: Which file system it is on, as `Volumes.device_of` says it; "" if that is not known. The number may be
            another one after a restart or the next mount.
        inode: The number of the file on its file system; None if it is not known, or if the file system gives numbers
            of no duration (FAT, most of FUSE).
        ctime_ns: When the content, or what is known of the file (a name, a mode, a time), was changed last; None as
            for `inode`. A rename and a further hard link change it.
    """

    size_bytes: int
    mtime_ns: int
    device: str = attrs.field(default="", eq=False)
    inode: int | None = attrs.field(default=None, eq=False)
    ctime_ns: int | None = attrs.field(default=None, eq=False)

    def is_same_file(self, other: "FileIdentity", /) -> bool:
        """Whether two looks within one run saw one file, unchanged: nothing differs that both of them know."""
        return self == other and not (
            _differ(self.device, other.device)
            or _differ(self.inode, other.inode)
            or _differ(self.ctime_ns, other.ctime_ns)
        )

    def recognized_in(self, found: "FileIdentity", /) -> Recognition:
        """Whether `found` is the file that this identity was written down of, maybe before a restart."""
        if self != found:
            return Recognition.OTHER
        is_doubtful = _differ(self.inode, found.inode) or _differ(self.ctime_ns, found.ctime_ns)
        return Recognition.DOUBTFUL if is_doubtful else Recognition.SAME


def _differ(one: str | int | None, other: str | int | None) -> bool:
    """Whether both are known and different."""
    return one not in (None, "") and other not in (None, "") and one != other


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

    `changed_ns` and `number` (ctime and inode) are as the system tells them. Whether they say which file it is, its
    `Listing` knows; elsewhere they may differ for no reason (after a mount), and a difference only makes a job look.
    """

    name: str
    size_bytes: int
    mtime_ns: int
    changed_ns: int
    number: int

    @property
    def identity(self) -> FileIdentity:
        """Which file it is, by size and mtime alone; `Listing.identity_of` says all that is known."""
        return FileIdentity(self.size_bytes, self.mtime_ns)


@attrs.frozen
class Listing:
    """What is in a folder, names sorted bytewise.

    Attributes:
        files: The regular files.
        folders: The names of folders.
        others: The names of links, and of what else is neither file nor folder.
        unknown: Names of which not even that can be told, each with what the system said; only where it is asked for.
        device: The file system that all `files` are on (`FileIdentity.device`); "" if that is not known, or not one.
        is_numbered: Whether `ListedFile.number` and `changed_ns` say which file it is (`FileIdentity.inode`).
    """

    files: tuple[ListedFile, ...] = ()
    folders: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    device: str = ""
    is_numbered: bool = False
    unknown: tuple[tuple[str, str], ...] = ()

    def identity_of(self, file: ListedFile, /) -> FileIdentity:
        """All that this listing knows of one of its files: the same as `FolderReader.entry` says."""
        if self.is_numbered:
            return FileIdentity(file.size_bytes, file.mtime_ns, self.device, file.number, file.changed_ns)
        return FileIdentity(file.size_bytes, file.mtime_ns, self.device)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in the folder."""
        return not (self.files or self.folders or self.others or self.unknown)


@attrs.frozen
class Copied:
    """The outcome of a copy: what the target is now, and the digest of what was read (and written)."""

    identity: FileIdentity
    sha256: str
