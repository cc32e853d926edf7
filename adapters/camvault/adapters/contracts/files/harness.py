"""Adapter for pytest: the file system behind an adapter, as another program sees it."""

import hashlib
import os
import time
from pathlib import PurePath
from typing import Any, Protocol

from camvault.adapters.contracts.stop import StopRequest
from camvault.ports.entries import Copied, FileEntry
from camvault.ports.files import FileCopier
from camvault.ports.removal import Removal
from camvault.ports.witness import FileRead, Witness

MTIME_NS = 1_750_000_000_123_456_789
NAMES = ["a", "Z", "ä", "with space", "new\nline", os.fsdecode(b"\xff\xfe"), "-rf", "~", "%s", "a.b"]


class FilesHarness(Protocol):
    """Sets a scene and looks at the outcome, without a call of the adapter."""

    @property
    def root(self) -> PurePath:
        """An empty folder, without a link above it."""
        ...

    def put(self, path: PurePath, content: bytes, mtime_ns: int = MTIME_NS) -> None:
        """Write a file, or another content into it, with the folders above it and with this time of change."""
        ...

    def put_folder(self, path: PurePath) -> None:
        """Make a folder and those above it."""
        ...

    def put_link(self, path: PurePath, points_to: str) -> None:
        """Make a symlink."""
        ...

    def put_hard_link(self, path: PurePath, of: PurePath) -> None:
        """Give the file `of` a further name."""
        ...

    def take_away(self, path: PurePath) -> None:
        """Remove a file, a link or an empty folder."""
        ...

    def entry(self, path: PurePath) -> FileEntry | None:
        """What stands there, links not followed; its identity with device, inode and ctime, where it has these."""
        ...

    def content(self, path: PurePath) -> bytes | None:
        """The content of a file; None where there is none, or something else."""
        ...

    def names(self, folder: PurePath) -> set[str]:
        """The names in a folder, hidden ones too."""
        ...

    def removal_of(self, entry: FileEntry, witness: Witness | None = None) -> Removal:
        """A removal of exactly this entry, whatever it is, with a witness or without.

        Where camvault runs, only `camvault.core.retention` makes removals (INV-1); a test may construct one.
        """
        ...

    def leftover_of(self, target: PurePath) -> PurePath:
        """Where a copy to `target` leaves its half-written file if the machine crashes."""
        ...


def nothing(_: int) -> None:
    """Progress that nobody wants to see."""


def copy(storage: FileCopier, source: PurePath, target: PurePath, **options: Any) -> Copied:
    """Copy, with a cancellation and a callback that do nothing unless others are given."""
    settings = {"on_bytes": nothing, "cancel": StopRequest(), **options}
    return storage.copy(source, target=target, **settings)


def digest(storage: FileCopier, path: PurePath) -> str:
    """Digest, with a cancellation and a callback that do nothing."""
    return storage.digest(path, on_bytes=nothing, cancel=StopRequest())


def read_back(storage: FileCopier, path: PurePath) -> FileRead:
    """Read back, with a cancellation and a callback that do nothing."""
    return storage.read_back(path, on_bytes=nothing, cancel=StopRequest())


def sha256(content: bytes) -> str:
    """What the digest of a file with this content has to be."""
    return hashlib.sha256(content).hexdigest()


def entry_of(harness: FilesHarness, path: PurePath) -> FileEntry:
    """What stands there; there must be something."""
    entry = harness.entry(path)
    assert entry is not None
    return entry


def make_anew(harness: FilesHarness, path: PurePath, *, content: bytes) -> None:
    """Take a file away and make another one of its name, with equal size and time; the clock may need some ticks."""
    before, deadline_s = entry_of(harness, path).identity, time.monotonic() + 10
    while True:
        harness.take_away(path)
        harness.put(path, content, before.mtime_ns)
        is_told = not before.is_same_file(entry_of(harness, path).identity)
        if is_told or before.inode is None or time.monotonic() > deadline_s:
            break
