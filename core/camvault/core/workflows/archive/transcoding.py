"""Workflow, private part: clips are transcoded, proven, recorded, and then let go.

Workers only read sources and write temporary files; final names, records and removals are made on the thread that runs
the workflow, so that a stop leaves nothing half done. What goes wrong with one clip ends that clip: it is kept, and the
others go on.
"""

from concurrent.futures import Future

import attrs

from camvault.core.archive.plan import ClipPlan, ClipStep, LeftFile, TranscodeAction
from camvault.core.archive.records import ArchiveFacts, ArchiveRecord
from camvault.core.workflows.archive.archive_folders import ArchiveFolders
from camvault.core.workflows.archive.encoding import MadeArchive, check_same, encoded
from camvault.core.workflows.archive.events import (
    ArchiveMadeOf,
    TranscodeFailed,
)
from camvault.core.workflows.archive.job import ActionOutcome, ArchiveJob
from camvault.core.workflows.archive.ledgers import DayLedgers, new_record
from camvault.core.workflows.archive.releasing import Releaser
from camvault.core.workflows.archive.standing import StandingRoots
from camvault.core.workflows.archive.tally import ArchiveTally
from camvault.core.workflows.archive.verifying import Verifier
from camvault.core.workflows.steps.ended_work import first_ended, wait_for_all
from camvault.core.workflows.steps.linked_cancellation import LinkedCancellation
from camvault.core.workflows.steps.target_claim import discard_temporary, temporary_path
from camvault.ports.archiving import ArchiveMade, ArchiveSettings
from camvault.ports.entries import FileEntry, FileIdentity
from camvault.ports.errors import CamvaultError, Cancelled, ChangedError, ExistsError, StorageError
from camvault.ports.events import Progressed
from camvault.ports.witness import FileRead


