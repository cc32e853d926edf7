"""Port: files and folders. Small protocols by need; `Storage` is all of them, as one adapter offers them.

Paths are absolute `PurePath`s; names are whatever the file system allows (newlines, non-UTF-8 as surrogate escapes).
Every operation raises an error of `camvault.ports.errors`: `NotFoundError`, `DeniedError`, `NoSpaceError`,
`ExistsError`, `ChangedError`, else `StorageError`. "Durable" means: survives a power cut once the call has returned.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import PurePath
from typing import Protocol

from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import Copied, FileEntry, Listing
from camvault.ports.removal import Removal
from camvault.ports.witness import FileRead, Sameness

OnBytes = Callable[[int], None]
"""Called with the number of bytes finished since the last call."""


class FolderReader(Protocol):
    """Seeing what is there. Silence is never "nothing there": what cannot be listed raises."""

    def entry(self, path: PurePath, /) -> FileEntry | None:
        """The entry itself, links not followed; None only if the system says that it does not exist.

        Its identity has all that the file system knows of it (`FileIdentity`), as have those of `scan` and `children`,
        and those that `publish` and `move` return.
        """
        ...

    def scan(self, root: PurePath, /) -> Iterator[FileEntry]:
        """Every entry below `root` (not `root` itself), parents before children, names sorted bytewise.

        A folder below `root` that vanishes meanwhile is skipped; one that cannot be listed raises.
        """
        ...

    def children(self, folder: PurePath, /) -> tuple[FileEntry, ...]:
        """The entries in `folder` itself, names sorted bytewise; `NotFoundError` if it does not exist."""
        ...

    def listing(self, folder: PurePath, /, *, is_damaged_told: bool = False) -> Listing:
        """The same as `children`, as cheap as possible: for folders of tens of thousands of files.

        With `is_damaged_told`, a name of which a damaged file system tells nothing is among `Listing.unknown`;
        otherwise it is an error of the whole folder.
        """
        ...

    def resolve(self, path: PurePath, /) -> PurePath:
        """Absolute, with every symlink followed; the last parts need not exist."""
        ...

    def is_being_written(self, path: PurePath, /) -> bool:
        """Whether some program of this machine has the regular file open for writing.

        False where the system does not tell: on most network file systems, for files of other users, and of a writer on
        another machine. So it is one more reason to leave a file alone, and never one to let it go.

        Raises:
            NotFoundError: It is not there.
            StorageError: It cannot be opened, or is no regular file.
        """
        ...

    def is_one_file(self, one: PurePath, other: PurePath, /) -> Sameness:
        """Whether two paths lead to one regular file: by links, hard links, bind mounts, unions or network mounts.

        Both are opened, links followed. Where the file systems do not tell, it is tried with an empty file of a
        temporary name, which appears beside the one and must not appear beside the other; it is removed again.

        Raises:
            NotFoundError: One of them is not there.
            StorageError: One of them cannot be opened, or is no regular file.
        """
        ...


class FileCopier(Protocol):
    """Moving content. A target under its final name is always complete and durable."""

    def copy(self, source: PurePath, /, *, target: PurePath, on_bytes: OnBytes, cancel: Cancellation) -> Copied:
        """Copy content and mtime to a new file, reading the source once; durable on return.

        `Copied.identity` is that of the new file under its final name. Writes a temporary name
        (`temporary_name(target)`), fsyncs, renames, fsyncs the folder. On any failure nothing stands under `target`,
        and the temporary file is gone (a crash may leave it).

        Raises:
            ExistsError: `target` exists; it is not touched.
            ChangedError: The source changed while it was read.
        """
        ...

    def digest(self, path: PurePath, /, *, on_bytes: OnBytes, cancel: Cancellation) -> str:
        """SHA-256 (hex) of the content as `read_back` reads it, wherever it came from."""
        ...

    def read_back(self, path: PurePath, /, *, on_bytes: OnBytes, cancel: Cancellation) -> FileRead:
        """Read a file whole from the medium, past every cache of this machine where there is a way, and say so.

        What is not written yet is written first. The identity is that of the open file; links are followed.

        Raises:
            ChangedError: It changed while it was read.
            StorageError: The medium does not give it, whatever a cache still holds.
        """
        ...

    def publish(self, temporary: PurePath, /, *, target: PurePath, replace: bool = False) -> FileEntry:
        """Give a finished file its final name in the same folder, durably.

        Raises:
            ExistsError: `target` exists and `replace` is false.
        """
        ...

    def move(self, source: PurePath, /, *, target: PurePath) -> FileEntry:
        """Take a file to another folder of the same file system, durably, its content included; never overwrites.

        Raises:
            ExistsError: `target` exists; nothing is moved.
            OtherVolumeError: `target` is on another file system: copy, prove and remove instead.
        """
        ...


class FileRemover(Protocol):
    """The one door out (INV-1)."""

    def remove(self, removal: Removal, /) -> bool:
        """Remove exactly this file; False if it was gone already.

        It is the file that was seen if `FileIdentity.is_same_file` says so. A file with further names (hard links) is
        not another one because one of these names was removed here since it was seen.

        Raises:
            ChangedError: Another file stands under the name now, or the witness of the removal is gone, another file,
                or not seen to be another one than this; it is kept.
        """
        ...

    def prune(self, root: PurePath, /, *, is_root_included: bool = False) -> tuple[PurePath, ...]:
        """Remove empty folders below `root`, deepest first, and `root` itself if asked; return what was removed."""
        ...


class RecordStore(Protocol):
    """Small texts that survive a crash at any point: progress files, ledgers, markers. UTF-8, surrogates escaped."""

    def read_text(self, path: PurePath, /) -> str | None:
        """The whole text, None if the file does not exist."""
        ...

    def write_text(self, path: PurePath, text: str, /, *, mtime_ns: int | None = None) -> None:
        """Replace the whole text atomically and durably: a reader sees the old or the new one.

        `mtime_ns` is the time that the file gets, as near as the file system keeps it; None: the present.
        """
        ...

    def append_line(self, path: PurePath, line: str, /) -> None:
        """Add one line (without its newline) durably; a torn last line of an earlier crash is never merged with it."""
        ...

    def rename(self, source: PurePath, /, *, target: PurePath) -> None:
        """Rename within a folder, durably. An existing target raises `ExistsError`."""
        ...


class Volumes(Protocol):
    """Folders, space, locks."""

    def make_folder(self, path: PurePath, /, *, must_be_new: bool = False) -> None:
        """Make a folder and its parents, durably. `must_be_new`: `ExistsError` if it is there."""
        ...

    def free_bytes(self, path: PurePath, /) -> int:
        """Bytes an ordinary user may still write on the file system that holds `path` (or its nearest parent)."""
        ...

    def total_bytes(self, path: PurePath, /) -> int:
        """Bytes that an ordinary user could have written on that file system if it were empty."""
        ...

    def device_of(self, path: PurePath, /) -> str:
        """An opaque name of the file system that holds `path` (or its nearest existing parent)."""
        ...

    def lock(self, path: PurePath, /, *, is_shared: bool = False) -> AbstractContextManager[None]:
        """Hold an exclusive lock named `path` inside the context; raises `BusyError` at once if it is held.

        Any number of shared locks of one name are held at once, but none beside an exclusive one.

        The lock goes with the process, whatever ends it. Its holder may remove the name: the next one locks a new file.
        """
        ...


class Storage(FolderReader, FileCopier, FileRemover, RecordStore, Volumes, Protocol):
    """All of it."""
