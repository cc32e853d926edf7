"""Port: what a look at a surviving copy found: values. Proof by witness, not by memory: see INV-1."""

import enum
from pathlib import PurePath

import attrs

from camvault.ports.entries import FileIdentity


class ReadFrom(enum.Enum):
    """Where the bytes came from that were read."""

    MEDIUM = "medium"
    """Past the cache of this machine."""
    CACHE = "cache"
    """The file system offers no way around a cache (FUSE, drvfs): they may have been in memory only."""
    HELD = "held"
    """They may have been in the page cache only, from which another program that maps the file does not let them go."""
    MEMORY = "memory"
    """The medium is memory (tmpfs, a RAM disk, an overlay on one): it is gone with the power."""


class Sameness(enum.Enum):
    """Whether two paths lead to one file."""

    ONE = "one"
    TWO = "two"
    UNSURE = "unsure"
    """The file systems do not tell, and it could not be tried: a doubt, which keeps."""


@attrs.frozen
class FileRead:
    """A file that was read whole: which one it was from the first byte to the last, its digest, and from where."""

    identity: FileIdentity
    sha256: str
    source: ReadFrom


@attrs.frozen
class Witness:
    """A copy that survives a removal: opened and read in this run, and another file than the one that goes.

    Attributes:
        path: Where it is.
        identity: Which file it is.
        sha256: Of what was read of it, hex.
        stands_for: The digest of the file that goes: the same as `sha256` for a copy; for an encode, or for an image
            that holds the file, the one that a record of its making names.
    """

    path: PurePath
    identity: FileIdentity
    sha256: str
    stands_for: str
