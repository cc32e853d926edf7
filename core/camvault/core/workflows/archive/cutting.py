"""Workflow, private part: what goes by total size and by free space.

One pass adds up each day of the stamps, and a further one looks at the day of the cut, if there is one. No pass holds
more than one day.
"""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePath

import attrs

from camvault.core.archive.clip_pairs import FootageFolder
from camvault.core.archive.dated_names import day_of_archive, stamp_of_archive
from camvault.core.archive.records import OUTPUT
from camvault.core.retention.dated_rules import Excess, day_of_cut, free_excess, oldest_first, size_excess
from camvault.core.workflows.archive.events import RuleBinds, RuleNotMet
from camvault.core.workflows.archive.job import ArchiveJob
from camvault.core.workflows.archive.observing import DateTree
from camvault.core.workflows.archive.tally import ArchiveTally
from camvault.core.workflows.archive.units import FootageUnit, FootageUnits, UnitRules, unit_of_archive
from camvault.ports.entries import ListedFile
from camvault.ports.removal import RetentionReason

_FREES_NOTHING = (
    "the trash is on the same file system, and to move files there frees nothing; use --purge-trash, --delete, or a "
    "--trash-root elsewhere"
)


@attrs.frozen
class Cut:
    """What goes by size or by free space: all of the days before `day` (an ordinal), and `paths` of that day."""

    day: int
    paths: frozenset[PurePath]
    reason: RetentionReason

    def reason_for(self, unit: FootageUnit) -> RetentionReason | None:
        """Why a unit goes; None if it stays."""
        day = unit.stamp.toordinal()
        return self.reason if day < self.day or (day == self.day and unit.path in self.paths) else None


@attrs.define
class Sums:
    """What a pass over all units adds up.

    Attributes:
        kept_bytes: What is not too old, or may still be written.
        old_bytes: What is too old, and goes.
        bytes_by_day: What may go by size, by the day of its stamp: its ordinal, of which a million are cheap.
        has_old: Whether anything is too old.
    """

    kept_bytes: int = 0
    old_bytes: int = 0
    bytes_by_day: defaultdict[int, int] = attrs.field(factory=lambda: defaultdict(int))
    has_old: bool = False

    def add(self, units: Iterable[FootageUnit], rules: UnitRules) -> None:
        """Add more of them; of most, two comparisons say all."""
        bytes_by_day, settled_ns, first_young_day = self.bytes_by_day, rules.settled_ns, rules.first_young_day
        for unit in units:
            size_bytes, day = unit.size_bytes, unit.stamp.toordinal()
            may_go = unit.changed_ns < settled_ns or not rules.unsettled(unit)
            if day < first_young_day and rules.age_reason(unit) is not None:
                self.has_old = True
                if may_go:
                    self.old_bytes += size_bytes
                    continue
            self.kept_bytes += size_bytes
            if may_go:
                bytes_by_day[day] += size_bytes

    def add_archives(self, folder: FootageFolder, rules: UnitRules) -> None:
        """Add the archives of a folder; no unit is made of one that two comparisons settle, and most are."""
        bytes_by_day, settled_ns, first_young_day = self.bytes_by_day, rules.settled_ns, rules.first_young_day
        kept_bytes, others = 0, list[ListedFile]()
        for file in folder.listing.files:
            day = day_of_archive(file.name)
            if day is None:
                continue
            if file.mtime_ns < settled_ns and day >= first_young_day:
                size_bytes = file.size_bytes
                kept_bytes += size_bytes
                bytes_by_day[day] += size_bytes
            else:
                others.append(file)
        self.kept_bytes += kept_bytes
        stamps = [stamp_of_archive(file.name) for file in others]
        units = zip(stamps, others, strict=True)
        self.add((unit_of_archive(stamp, folder, file) for stamp, file in units if stamp is not None), rules)


