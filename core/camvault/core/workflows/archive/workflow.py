"""Workflow: the camera archive: transcode, prove, let go, make room.

A plan is a stream of work, made day by day; a dry run takes it as it is, a run carries it out while it is made.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import attrs

from camvault.core.archive.plan import ClipPlan, Eviction, FirstSeen, LeftFile, Work
from camvault.core.workflows.archive.archive_folders import ArchiveFolders
from camvault.core.workflows.archive.cleaning import CleanupPlanner
from camvault.core.workflows.archive.cutting import Cutter
from camvault.core.workflows.archive.evicting import Evictor
from camvault.core.workflows.archive.holding import held
from camvault.core.workflows.archive.job import ArchiveJob
from camvault.core.workflows.archive.ledgers import DayLedgers
from camvault.core.workflows.archive.letting_go import WayOut
from camvault.core.workflows.archive.observing import DateTree
from camvault.core.workflows.archive.planning import ClipPlanner
from camvault.core.workflows.archive.purging import purges
from camvault.core.workflows.archive.releasing import Releaser
from camvault.core.workflows.archive.standing import StandingRoots
from camvault.core.workflows.archive.tally import ArchiveReport, ArchiveTally
from camvault.core.workflows.archive.transcoding import Transcoder
from camvault.core.workflows.archive.units import FootageUnits
from camvault.core.workflows.archive.verifying import Verifier
from camvault.ports.errors import NoSpaceError, StorageError
from camvault.ports.events import Warned


@attrs.define
class ArchiveRun:
    """One run of a job: its plan, and then its work.

    `is_preview`: nothing is changed, not even what dead runs left.
    """

    job: ArchiveJob
    is_preview: bool = False
    _ledgers: DayLedgers = attrs.field(init=False)
    _way_out: WayOut = attrs.field(init=False)
    _tally: ArchiveTally = attrs.field(init=False)
    _standing: StandingRoots = attrs.field(init=False)
    _folders: ArchiveFolders = attrs.field(init=False)
    _clips: ClipPlanner = attrs.field(init=False)
    _cleanup: CleanupPlanner = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._ledgers = DayLedgers(self.job.ledgers_folder, self.job.ports.storage)
        self._standing = StandingRoots(self.job.roots.used, self.job.ports.storage)
        self._way_out = WayOut(self.job, self._standing)
        self._tally = ArchiveTally(job=self.job)
        self._folders = ArchiveFolders(self.job, is_sweeping=not self.is_preview)
        self._clips = ClipPlanner(self.job, self._ledgers, self._way_out, self._folders)
        cutter = Cutter(self.job, FootageUnits(self.job), self._tally)
        self._cleanup = CleanupPlanner(self.job, self._ledgers, self._way_out, cutter)

    def work(self) -> Iterator[Work | LeftFile]:
        """What is to be done, and what is left: first the trash, then the clips, or what the rules take.

        Raises:
            StorageError: The input cannot be listed.
            Cancelled: Asked to stop.
        """
        options, trash = self.job.options, self.job.roots.trash
        if options.purge_days is not None and trash is not None:
            yield from purges(self.job, trash, options.purge_days)
        if options.is_cleanup:
            yield from self._cleanup.evictions()
        else:
            yield from self._clips.plans()

    def carry_out(self, chosen: Iterable[Work | LeftFile] | None = None) -> ArchiveReport:
        """Do the work, all of it or what was chosen; one bad file or folder stops no other; a root that is gone does.

        Raises:
            RootHeldError: Another run works in the input or in the archive; nothing was touched.
            StorageError: The input cannot be listed, or the archive not be made.
            Cancelled: Asked to stop; what was done is recorded, and nothing is half done.
        """
        ports, started_s = self.job.ports, self.job.ports.clock.monotonic_s()
        releaser = Releaser(self.job, self._way_out, self._tally)
        verifier = Verifier(self.job, self._ledgers, self._tally)
        transcoder = Transcoder(
            self.job, self._ledgers, self._folders, self._tally, verifier, releaser, standing=self._standing
        )
        evictor = Evictor(self.job, self._ledgers, self._way_out, self._tally)
        self._standing.gone()  # from here on they are known
        try:
            for item in self.work() if chosen is None else chosen:
                ports.cancel.check()
                if self._standing.gone() is not None:
                    break
                if isinstance(item, FirstSeen):
                    self._way_out.note(item.entry, item.below, item.came_from)
                if isinstance(item, LeftFile):
                    self._tally.left(item)
                elif isinstance(item, ClipPlan):
                    transcoder.begin(item)
                elif isinstance(item, Eviction):
                    evictor.evict(item)
                else:
                    evictor.purge(item)
            transcoder.finish()
        finally:
            transcoder.abandon()
        gone = self._standing.gone()  # what was listed may have been another folder
        if gone is None:
            self._end(evictor)
        else:
            self._tally.left(gone)
        return self._tally.report(duration_s=ports.clock.monotonic_s() - started_s, oldest=tuple(self._oldest()))

    def _end(self, evictor: Evictor) -> None:
        options, trash = self.job.options, self.job.roots.trash
        if options.purge_days is not None and trash is not None:
            evictor.end_purge(trash)
        if options.is_cleanup:
            evictor.end_cleanup(self._cleanup.empty_folders)
        for day, count in self._ledgers.damaged.items():
            self.job.ports.reporter.emit(Warned(f"{count} line(s) of the ledger of {day} are torn, and not believed"))

    def _oldest(self) -> Iterator[tuple[str, str]]:
        """The oldest day in each root that holds something."""
        for root in (self.job.roots.input, self.job.roots.output):
            tree = DateTree(root, self.job.ports.storage, self.job.roots.excluded_from(root), lambda _: None)
            try:
                day = next((day.day for day in tree.days() if any(True for _ in day.entries())), None)
            except StorageError:
                continue
            if day is not None:
                yield str(root), day


@contextmanager
def hold_roots(job: ArchiveJob) -> Iterator[None]:
    """Inside, no other run works in the input or in the archive, which is made if it is missing.

    On a full disk a cleanup goes on without an archive, in which there is nothing: it makes the room for one.

    Raises:
        RootHeldError: Another run works in one of them; nothing was touched.
        StorageError: The archive cannot be made, or something cannot be locked.
    """
    storage, holder = job.ports.storage, job.options.holder
    with held(job.roots.input, storage=storage, holder=holder):
        try:
            storage.make_folder(job.roots.output)
        except NoSpaceError:
            if not job.options.is_cleanup:
                raise
            yield
            return
        with held(job.roots.output, storage=storage, holder=holder):
            yield
