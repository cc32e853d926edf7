"""Workflow, private part: a tree of date folders, seen day by day, so that memory is bounded by one day.

Links are never followed. Left out is what is of another root, what is below a folder with a hidden name (snapshots, the
trash of a desktop), and what is below a folder that holds the records of a trash or an archive: of another run
(INV-29).
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from heapq import heappop, heappush
from pathlib import PurePath

import attrs

from camvault.core.archive.clip_pairs import DatedFile, FootageFolder
from camvault.core.archive.dated_names import NamePattern, folder_day, is_clip_name
from camvault.core.workflows.archive.job import LEDGERS_NAME, TRASH_LEDGERS_NAME
from camvault.ports.entries import FileEntry, Listing
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.files import FolderReader

_RECORDS = frozenset({LEDGERS_NAME, TRASH_LEDGERS_NAME})

OnProblem = Callable[[StorageError], None]
OnOther = Callable[[PurePath], None]
OnPassed = Callable[[PurePath, Listing], None]


@attrs.frozen
class DateFolders:
    """The date folders of one day, which may lie below several folders."""

    day: str
    folders: Mapping[PurePath, Listing]

    def entries(self) -> Iterator[FileEntry]:
        """The regular files in them."""
        for folder, listing in self.folders.items():
            for file in listing.files:
                yield FileEntry(folder / file.name, listing.identity_of(file))

    def footage(self, pattern: NamePattern, on_other: OnOther = lambda _: None) -> Iterator[DatedFile]:
        """The files that are named like footage; `on_other` is told of each clip that has another name."""
        for path, listing in self.folders.items():
            folder = FootageFolder(path, listing)
            for file in listing.files:
                name = pattern.parse(file.name)
                if name is not None:
                    yield DatedFile(folder, file, name)
                elif is_clip_name(file.name):
                    on_other(path / file.name)

    def links(self, pattern: NamePattern) -> Iterator[PurePath]:
        """What is named like footage, and is no regular file."""
        for folder, listing in self.folders.items():
            yield from (folder / name for name in listing.others if pattern.parse(name) is not None)


@attrs.define
class DateTree:
    """The date folders below `root`.

    Attributes:
        root: Where to begin; not a link.
        storage: Lists the folders.
        excluded: Folders that are not looked into.
        on_problem: Told of each folder that cannot be listed, and is skipped.
        on_passed: Told of each folder that is no date folder, and of what is in it.
        empty_folders: The folders that were found empty so far.
    """

    root: PurePath
    storage: FolderReader
    excluded: Collection[PurePath]
    on_problem: OnProblem
    on_passed: OnPassed = lambda _folder, _listing: None
    empty_folders: list[PurePath] = attrs.field(factory=list, init=False)
    _waiting: dict[str, list[PurePath]] = attrs.field(factory=dict, init=False)
    _days: list[str] = attrs.field(factory=list, init=False)
    """The days that are waiting, as a heap."""

    def days(self) -> Iterator[DateFolders]:
        """Day by day, the oldest first; a day comes again if a folder of it lies within a date folder.

        Raises:
            NotFoundError: There is no root.
            StorageError: It cannot be listed.
        """
        self._walk([self.root])
        while self._waiting:
            day = heappop(self._days)
            listed: dict[PurePath, Listing] = {}
            for folder in sorted(self._waiting.pop(day)):
                listing = self._listing(folder)
                if listing is not None:
                    listed[folder] = listing
                    self._walk(self._below(folder, listing))
            yield DateFolders(day, listed)

    def _walk(self, folders: list[PurePath]) -> None:
        """Find the date folders in these and below."""
        while folders:
            folder = folders.pop()
            day = folder_day(folder.relative_to(self.root).parts)
            if day is not None:
                if day not in self._waiting:
                    self._waiting[day] = []
                    heappush(self._days, day)
                self._waiting[day].append(folder)
                continue
            listing = self._listing(folder)
            if listing is not None:
                self.on_passed(folder, listing)
                folders += self._below(folder, listing)

    def _below(self, folder: PurePath, listing: Listing) -> list[PurePath]:
        if listing.is_empty and folder != self.root:
            self.empty_folders.append(folder)
        if folder != self.root and not _RECORDS.isdisjoint(listing.folders):
            return []
        names = (name for name in listing.folders if not name.startswith("."))
        return [below for name in names if (below := folder / name) not in self.excluded]

    def _listing(self, folder: PurePath) -> Listing | None:
        try:
            return self.storage.listing(folder)
        except NotFoundError:
            if folder == self.root:
                raise
            return None  # vanished since it was seen
        except StorageError as error:
            if folder == self.root:
                raise
            self.on_problem(error)
            return None
