"""Workflow, shared part: the records of the backup, and how they are written when the disk is full.

`SUCCESS/YYYY-MM-DD.synced`, by the day of the backup, is as specified. Beside it stands `SUCCESS/YYYY-MM-DD.ledger`, by
the day of the footage, so that a run reads only what concerns the footage that is here. What is in no date folder is in
`other.ledger`. A reserve of some kilobytes is given up before a record could not be written.

`SUCCESS/.camvault-proven` holds a mark for each folder of which all files were found proven (`sync_log.proven_mark`).
It only saves time: without it, or with a damaged one, the ledgers are read (INV-21).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.retention.removals import plan_leftovers
from camvault.core.segments.ledger import (
    LOG_SUFFIX,
    Ledger,
    LedgerEntry,
    is_footage,
    ledger_line,
    parse_ledger,
    parse_synced,
    synced_line,
)
from camvault.ports.entries import FileEntry, ListedFile, Listing
from camvault.ports.errors import NoSpaceError, NotFoundError, StorageError
from camvault.ports.files import FolderReader, Storage

LEDGER_SUFFIX = ".ledger"
RESERVE_NAME = ".camvault-reserve"
MARKS_NAME = ".camvault-proven"
OTHER_DAY = "other"
_RESERVE_TEXT = "This space is kept for the records of the backup.\n" * 1311  # 64 KiB
_PLENTY_BYTES = 16 * 1024 * 1024
_LOST_AND_FOUND = "lost+found"
_UNFINISHED = ".rsync-partial"
"""Where rsync keeps what did not arrive completely: it is the beginning of the next file of its name, and then gone."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def day_of(path: PurePosixPath) -> str:
    """The date folder that the file is in; "other" if it is in none."""
    return day_of_folder(path.parent.name)


def day_of_folder(name: str) -> str:
    """Which ledger the files of a folder of this name are in."""
    return name if _DAY.fullmatch(name) else OTHER_DAY


@attrs.frozen
class Day:
    """The folders whose files are in one ledger, by their path below the root, in the order of `FolderReader.scan`."""

    name: str
    folders: Mapping[PurePosixPath, Listing]

    def files(self, root: PurePath) -> Iterator[tuple[PurePosixPath, FileEntry]]:
        """What is named like a recording, with its path below `root`."""
        for folder, listing in self.folders.items():
            for file in filter(lambda file: is_footage(file.name), listing.files):
                yield folder / file.name, FileEntry(root / folder / file.name, file.identity)


def days_below(
    root: PurePath, storage: FolderReader, *, on_problem: Callable[[StorageError], None] | None = None
) -> Iterator[Day]:
    """Everything below `root`, day by day: memory is bounded by a day. The oldest first, before them what has no date.

    Every folder comes once, but a day may come again if its folders lie in other date folders, where nobody puts them.
    The folder for lost and found files of a disk is none of ours: only root may list it, and it stays when it is empty.
    Nor is one for unfinished files, which is told as if it could not be listed.

    Args:
        root: Where to begin.
        storage: Lists the folders.
        on_problem: Told of each folder below `root` that cannot be listed, and is skipped; without it, that is raised.

    Raises:
        NotFoundError: There is no `root`. A folder below it that vanishes is skipped.
        StorageError: Something cannot be listed.
    """
    waiting: dict[str, list[PurePosixPath]] = {OTHER_DAY: [PurePosixPath()]}
    while waiting:
        name = OTHER_DAY if OTHER_DAY in waiting else min(waiting)
        listed: dict[PurePosixPath, Listing] = {}
        for folder in sorted(waiting.pop(name), key=_bytewise):
            try:
                listed[folder] = storage.listing(root / folder)
            except NotFoundError:
                if folder == PurePosixPath():
                    raise
                continue
            except StorageError as error:
                if folder == PurePosixPath() or on_problem is None:
                    raise
                on_problem(error)
                continue
            for below in listed[folder].folders:
                if folder == PurePosixPath() and below == _LOST_AND_FOUND:
                    continue
                if below == _UNFINISHED:
                    problem = StorageError(root / folder / below, "at the target, rsync uses up what has this name")
                    (on_problem or _ignore)(problem)
                    continue
                waiting.setdefault(day_of_folder(below), []).append(folder / below)
        yield Day(name, listed)


