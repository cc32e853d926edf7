"""Workflow, private part: what goes together by a rule of the user: a clip and its pictures, or one file."""

from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from pathlib import PurePath
from typing import NamedTuple

import attrs

from camvault.core.archive.clip_pairs import FootageFolder, paired
from camvault.core.archive.dated_names import instant_s, stamp_of_archive
from camvault.core.archive.plan import ORPHAN_SETTLES, is_settled, unsettled_reason
from camvault.core.archive.records import OUTPUT
from camvault.core.retention.dated_rules import age_reason, first_young_day
from camvault.core.workflows.archive.job import ArchiveJob
from camvault.core.workflows.archive.observing import DateFolders, DateTree
from camvault.ports.entries import FileEntry, ListedFile
from camvault.ports.errors import StorageError
from camvault.ports.removal import RetentionReason


class FootageUnit(NamedTuple):
    """What goes together, all in one folder: a bare tuple, because a rule looks at a million of them.

    `size_bytes` is that of all of its files, and `changed_ns` when the last of them was changed (`mtime_ns`).
    """

    stamp: datetime
    size_bytes: int
    changed_ns: int
    folder: FootageFolder
    files: tuple[ListedFile, ...]
    is_orphan: bool = False

    @property
    def path(self) -> PurePath:
        """Of the clip, or of the only file."""
        return self.folder.path_of(self.files[-1])

    @property
    def entries(self) -> tuple[FileEntry, ...]:
        """What is known of its files, in the order in which they go."""
        return tuple(map(self.folder.entry_of, self.files))


def unit_of_archive(stamp: datetime, folder: FootageFolder, file: ListedFile) -> FootageUnit:
    """An archive goes by itself."""
    return FootageUnit(stamp, file.size_bytes, file.mtime_ns, folder, (file,))


@attrs.frozen(kw_only=True)
class UnitRules:
    """What is asked of single units at one time.

    Attributes:
        now_s: That time, in seconds since 1970.
        zone: That of the stamps in names.
        age_days: What is older goes; 0: nothing.
        settle_s: What was changed within so many seconds may still be written.
        first_young_day: From this day on nothing is too old, and nothing is asked of the zone, which takes long.
        settled_ns: What was changed before that is settled, whatever it is.
    """

    now_s: float
    zone: tzinfo
    age_days: float
    settle_s: float
    first_young_day: int = attrs.field(init=False)
    settled_ns: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "first_young_day", first_young_day(now_s=self.now_s, days=self.age_days))
        longest_s = self.settle_s * ORPHAN_SETTLES
        object.__setattr__(self, "settled_ns", (self.now_s - longest_s) * 1e9)

    def age_reason(self, unit: FootageUnit) -> RetentionReason | None:
        """Why it is too old; None if it is not."""
        if unit.stamp.toordinal() >= self.first_young_day:
            return None
        return age_reason(instant_s(unit.stamp, self.zone), now_s=self.now_s, days=self.age_days)

    def unsettled(self, unit: FootageUnit) -> str:
        """Why it may still be written; "" if nobody writes to it."""
        if unit.changed_ns < self.settled_ns:
            return ""
        settle_s = self.settle_s * (ORPHAN_SETTLES if unit.is_orphan else 1)
        age_s = min([self.now_s - file.mtime_ns / 1e9 for file in unit.files], key=abs)
        return "" if is_settled(age_s, settle_s) else unsettled_reason(age_s, settle_s)


@attrs.frozen
class FootageUnits:
    """The units of a root, and what is known of each."""

    job: ArchiveJob

    def tree(self, root: PurePath, on_problem: Callable[[StorageError], None] = lambda _: None) -> DateTree:
        """The date folders of a root; told are those that cannot be listed, which are left out."""
        return DateTree(root, self.job.ports.storage, self.job.roots.excluded_from(root), on_problem)

    def days(self, tree: DateTree) -> Iterator[tuple[DateFolders, UnitRules]]:
        """All of a tree, each day of folders with what is asked of its units now."""
        for day in tree.days():
            self.job.ports.cancel.check()
            yield day, self._rules()

    def by_day(self, tree: DateTree, area: str) -> Iterator[tuple[Iterator[FootageUnit], UnitRules]]:
        """The same as units of the input or of the archive."""
        for day, rules in self.days(tree):
            yield self._of_day(day, area), rules

    def _of_day(self, day: DateFolders, area: str) -> Iterator[FootageUnit]:
        """Those of one day of the input or of the archive."""
        if area == OUTPUT:
            for path, listing in day.folders.items():
                folder = FootageFolder(path, listing)
                for file in listing.files:
                    stamp = stamp_of_archive(file.name)
                    if stamp is not None:
                        yield unit_of_archive(stamp, folder, file)
            return
        footage = paired(day.footage(self.job.options.pattern))
        for clip in footage.clips:
            changed_ns = max([file.mtime_ns for file in clip.files])
            yield FootageUnit(clip.name.stamp, clip.size_bytes, changed_ns, clip.folder, clip.files)
        for folder, file, name in footage.orphans:
            yield FootageUnit(name.stamp, file.size_bytes, file.mtime_ns, folder, (file,), is_orphan=True)

    def _rules(self) -> UnitRules:
        options, ports = self.job.options, self.job.ports
        return UnitRules(
            now_s=ports.clock.now().timestamp(),
            zone=ports.zone,
            age_days=options.age_days,
            settle_s=options.settle_s,
        )
