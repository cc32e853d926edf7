"""Workflow, private part: clips of one stamp in the folders of two days, whose archives cannot be told apart by name.

A plan sees one day of folders at a time (`clip_pairs.paired` tells the twins of that). The date of a folder need not be
that of the names in it: cameras whose clock is wrong upload there, and owners move footage. Only where an archive
without a record is to be given to a clip, it is asked whether another clip anywhere has the same stamp.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import attrs

from camvault.core.archive.clip_pairs import DatedClip, paired
from camvault.core.archive.dated_names import folder_day
from camvault.core.workflows.archive.job import ArchiveJob
from camvault.core.workflows.archive.ledgers import day_of_stamp
from camvault.core.workflows.archive.observing import DateTree
from camvault.ports.errors import StorageError

STRAYS_MOST = 100_000
"""Of so many clips outside of the folders of their days, each is taken for a twin."""


@attrs.define
class TwinSearch:
    """Looks through the whole input once, when it is first asked; clips are of the stamps that they had then."""

    job: ArchiveJob
    _counts: Counter[datetime] | None = attrs.field(default=None, init=False)
    """How many clips have a stamp, of the stamps of clips that lie outside of the folders of their days."""
    _is_too_many: bool = attrs.field(default=False, init=False)
    _error: StorageError | None = attrs.field(default=None, init=False)

    def is_twin(self, clip: DatedClip) -> bool:
        """Whether another clip in the folders of another day has its stamp, or may have.

        Raises:
            StorageError: Not all folders could be listed: one of them may hold such a clip.
        """
        if self._counts is None:
            self._counts = self._counted()
        if self._error is not None:
            raise self._error
        return self._is_too_many or self._counts[clip.name.stamp] > 1

    def _counted(self) -> Counter[datetime]:
        strays = Counter[datetime]()
        for clip in self._clips():
            if _is_stray(self.job, clip):
                strays[clip.name.stamp] += 1
            if len(strays) > STRAYS_MOST:
                self._is_too_many = True
                break
        if strays:
            strays.update(
                clip.name.stamp
                for clip in self._clips({day_of_stamp(stamp) for stamp in strays})
                if clip.name.stamp in strays and not _is_stray(self.job, clip)
            )
        return strays

    def _clips(self, days: set[str] | None = None) -> Iterator[DatedClip]:
        """The clips of the input, or of the folders of these days."""
        roots = self.job.roots
        tree = DateTree(roots.input, self.job.ports.storage, roots.excluded_from(roots.input), self._on_problem)
        try:
            for day in tree.days():
                self.job.ports.cancel.check()
                if days is None or day.day in days:
                    yield from paired(day.footage(self.job.options.pattern)).clips
        except StorageError as error:
            self._on_problem(error)

    def _on_problem(self, error: StorageError) -> None:
        self._error = self._error or error


def _is_stray(job: ArchiveJob, clip: DatedClip) -> bool:
    day = folder_day(clip.folder.path.relative_to(job.roots.input).parts)
    return day != day_of_stamp(clip.name.stamp)