def _ignore(problem: StorageError) -> None:
    """Nobody wants to know."""


def _bytewise(path: PurePosixPath) -> list[bytes]:
    return [part.encode("utf-8", "surrogateescape") for part in path.parts]


@attrs.define
class SyncRecords:
    """Reads and writes them below `folder`."""

    folder: PurePath
    storage: Storage

    def ledger_of_day(self, day: str) -> Ledger:
        """What is known of the footage of one day; nothing if there is no ledger."""
        return parse_ledger(self.storage.read_text(self.folder / f"{day}{LEDGER_SUFFIX}") or "")

    def ledger_files(self) -> Mapping[str, ListedFile]:
        """The ledgers as they are listed, by their day: whether one changed is seen without reading it."""
        try:
            files = self.storage.listing(self.folder).files
        except NotFoundError:
            return {}
        return {f.name.removesuffix(LEDGER_SUFFIX): f for f in files if f.name.endswith(LEDGER_SUFFIX)}

    def marks(self) -> frozenset[str]:
        """Which folders were found to be proven to the last file, as `proven_mark`s."""
        return frozenset((self.storage.read_text(self.folder / MARKS_NAME) or "").split())

    def keep_marks(self, marks: Iterable[str]) -> None:
        """Replace them, if there is plenty of room: they must not take the space that a proof needs.

        Raises:
            StorageError: They cannot be written; the old ones are as true as before.
        """
        if self.storage.free_bytes(self.folder) >= _PLENTY_BYTES:
            self.storage.write_text(self.folder / MARKS_NAME, "".join(f"{mark}\n" for mark in sorted(marks)))

    def synced_on(self, day: str) -> frozenset[PurePosixPath]:
        """The paths of one day's log."""
        return parse_synced(self.storage.read_text(self.folder / f"{day}{LOG_SUFFIX}") or "")

    def add(self, entry: LedgerEntry, *, synced_on: str = "") -> None:
        """Write down what is known of a file, and into the day's log if a day is given.

        Raises:
            NoSpaceError: The disk is full, and the reserve was used up.
            StorageError: The record cannot be written.
        """
        self._append(self.folder / f"{day_of(entry.path)}{LEDGER_SUFFIX}", ledger_line(entry))
        # power fails here: the file is proven and not in the log of the day; nothing is sent or removed wrongly
        if synced_on:
            self._append(self.folder / f"{synced_on}{LOG_SUFFIX}", synced_line(entry.path))

    def keep_reserve(self) -> None:
        """Have a reserve again, as soon as there is plenty of room."""
        reserve = self.folder / RESERVE_NAME
        if self.storage.entry(reserve) is None and self.storage.free_bytes(self.folder) >= _PLENTY_BYTES:
            self.storage.write_text(reserve, _RESERVE_TEXT)

    def _append(self, path: PurePath, line: str) -> None:
        try:
            self._append_once(path, line)
        except NoSpaceError:
            if not self._release():
                raise
            self._append_once(path, line)

    def _append_once(self, path: PurePath, line: str) -> None:
        try:
            self.storage.append_line(path, line)
        except NotFoundError:  # the folder could not be made while the disk was full
            self.storage.make_folder(path.parent)
            self.storage.append_line(path, line)

    def _release(self) -> bool:
        reserve: FileEntry | None = self.storage.entry(self.folder / RESERVE_NAME)
        if reserve is None:
            return False
        for removal in plan_leftovers([reserve], marker=RESERVE_NAME).removals:
            self.storage.remove(removal)
        return True


def make_folder_if_possible(storage: Storage, folder: PurePath) -> str:
    """Make the folder; what is in the way, "" if it is there. On a full disk the work goes on without it."""
    try:
        storage.make_folder(folder)
    except StorageError as error:
        return str(error)
    return ""
