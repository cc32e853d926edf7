"""Workflow, private part: what the rules of the user take, of the input and of the archive.

One pass finds what is too old, and what `cutting` said before. It holds no more than one day. If there was a pass
before, and that saw that nothing has to go, it was the only one.
"""

from collections.abc import Iterator
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.archive.lifecycle import is_archive_there
from camvault.core.archive.plan import Eviction, LeftFile, RemoveAction
from camvault.core.archive.records import INPUT, OUTPUT, ArchiveRecord, record_of
from camvault.core.workflows.archive.cutting import Cut, Cutter
from camvault.core.workflows.archive.job import ArchiveJob
from camvault.core.workflows.archive.ledgers import DayLedgers, day_of_stamp
from camvault.core.workflows.archive.letting_go import WayOut
from camvault.core.workflows.archive.observing import DateTree
from camvault.core.workflows.archive.units import FootageUnit, FootageUnits
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.removal import RetentionReason


@attrs.define
class CleanupPlanner:
    """Plans; changes nothing.

    Attributes:
        job: The run.
        ledgers: What is known of archives.
        way_out: Where footage goes.
        cutter: What goes by size and by free space.
        empty_folders: The folders of the input that are empty already.
    """

    job: ArchiveJob
    ledgers: DayLedgers
    way_out: WayOut
    cutter: Cutter
    empty_folders: list[PurePath] = attrs.field(factory=list, init=False)

    @property
    def units(self) -> FootageUnits:
        """What goes together."""
        return self.cutter.units

    def evictions(self) -> Iterator[Eviction | LeftFile]:
        """What the rules take, the oldest day first: of the input, then of the archive if that is asked for.

        Raises:
            StorageError: The input cannot be listed.
        """
        yield from self._of_root(self.job.roots.input, INPUT)
        if self.job.options.is_output_cleaned:
            try:
                yield from self._of_root(self.job.roots.output, OUTPUT)
            except NotFoundError:
                return  # nothing was ever archived
            except StorageError as error:
                yield LeftFile(error.path, f"it cannot be listed: {error.problem}", is_problem=True)

    def _of_root(self, root: PurePath, area: str) -> Iterator[Eviction | LeftFile]:
        problems: list[StorageError] = []
        tree, cut, is_all_kept = self.units.tree(root, problems.append), None, False
        if self.cutter.is_needed:
            sums = self.cutter.sums(tree, area)
            cut = self.cutter.cut(root, area, sums)
            is_all_kept = cut is None and not sums.has_old
        if not is_all_kept:
            problems.clear()
            tree = self.units.tree(root, problems.append)
            yield from self._of_tree(tree, area, cut)
        for error in problems:
            yield LeftFile(error.path, f"it cannot be listed: {error.problem}", is_problem=True)
        if area == INPUT:
            self.empty_folders += tree.empty_folders

    def _of_tree(self, tree: DateTree, area: str, cut: Cut | None) -> Iterator[Eviction | LeftFile]:
        for units, rules in self.units.by_day(tree, area):
            for unit in units:
                reason = rules.age_reason(unit) or (None if cut is None else cut.reason_for(unit))
                if reason is None:
                    continue
                unsettled = rules.unsettled(unit)
                yield LeftFile(unit.path, unsettled) if unsettled else self._eviction(unit, reason, area)

    def _eviction(self, unit: FootageUnit, reason: RetentionReason, area: str) -> Eviction:
        words = f"orphaned JPG (no MP4 pair), {reason}" if unit.is_orphan else str(reason)
        trash = self.way_out.trash_of(unit.folder.path, area)
        removals = tuple(
            RemoveAction(entry, None if trash is None else trash.path_of(entry.path.name), words)
            for entry in unit.entries
        )
        record = self._record(unit) if area == INPUT and not unit.is_orphan else None
        return Eviction(removals, reason, area, day_of_stamp(unit.stamp), record=record, is_orphan=unit.is_orphan)

    def _record(self, unit: FootageUnit) -> ArchiveRecord | None:
        """What is known of its archive, if that is there; None also if nothing of it can be read."""
        storage, roots, entry = self.job.ports.storage, self.job.roots, unit.folder.entry_of(unit.files[-1])
        try:
            ledger = self.ledgers.of_day(day_of_stamp(unit.stamp))
            known = record_of(ledger, PurePosixPath(entry.path.relative_to(roots.input)), entry.identity)
            found = None if known is None else storage.entry(roots.output / known.archive)
        except StorageError:
            return None
        is_there = known is not None and found is not None and is_archive_there(known, found.identity)
        return known if is_there else None
