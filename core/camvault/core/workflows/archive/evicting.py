"""Workflow, private part: what the rules of the user take goes, and then empty folders of the input."""

from contextlib import suppress
from datetime import UTC
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.archive.dated_names import folder_day
from camvault.core.archive.lifecycle import ArchiveEvent, ArchiveState
from camvault.core.archive.plan import Eviction, LeftFile, Purge, RemoveAction
from camvault.core.archive.records import INPUT, ArchiveRecord, lost_entry
from camvault.core.workflows.archive.events import (
    FolderRemoved,
    NeverArchived,
    OrphanFound,
    OrphansRemoved,
    RemovedForGood,
)
from camvault.core.workflows.archive.job import ActionOutcome, ArchiveJob
from camvault.core.workflows.archive.ledgers import DayLedgers
from camvault.core.workflows.archive.letting_go import WayOut, problem_of, refuse_step, rule_removal
from camvault.core.workflows.archive.purging import AREAS, closed_area
from camvault.core.workflows.archive.releasing import archive_copy, archive_stand
from camvault.core.workflows.archive.tally import ArchiveTally
from camvault.ports.entries import FileEntry
from camvault.ports.errors import BusyError, NoSpaceError, StorageError


@attrs.define
class Evictor:
    """Carries out what rules take; a file that cannot go stops no other."""

    job: ArchiveJob
    ledgers: DayLedgers
    way_out: WayOut
    tally: ArchiveTally
    _touched: dict[PurePath, None] = attrs.field(factory=dict, init=False)
    _purged: dict[PurePath, None] = attrs.field(factory=dict, init=False)
    _orphan_count: int = attrs.field(default=0, init=False)

    def evict(self, eviction: Eviction) -> None:
        """Let the files of an eviction go, the clip last."""
        left = list(eviction.removals)
        last = left[-1]
        reporter = self.job.ports.reporter
        record = self._read_record(eviction, last.entry)
        is_archived = record is not None and not record.facts.doubts
        is_lost = eviction.area == INPUT and not is_archived and not eviction.is_orphan
        if eviction.is_orphan:
            reporter.emit(OrphanFound(last.path))
        elif is_lost:
            reporter.emit(NeverArchived(last.path))
        try:
            self.way_out.check(last.path)  # before its pictures go
            while left:
                self._evict_one(left[0], eviction, record)
                # power fails here: a clip without its picture is there, which the rule takes in the next run
                left.pop(0)
        except (StorageError, BusyError) as error:
            self.tally.left(LeftFile(left[0].path, problem_of(error, left[0].path), is_problem=True))
            for action in left:
                self.job.tell(ActionOutcome(action, is_done=False))
            return
        self._orphan_count += eviction.is_orphan
        self.tally.never_archived_count += is_lost

    def _read_record(self, eviction: Eviction, clip: FileEntry) -> ArchiveRecord | None:
        """The record of clip and archive, if both hold what it says: another clip of equal size and time has none."""
        record = eviction.record
        if record is None:
            return None
        archive = self.job.roots.output / record.archive
        try:
            with archive_stand(self.job, {}) as stand:
                return None if isinstance(stand.removal(clip, [archive_copy(record, archive)]), str) else record
        except (StorageError, BusyError):
            return None

    def _evict_one(self, action: RemoveAction, eviction: Eviction, record: ArchiveRecord | None) -> None:
        state = ArchiveState.SOURCE if record is None or record.facts.doubts else ArchiveState.ARCHIVED
        is_written = self.job.roots.trash is not None or self._written_off(action, eviction, record)
        to = self.way_out.leave(
            action,
            area=eviction.area,
            state=state,
            is_by_rule=True,
            for_good=lambda: rule_removal(action.entry, eviction.reason),
        )
        if not is_written:
            self._write_off(action, eviction, record)
        if eviction.area == INPUT:
            self._touched[action.path.parent] = None
        self.tally.removed(action.entry)
        self.job.tell(ActionOutcome(attrs.evolve(action, to=to), is_done=True))

    def _written_off(self, action: RemoveAction, eviction: Eviction, record: ArchiveRecord | None) -> bool:
        """Whether the loss could be written down; on a full disk, the removal makes the room for it."""
        try:
            self._write_off(action, eviction, record)
        except NoSpaceError:
            return False
        return True

    def _write_off(self, action: RemoveAction, eviction: Eviction, record: ArchiveRecord | None) -> None:
        roots = self.job.roots
        root = roots.input if eviction.area == INPUT else roots.output
        below = PurePosixPath(action.path.relative_to(root))
        when = self.job.ports.clock.now().astimezone(UTC).isoformat(timespec="seconds")
        day, path = eviction.day, eviction.area / below
        known = self.ledgers.of_day(day).entries.get(path) if record is not None else None
        self.ledgers.add(day, lost_entry(path, action.entry.identity, when, str(eviction.reason), known=known))

    def purge(self, purge: Purge) -> None:
        """Let a file leave the trash for good."""
        action = purge.removal
        try:
            refuse_step(action.path, ArchiveState.TRASHED, ArchiveEvent.PURGED)
            self.job.ports.storage.remove(rule_removal(action.entry, purge.reason))
        except StorageError as error:
            self.tally.left(LeftFile(action.path, error.problem, is_problem=True))
            self.job.tell(ActionOutcome(action, is_done=False))
            return
        self.job.ports.reporter.emit(RemovedForGood(action.path, action.reason))
        self._purged[action.path.parent] = None
        self.tally.removed(action.entry)
        self.job.tell(ActionOutcome(action, is_done=True))

    def end_purge(self, trash: PurePath) -> None:
        """Remove the folders of the trash that are empty; of one that was named, only those that became so."""
        if not self.job.roots.is_trash_own:
            for folder in self._purged:
                self._prune_upwards(folder)
            return
        for area in AREAS:
            with suppress(StorageError):  # it was told when it was listed before
                if not closed_area(self.job, trash / area) and not self._has_mounts(trash / area):
                    self._prune(trash / area)

    def _has_mounts(self, folder: PurePath) -> bool:
        return any(each.is_relative_to(folder) for each in self.job.roots.mounts_in_trash or ())

    def end_cleanup(self, empty_folders: list[PurePath]) -> None:
        """Remove empty folders below the input, except for those of today and later, into which cameras upload."""
        if self._orphan_count:
            self.job.ports.reporter.emit(OrphansRemoved(self._orphan_count))
        root, today = self.job.roots.input, f"{self.job.ports.clock.now():%Y-%m-%d}"
        for folder in (*empty_folders, *self._touched):
            day = folder_day(folder.relative_to(root).parts)
            if day is None or day < today:
                self._prune_upwards(folder)

    def _prune_upwards(self, folder: PurePath) -> None:
        """Remove a folder if it is empty, and then those above it that have become so."""
        roots = self.job.roots
        kept = {*roots.all, *(above for root in roots.all for above in root.parents)}
        if roots.trash is not None:
            kept |= {roots.trash / area for area in AREAS}
        while folder not in kept:
            try:
                is_empty = self.job.ports.storage.listing(folder).is_empty
            except StorageError:
                return  # gone, or told when it was listed before
            if not is_empty:
                return
            self._prune(folder)
            folder = folder.parent

    def _prune(self, folder: PurePath) -> None:
        try:
            removed = self.job.ports.storage.prune(folder, is_root_included=True)
        except StorageError as error:
            self.tally.left(LeftFile(folder, f"it cannot be removed: {error.problem}", is_problem=True))
            return
        for path in removed:
            self.job.ports.reporter.emit(FolderRemoved(path))
