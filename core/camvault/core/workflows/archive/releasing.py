"""Workflow, private part: a clip leaves the input beside its archive as witness, its pictures first.

See INV-27 and INV-28.
"""

from pathlib import PurePath

import attrs

from camvault.core.archive.lifecycle import ArchiveState, state_of_source
from camvault.core.archive.plan import ClipPlan, LeftFile, RemoveAction, release_reason
from camvault.core.archive.records import INPUT, ArchiveRecord
from camvault.core.workflows.archive.job import ActionOutcome, ArchiveJob
from camvault.core.workflows.archive.letting_go import WayOut, problem_of, rule_removal
from camvault.core.workflows.archive.tally import ArchiveTally
from camvault.core.workflows.steps.witnessed import RecordedCopy, WitnessStand
from camvault.ports.entries import FileEntry
from camvault.ports.errors import BusyError, StorageError
from camvault.ports.removal import Proof, Removal, RetentionReason
from camvault.ports.witness import FileRead


@attrs.frozen
class Releaser:
    """Lets clips go that are archived."""

    job: ArchiveJob
    way_out: WayOut
    tally: ArchiveTally

    def let_go(self, plan: ClipPlan, record: ArchiveRecord, read: FileRead | None = None) -> None:
        """Let the pictures of a clip go, and then the clip; or tell why they stay.

        Args:
            plan: What was planned with the clip.
            record: What is known of its archive.
            read: What reading that gave, if it was read in this run; otherwise it is read now.
        """
        clip, left = plan.clip, list(plan.removals)
        archive = self.job.roots.output / record.archive
        if record.facts.doubts:
            words = f"its archive {archive} may lack something of it: {'; '.join(record.facts.doubts)}"
            self._keep(clip.entry, words, left)
            return
        try:
            with archive_stand(self.job, {} if read is None else {archive: read}) as stand:
                removal = stand.removal(clip.entry, [archive_copy(record, archive)])
                if isinstance(removal, str):
                    self._keep(clip.entry, removal, left)
                    return
                state = self._state(record, archive)
                self.way_out.check(clip.path)  # before its pictures go
                while left:
                    self._leave(left[0], removal, archive, is_clip=left[0].path == clip.entry.path, state=state)
                    # power fails here: the clip without its picture is there, and goes in the next run
                    left.pop(0)
        except (StorageError, BusyError) as error:
            self._keep(left[0].entry, problem_of(error, left[0].path), left)
        else:
            self.tally.let_go_count += 1

    def _state(self, record: ArchiveRecord, archive: PurePath) -> ArchiveState:
        found = self.job.ports.storage.entry(archive)
        return state_of_source(record, archive=None if found is None else found.identity)

    def _leave(
        self, planned: RemoveAction, removal: Removal, archive: PurePath, *, is_clip: bool, state: ArchiveState
    ) -> None:
        action = attrs.evolve(planned, reason=release_reason(archive, is_clip=is_clip))

        def for_good() -> Removal:
            return removal if is_clip else rule_removal(action.entry, RetentionReason("--delete", action.reason))

        to = self.way_out.leave(action, area=INPUT, state=state, is_by_rule=False, for_good=for_good)
        self.tally.removed(action.entry)
        self.job.tell(ActionOutcome(attrs.evolve(action, to=to), is_done=True))

    def _keep(self, entry: FileEntry, reason: str, left: list[RemoveAction]) -> None:
        self.tally.left(LeftFile(entry.path, reason, is_problem=True))
        for action in left:
            self.job.tell(ActionOutcome(action, is_done=False))


def archive_stand(job: ArchiveJob, known: dict[PurePath, FileRead]) -> WitnessStand:
    """Where archives are looked at as witnesses; `known` are those that were read in this run."""
    return WitnessStand(
        storage=job.ports.storage,
        cancel=job.ports.cancel,
        locked=(),
        is_cache_trusted=job.options.is_cache_trusted,
        known=known,
    )


def archive_copy(record: ArchiveRecord, archive: PurePath) -> RecordedCopy:
    """An archive as its record names it."""
    proof = Proof(str(archive), record.source_sha256)
    return RecordedCopy(archive, record.archive_sha256, record.source_sha256, proof)
