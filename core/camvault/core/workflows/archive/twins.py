"""Workflow, private part: clips of one stamp, whose archives cannot be told apart by name.

A plan sees the folders of one day at a time, and some of them later than others. The date of a folder need not be that
of the names in it: cameras whose clock is wrong upload there, and owners move footage, also into folders of no date.
Only where an archive without a record is to be given to a clip, it is asked whether any other clip has its stamp.
"""

from array import array
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from pathlib import PurePath

import attrs

from camvault.core.archive.clip_pairs import DatedClip
from camvault.core.workflows.archive.job import ArchiveJob
from camvault.core.workflows.archive.observing import DateTree
from camvault.ports.entries import ListedFile, Listing
from camvault.ports.errors import StorageError

_START = datetime(2000, 1, 1)  # noqa: DTZ001 - as the stamps, local times without a zone


@attrs.define
class TwinSearch:
    """Looks through the whole input once, when it is first asked; what counts is what was there then."""

    job: ArchiveJob
    _twins: frozenset[int] | None = attrs.field(default=None, init=False)
    _stamps: "array[int]" = attrs.field(factory=lambda: array("q"), init=False)
    """Of each clip, in seconds since `_START`: eight bytes for each, of a million clips."""
    _error: StorageError | None = attrs.field(default=None, init=False)

    def is_twin(self, clip: DatedClip) -> bool:
        """Whether another clip of the input has its stamp.

        Raises:
            StorageError: Not all folders could be listed: one of them may hold such a clip.
        """
        if self._twins is None:
            self._look()
            stamps = sorted(self._stamps)
            self._twins = frozenset(one for one, other in pairwise(stamps) if one == other)
            self._stamps = array("q")
        if self._error is not None:
            raise self._error
        return _seconds(clip.name.stamp) in self._twins

    def _look(self) -> None:
        roots = self.job.roots
        tree = DateTree(
            roots.input, self.job.ports.storage, roots.excluded_from(roots.input), self._on_problem, self._on_passed
        )
        try:
            for day in tree.days():
                self.job.ports.cancel.check()
                for listing in day.folders.values():
                    self._add(listing.files)
        except StorageError as error:
            self._on_problem(error)

    def _add(self, files: Iterable[ListedFile]) -> None:
        parse = self.job.options.pattern.parse
        names = (parse(file.name) for file in files)
        self._stamps.extend(_seconds(name.stamp) for name in names if name is not None and name.is_clip)

    def _on_passed(self, _folder: PurePath, listing: Listing) -> None:
        self._add(listing.files)

    def _on_problem(self, error: StorageError) -> None:
        self._error = self._error or error


def _seconds(stamp: datetime) -> int:
    return int((stamp - _START).total_seconds())
