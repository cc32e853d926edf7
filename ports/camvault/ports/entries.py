"""Port: what a file is: identities, directory entries and the outcome of a copy."""

import enum
from pathlib import PurePath

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


@attrs.frozen
class Copied:
    """The outcome of a copy: what the target is now, and the digest of what was read (and written)."""

    identity: FileIdentity
    sha256: str
