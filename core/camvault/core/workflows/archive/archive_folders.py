"""Workflow, private part: the folders of the archive: what is in them, free names, and what dead runs left."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.archive.dated_names import ArchiveName, archive_folder, parse_archive_name
from camvault.core.archive.records import is_recorded
from camvault.core.batch.build_dir import LEFTOVER_SUFFIX
from camvault.core.batch.names import is_temporary
from camvault.core.free_names import folded
from camvault.core.segments.ledger import Ledger
from camvault.core.workflows.archive.job import ArchiveJob
from camvault.core.workflows.steps.target_claim import remove_leftover, temporary_path
from camvault.ports.entries import FileEntry, FileIdentity, ListedFile, Listing
from camvault.ports.errors import NotFoundError, StorageError

_FOLDERS_MOST = 64


@attrs.frozen
class ArchiveFolder:
    """What is in one day of the archive, and the names that are promised to archives of this run.

    Attributes:
        path: Where it is, also as `text`; `below` is its path below the root of the archive.
        listing: What is in it; `files` are the regular ones, by name.
        by_stamp: The archives among them, by stamp.
        taken: The names that no archive may get, `folded`.
        latest: The names that come next for the stamp that was asked for last: clips come in the order of their stamps.
    """

    path: PurePath
    below: PurePosixPath
    listing: Listing = attrs.field(factory=Listing)
    files: dict[str, ListedFile] = attrs.field(factory=dict)
    by_stamp: dict[datetime, list[str]] = attrs.field(factory=dict)
    taken: set[str] = attrs.field(factory=set)
    latest: dict[datetime, Iterator[str]] = attrs.field(factory=dict)
    text: str = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "text", str(self.path))

    @classmethod
    def of(cls, path: PurePath, below: PurePosixPath, listing: Listing) -> "ArchiveFolder":
        """What a listing shows."""
        folder = cls(path, below, listing, {file.name: file for file in listing.files})
        for name in folder.files:
            parsed = parse_archive_name(name)
            if parsed is not None:
                folder.by_stamp.setdefault(parsed.stamp, []).append(name)
        folder.taken.update(map(folded, (*folder.files, *listing.folders, *listing.others)))
        return folder

    def identity_of(self, archive: PurePosixPath) -> FileIdentity | None:
        """Which regular file stands there."""
        file = self.files.get(archive.name)
        is_here = file is not None and archive.parent == self.below  # no run gives another path
        return self.listing.identity_of(file) if file is not None and is_here else None

    def unrecorded(self, stamp: datetime, ledger: Ledger) -> tuple[PurePath, ...]:
        """The archives of this time of which there is no record."""
        if stamp not in self.by_stamp:
            return ()
        return tuple(
            self.path / name
            for name in self.by_stamp[stamp]
            if not is_recorded(ledger, self.below / name, self.listing.identity_of(self.files[name]))
        )

    def free_path(self, stamp: datetime) -> str:
        """A path for the archive of a clip of this time, which nothing has, and which no other clip was promised."""
        names = self.latest.get(stamp)
        if names is None:
            names = ArchiveName(stamp).numbered()
            self.latest.clear()
            self.latest[stamp] = names
        name = next(name for name in names if name not in self.taken)
        self.taken.add(name)
        return f"{self.text}/{name}"


@attrs.define
class ArchiveFolders:
    """The folders, each listed when it is first asked for.

    Attributes:
        job: The run.
        is_sweeping: Whether what dead runs left is removed when a folder is listed.
        promised: The archives that are being made.
    """

    job: ArchiveJob
    is_sweeping: bool = False
    promised: set[PurePath] = attrs.field(factory=set, init=False)
    _folders: dict[int, ArchiveFolder] = attrs.field(factory=dict, init=False)

    def of(self, stamp: datetime) -> ArchiveFolder:
        """The folder of the archives of this day.

        Raises:
            StorageError: It cannot be listed, or a link leads out of the archive.
        """
        day = stamp.toordinal()
        if day not in self._folders:
            while len(self._folders) >= _FOLDERS_MOST:  # days come in their order
                del self._folders[next(iter(self._folders))]
            self._folders[day] = self._listed(archive_folder(stamp))
        return self._folders[day]

    def _listed(self, below: PurePosixPath) -> ArchiveFolder:
        storage, path = self.job.ports.storage, self.job.roots.output / below
        if storage.resolve(path) != path:
            raise StorageError(path, "a link leads out of the archive; nothing is put there")
        try:
            listing = storage.listing(path)
        except NotFoundError:
            return ArchiveFolder(path, below)
        if self.is_sweeping:
            unfinished = {temporary_path(each) for each in self.promised}
            for file in listing.files:
                if is_temporary(file.name) and path / file.name not in unfinished:
                    leftover = FileEntry(path / file.name, listing.identity_of(file))
                    remove_leftover(leftover, marker=LEFTOVER_SUFFIX, storage=storage)
        folder = ArchiveFolder.of(path, below, listing)
        folder.taken.update(folded(each.name) for each in self.promised if each.parent == path)
        return folder

    def free_path(self, stamp: datetime) -> PurePath:
        """As `ArchiveFolder.free_path`.

        Raises:
            StorageError: As `of`.
        """
        return PurePath(self.of(stamp).free_path(stamp))