@attrs.define(eq=False)
class Transcoder:
    """Carries out the plans of clips."""

    job: ArchiveJob
    ledgers: DayLedgers
    folders: ArchiveFolders
    tally: ArchiveTally
    verifier: Verifier
    releaser: Releaser
    standing: StandingRoots
    _running: dict["Future[MadeArchive]", ClipPlan] = attrs.field(factory=dict, init=False)
    _stop: LinkedCancellation = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._stop = LinkedCancellation(self.job.ports.cancel)

    def begin(self, plan: ClipPlan) -> None:
        """Carry out a plan; a transcode may go on while others begin.

        Raises:
            Cancelled: Asked to stop.
        """
        self.job.ports.cancel.check()
        if plan.step is ClipStep.LET_GO and plan.record is not None:
            self.releaser.let_go(plan, plan.record)
            return
        if plan.step is ClipStep.VERIFY:
            self._verify(plan)
        else:
            self._submit(plan)

    def finish(self) -> None:
        """Wait for what is still running.

        Raises:
            Cancelled: Asked to stop.
        """
        while self._running:
            self._take()

    def abandon(self) -> None:
        """Stop the workers, wait for them, and remove what they wrote."""
        self._stop.request()
        for future in self._running:
            future.cancel()
        wait_for_all(self._running)
        for plan in self._running.values():
            self._discard(plan)
        self._running.clear()

    def _verify(self, plan: ClipPlan) -> None:
        """Look for an archive of this clip among those of its time; without one the clip is transcoded."""
        try:
            record = self.verifier.record_of_one(plan)
            if record is not None:
                self.releaser.let_go(plan, record)
                return
            archive = self.folders.free_path(plan.clip.name.stamp)
        except StorageError as error:
            self._fail(plan, str(error))
            return
        reason = "what was in its place is no archive of it"
        self._submit(plan._replace(step=ClipStep.TRANSCODE, reason=reason, archive_text=str(archive)))

    def _submit(self, plan: ClipPlan) -> None:
        while len(self._running) >= self.job.options.job_count:
            self._take()
        self.folders.promised.add(plan.archive)
        try:
            self.folders.of(plan.clip.name.stamp)
        except StorageError as error:
            self.folders.promised.discard(plan.archive)
            self._fail(plan, str(error))
            return
        future = self.job.ports.executor.submit(encoded, self.job, plan, self.job.options.settings, self._stop)
        self._running[future] = plan

    def _take(self) -> None:
        ended = first_ended(self._running)
        for future in [future for future in self._running if future in ended]:
            plan = self._running[future]
            try:
                record, read = self._published(plan, future.result())
            except Cancelled:
                raise
            except CamvaultError as error:
                self._discard(plan)
                self._fail(plan, str(error))
            else:
                self._tell_transcode(plan, record, is_done=True)
                self.releaser.let_go(plan, record, read)
            del self._running[future]
            self.folders.promised.discard(plan.archive)

    def _published(self, plan: ClipPlan, encode: MadeArchive) -> tuple[ArchiveRecord, FileRead]:
        """Record the archive, and give it its name.

        The record comes first: it says what the archive may lack, which nobody could see later. Nothing is replaced but
        the recorded archive of this clip, by one without a doubt (INV-30). A clip of the same name, size and time may
        be another one: then the recorded archive is of that, and stays.
        """
        ports, temporary = self.job.ports, temporary_path(plan.archive)
        is_replacing = plan.record is not None and plan.record.source_sha256 == encode.source_sha256
        if is_replacing and encode.made.doubts:
            words = "; ".join(encode.made.doubts)
            raise ChangedError(plan.archive, f"the earlier archive stays, the new one may lack something: {words}")
        self.standing.check()
        check_same(FileEntry(temporary, encode.read.identity), ports.storage.entry(temporary))
        is_free = plan.record is None or is_replacing
        target = plan.archive if is_free else self.folders.free_path(plan.clip.name.stamp)
        while True:
            record = new_record(
                self.job,
                plan.clip,
                target,
                source_sha256=encode.source_sha256,
                read=encode.read,
                facts=_facts(encode.made, self.job.options.settings),
            )
            if not is_replacing:
                self.ledgers.add_record(plan.clip.name.stamp, record)
                # power fails here: the recorded archive is not there, and the clip is transcoded again
            try:
                entry = ports.storage.publish(temporary, target=target, replace=is_replacing)
            except ExistsError:
                target = self.folders.free_path(plan.clip.name.stamp)
                continue
            if is_replacing:
                # power fails here: an archive without a record, which is verified
                self.ledgers.add_record(plan.clip.name.stamp, record)
            return record, attrs.evolve(encode.read, identity=_same(entry, encode.read.identity))

    def _discard(self, plan: ClipPlan) -> None:
        """Remove what was written under the temporary name; what cannot be removed, a later run removes."""
        try:
            discard_temporary(temporary_path(plan.archive), storage=self.job.ports.storage)
        except StorageError as error:
            self.tally.left(LeftFile(error.path, f"it is unfinished, and cannot be removed: {error.problem}", True))

    def _fail(self, plan: ClipPlan, reason: str) -> None:
        self.tally.failed_count += 1
        self.job.ports.reporter.emit(TranscodeFailed(plan.clip.entry.path, reason))
        self.tally.left(LeftFile(plan.clip.entry.path, reason, is_problem=True), is_told=True)
        for action in plan.actions():
            self.job.tell(ActionOutcome(action, is_done=False))

    def _tell_transcode(self, plan: ClipPlan, record: ArchiveRecord, *, is_done: bool) -> None:
        source, archive = plan.clip.entry, self.job.roots.output / record.archive
        self.tally.transcoded(source.identity.size_bytes, record)
        self.job.ports.reporter.emit(
            ArchiveMadeOf(
                source.path,
                archive,
                source.identity.size_bytes,
                record.archive_identity.size_bytes,
                record.facts.encoder,
                record.facts.quality,
            )
        )
        self.job.ports.reporter.emit(
            Progressed("archive", self.tally.transcoded_count, None, unit="clips", item=source.path.name)
        )
        self.job.tell(ActionOutcome(TranscodeAction(source.path, archive, plan.reason), is_done=is_done))


def _same(entry: FileEntry, read: FileIdentity) -> FileIdentity:
    """The identity of a file under its final name, which was read under its temporary one."""
    if entry.identity != read or (entry.identity.inode, entry.identity.device) != (read.inode, read.device):
        raise ChangedError(entry.path, "it is not the file that was made")
    return entry.identity


def _facts(made: ArchiveMade, settings: ArchiveSettings) -> ArchiveFacts:
    return ArchiveFacts(
        encoder=made.encoder,
        settings=_words(settings),
        duration_s=made.duration_s,
        quality=made.quality,
        doubts=made.doubts,
    )


def _words(settings: ArchiveSettings) -> str:
    stretch = ", stretched" if settings.is_stretched else ""
    return (
        f"{settings.width_px}x{settings.height_px}{stretch}, quality {settings.quality}, sound {settings.sound.value}"
    )