@attrs.define
class Cutter:
    """Decides what goes by size and by free space.

    Attributes:
        job: The run.
        units: What goes together.
        tally: Counts the rules that cannot be met.
        free_bytes: By file system, what is free there, with what was planned to go from it.
    """

    job: ArchiveJob
    units: FootageUnits
    tally: ArchiveTally
    free_bytes: dict[str, int] = attrs.field(factory=dict, init=False)

    @property
    def is_needed(self) -> bool:
        """Whether there is such a rule."""
        return self.job.options.max_bytes is not None or self.job.options.min_free_bytes is not None

    def sums(self, tree: DateTree, area: str) -> Sums:
        """What there is in a tree.

        Raises:
            StorageError: The root cannot be listed.
        """
        sums = Sums()
        if area == OUTPUT:
            for day, rules in self.units.days(tree):
                for path, listing in day.folders.items():
                    sums.add_archives(FootageFolder(path, listing), rules)
            return sums
        for units, rules in self.units.by_day(tree, area):
            sums.add(units, rules)
        return sums

    def cut(self, root: PurePath, area: str, sums: Sums) -> Cut | None:
        """What must go of a root beside what is too old; None if nothing must.

        Raises:
            StorageError: The root cannot be listed any more.
        """
        bytes_by_day = sums.bytes_by_day
        excess = self._excess(root, kept_bytes=sums.kept_bytes, old_bytes=sums.old_bytes)
        day = day_of_cut(bytes_by_day, excess.size_bytes) if excess is not None else None
        if excess is None or day is None:
            if excess is not None and excess.size_bytes > 0:
                self._not_met(root, excess, excess.size_bytes)
            return None
        self.job.ports.reporter.emit(RuleBinds(root, excess.reason.rule, excess.reason.figure))
        before = sum(size for each, size in bytes_by_day.items() if each < day)
        rest = excess.size_bytes - before
        if bytes_by_day[day] < rest:
            self._not_met(root, excess, rest - bytes_by_day[day])
        of_day = (
            (unit.stamp, str(unit.path), unit.size_bytes, unit)
            for units, rules in self.units.by_day(self.units.tree(root), area)
            for unit in units
            if unit.stamp.toordinal() == day and not rules.age_reason(unit) and not rules.unsettled(unit)
        )
        chosen = oldest_first(of_day, rest)
        self._free(root, before + sum(unit.size_bytes for unit in chosen))
        return Cut(day, frozenset(unit.path for unit in chosen), excess.reason)

    def _excess(self, root: PurePath, *, kept_bytes: int, old_bytes: int) -> Excess | None:
        """What is too much by the stricter rule."""
        options, found = self.job.options, list[Excess]()
        if options.max_bytes is not None:
            found.append(size_excess(kept_bytes, limit_bytes=options.max_bytes))
        self._free(root, old_bytes)
        if options.min_free_bytes is not None:
            excess = free_excess(self._free(root, 0), floor_bytes=options.min_free_bytes)
            total_bytes = self.job.ports.storage.total_bytes(root)
            if options.min_free_bytes > total_bytes:
                words = f"its file system has {total_bytes:,} bytes in all, so that no removal can do it: nothing goes"
                self._problem(root, f"{excess.reason.rule}: {excess.reason.figure}: {words}")
            elif excess.size_bytes > 0 and not self._is_freeing(root):
                self._problem(root, f"{excess.reason.rule}: {excess.reason.figure}: {_FREES_NOTHING}")
            else:
                found.append(excess)
        return max(found, key=lambda each: each.size_bytes, default=None)

    def _free(self, root: PurePath, freed_bytes: int) -> int:
        """What is free on the file system of a root once all that was planned has gone."""
        storage = self.job.ports.storage
        device = storage.device_of(root)
        if device not in self.free_bytes:
            self.free_bytes[device] = storage.free_bytes(root)
        if self._is_freeing(root):
            self.free_bytes[device] += freed_bytes
        return self.free_bytes[device]

    def _is_freeing(self, root: PurePath) -> bool:
        trash, storage = self.job.roots.trash, self.job.ports.storage
        return trash is None or storage.device_of(trash) != storage.device_of(root)

    def _not_met(self, root: PurePath, excess: Excess, missing_bytes: int) -> None:
        rule = excess.reason
        self._problem(root, f"{rule.rule}: {rule.figure}: {missing_bytes:,} bytes could not be freed")

    def _problem(self, root: PurePath, words: str) -> None:
        self.tally.problem_count += 1
        self.job.ports.reporter.emit(RuleNotMet(root, words))
