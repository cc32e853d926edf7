"""Workflow, private part: what goes together by a rule of the user: a clip and its pictures, or one file."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePath

import attrs

from camvault.core.archive.clip_pairs import paired
from camvault.core.archive.dated_names import instant_s, parse_archive_name
from camvault.core.archive.plan import ORPHAN_SETTLES, is_settled, unsettled_reason
from camvault.core.archive.records import OUTPUT
from camvault.core.retention.dated_rules import age_reason
from camvault.core.workflows.archive.job import ArchiveJob
from camvault.core.workflows.archive.observing import DateFolders, DateTree
from camvault.ports.entries import FileEntry
from camvault.ports.removal import RetentionReason


@attrs.frozen
class FootageUnit:
    """What goes together."""

    stamp: datetime
    entries: tuple[FileEntry, ...]
    is_orphan: bool = False

    @property
    def path(self) -> PurePath:
        """Of the clip, or of the only file."""
        return self.entries[-1].path

    @property
    def size_bytes(self) -> int:
        """Of all of its files."""
        return sum(entry.identity.size_bytes for entry in self.entries)


@attrs.frozen
class FootageUnits:
    """The units of a root, and what is known of each."""

    job: ArchiveJob

    def all(self, root: PurePath, area: str) -> Iterator[FootageUnit]:
        """All of a root; a folder that cannot be listed is left out, as whoever plans tells."""
        tree = DateTree(root, self.job.ports.storage, self.job.roots.excluded_from(root), lambda _: None)
        for day in tree.days():
            self.job.ports.cancel.check()
            yield from self.of_day(day, area)

    def of_day(self, day: DateFolders, area: str) -> Iterator[FootageUnit]:
        """Those of one day of the input or of the archive."""
        if area == OUTPUT:
            for entry in day.entries():
                name = parse_archive_name(entry.path.name)
                if name is not None:
                    yield FootageUnit(name.stamp, (entry,))
            return
        footage = paired(day.footage(self.job.options.pattern))
        for clip in footage.clips:
            yield FootageUnit(clip.name.stamp, clip.entries)
        for picture in footage.orphans:
            yield FootageUnit(picture.name.stamp, (picture.entry,), is_orphan=True)

    @property
    def _now_s(self) -> float:
        return self.job.ports.clock.now().timestamp()

    def age_reason(self, unit: FootageUnit) -> RetentionReason | None:
        """Why it is too old; None if it is not."""
        stamp_s = instant_s(unit.stamp, self.job.ports.zone)
        return age_reason(stamp_s, now_s=self._now_s, days=self.job.options.age_days)

    def unsettled(self, unit: FootageUnit) -> str:
        """Why it may still be written; "" if nobody writes to it."""
        settle_s = self.job.options.settle_s * (ORPHAN_SETTLES if unit.is_orphan else 1)
        age_s = min((self._now_s - entry.identity.mtime_ns / 1e9 for entry in unit.entries), key=abs)
        return "" if is_settled(age_s, settle_s) else unsettled_reason(age_s, settle_s)
