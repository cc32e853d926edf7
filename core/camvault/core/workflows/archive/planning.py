"""Workflow, private part: what is done with each clip of the input, day by day."""

from collections.abc import Iterator
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.archive.clip_pairs import DatedClip, paired
from camvault.core.archive.lifecycle import is_archive_there
from camvault.core.archive.plan import YOUNG_SETTLES, ClipFacts, ClipPlan, ClipStep, LeftFile, judge_clip
from camvault.core.archive.records import INPUT, ArchiveRecord, is_doubted_alone, record_of
from camvault.core.segments.ledger import Ledger
from camvault.core.workflows.archive.archive_folders import ArchiveFolder, ArchiveFolders
from camvault.core.workflows.archive.job import ArchiveJob
from camvault.core.workflows.archive.ledgers import DayLedgers, day_of_stamp
from camvault.core.workflows.archive.letting_go import WayOut
from camvault.core.workflows.archive.observing import DateFolders, DateTree
from camvault.core.workflows.archive.twins import TwinSearch
from camvault.ports.entries import Listing
from camvault.ports.errors import StorageError

_NO_DATE_FOLDER = (
    "no date folder (…/YYYY/MM/DD below the input), and {count} in it named like footage: nobody looks at them"
)
_OTHER_NAME = "it is one of {count} clips that are not named like footage ({pattern}): nobody looks at them"
_LINK = "it is a link, which is not followed"


@attrs.define
class ClipPlanner:
    """Plans, and changes nothing."""

    job: ArchiveJob
    ledgers: DayLedgers
    way_out: WayOut
    folders: ArchiveFolders
    _twins: TwinSearch = attrs.field(init=False)
    _now_s: float = attrs.field(default=0.0, init=False)
    _other: PurePath | None = attrs.field(default=None, init=False)
    """The first clip that is not named like footage, of `_other_count`: one is told, because it is told in each run."""
    _other_count: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._twins = TwinSearch(self.job)

    def plans(self) -> Iterator[ClipPlan | LeftFile]:
        """What is done with each clip, the oldest day first.

        Raises:
            StorageError: The input cannot be listed.
        """
        left: list[LeftFile] = []
        self._other, self._other_count = None, 0

        def on_problem(error: StorageError) -> None:
            left.append(LeftFile(error.path, f"it cannot be listed: {error.problem}", is_problem=True))

        def on_passed(folder: PurePath, listing: Listing) -> None:
            left.extend(self._passed(folder, listing))

        roots, storage = self.job.roots, self.job.ports.storage
        tree = DateTree(roots.input, storage, roots.excluded_from(roots.input), on_problem, on_passed)
        for day in tree.days():
            self.job.ports.cancel.check()
            yield from self._day(day)
            while left:
                yield left.pop()
        yield from reversed(left)
        if self._other is not None:
            words = _OTHER_NAME.format(pattern=self.job.options.pattern.text, count=self._other_count)
            yield LeftFile(self._other, words)

    def _see_other(self, clip: PurePath) -> None:
        self._other = self._other or clip
        self._other_count += 1

    def _passed(self, folder: PurePath, listing: Listing) -> Iterator[LeftFile]:
        """What somebody may have meant to be archived, in a folder that is no date folder."""
        count = sum(self.job.options.pattern.parse(file.name) is not None for file in listing.files)
        if count:
            yield LeftFile(folder, _NO_DATE_FOLDER.format(count=count))
        yield from (LeftFile(folder / name, _LINK) for name in listing.others if not name.startswith("."))

    def _day(self, day: DateFolders) -> Iterator[ClipPlan | LeftFile]:
        self._now_s = self.job.ports.clock.now().timestamp()
        pattern = self.job.options.pattern
        yield from (LeftFile(path, _LINK) for path in day.links(pattern))
        footage = paired(day.footage(pattern, self._see_other))
        for clip in footage.clips:
            try:
                yield self.plan(clip, is_twin=clip.name.stamp in footage.twins)
            except StorageError as error:
                yield LeftFile(clip.path, f"what is known of it cannot be read: {error}", is_problem=True)

    def plan(self, clip: DatedClip, *, is_twin: bool) -> ClipPlan | LeftFile:
        """What is done with one clip.

        Raises:
            StorageError: It cannot be looked at, or what is known of it cannot be read.
        """
        options, stamp = self.job.options, clip.name.stamp
        ledger = self.ledgers.of_day(day_of_stamp(stamp))
        folder = self.folders.of(stamp)
        known = self._known(clip, ledger) if ledger.entries else None
        candidates = self._candidates(clip, folder, ledger, is_twin=is_twin)
        age_s = self._age_s(clip)
        is_young = abs(age_s) < YOUNG_SETTLES * options.settle_s
        judged = judge_clip(
            clip,
            ClipFacts(
                age_s=age_s,
                settle_s=options.settle_s,
                is_written=is_young and self._is_written(clip),
                # of an older one, its transcode tells
                defect=self.job.ports.footage.defect(clip.path) if is_young else "",
                known=known,
                archive=None if known is None else folder.identity_of(known.archive),
                is_unrecorded=bool(candidates),
                is_made_anew=options.is_made_anew,
            ),
        )
        if isinstance(judged, LeftFile):
            return judged
        step, reason = judged
        is_verify = step is ClipStep.VERIFY
        record = None if known is None or is_verify else self._record(known, folder)
        if record is not None:
            archive = str(self.job.roots.output / record.archive)
        else:
            archive = str(candidates[0]) if is_verify else folder.free_path(stamp)
        return ClipPlan(
            clip=clip,
            step=step,
            reason=reason,
            archive_text=archive,
            candidates=candidates if is_verify else (),
            record=record,
            trash=self.way_out.trash_of(clip.folder.path, INPUT),
        )

    def _candidates(
        self, clip: DatedClip, folder: ArchiveFolder, ledger: Ledger, *, is_twin: bool
    ) -> tuple[PurePath, ...]:
        """The archives without a record that may be taken for the clip's, if they look like it.

        None where a record that is lost may have said what is missing in them, nor where a second clip has the stamp.
        """
        found = folder.unrecorded(clip.name.stamp, ledger)
        if not found or is_twin or not ledger.is_torn_only:
            return ()
        source = PurePosixPath(clip.path.relative_to(self.job.roots.input))
        is_doubted = is_doubted_alone(ledger, source, clip.entry.identity)
        return () if is_doubted or self._twins.is_twin(clip) else found

    def _known(self, clip: DatedClip, ledger: Ledger) -> ArchiveRecord | None:
        entry = clip.entry
        return record_of(ledger, PurePosixPath(entry.path.relative_to(self.job.roots.input)), entry.identity)

    def _record(self, known: ArchiveRecord, folder: ArchiveFolder) -> ArchiveRecord | None:
        """What is known of the archive that is let go beside, or that is replaced; another file is never replaced."""
        return known if is_archive_there(known, folder.identity_of(known.archive)) else None

    def _age_s(self, clip: DatedClip) -> float:
        """How long ago the youngest of its files was changed."""
        return min([self._now_s - file.mtime_ns / 1e9 for file in clip.files], key=abs)

    def _is_written(self, clip: DatedClip) -> bool:
        return any(self.job.ports.storage.is_being_written(entry.path) for entry in clip.entries)
