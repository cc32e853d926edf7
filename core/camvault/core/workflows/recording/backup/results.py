"""Workflow, private part: what came of each file, written down before it counts."""

from datetime import UTC
from pathlib import PurePosixPath

import attrs

from camvault.core.retention.removals import Proven, plan_proven
from camvault.core.segments.ledger import Ledger, LedgerEntry, ProofKind
from camvault.core.segments.lifecycle import SegmentEvent
from camvault.core.workflows.recording.backup.events import SegmentKept, SegmentSynced
from camvault.core.workflows.recording.backup.ports import BackupFolders, BackupPorts
from camvault.core.workflows.steps.ledger_files import SyncRecords, is_same_device
from camvault.core.workflows.steps.segment_states import SegmentStates
from camvault.core.workflows.steps.segment_step import StepRefused
from camvault.ports.entries import FileEntry
from camvault.ports.errors import NoSpaceError, StorageError
from camvault.ports.events import Event, Failed, Note, Warned
from camvault.ports.transfer import Here


@attrs.define
class Results:
    """What came of the files so far.

    Attributes:
        ledger: What was known of the footage of the day that is worked on, before this run sent any of it.
        lives: Where in their lives the segments of that day are.
        kept: The files that stay without a proof, each with the last reason that was told.
        synced_count: How many files were proven and written down.
        number: Of the target that is meant; "" before it was marked for the first time.
        may_make_room: Whether a removal may still make room for a record: false once it did not help.
        has_made_room: Whether one was made.
    """

    folders: BackupFolders
    ports: BackupPorts
    records: SyncRecords
    ledger: Ledger = attrs.field(factory=Ledger)
    lives: SegmentStates = attrs.field(factory=SegmentStates)
    kept: dict[PurePosixPath, str] = attrs.field(factory=dict)
    synced_count: int = 0
    number: str = ""
    may_make_room: bool = True
    has_made_room: bool = False
    _untold: set[PurePosixPath] = attrs.field(factory=set, init=False)
    """Those of `kept` of which nothing was told yet."""

    def today(self) -> str:
        """The day of the log that this run writes to."""
        return f"{self.ports.clock.now():%Y-%m-%d}"

    def when(self) -> str:
        """The time as the ledger has it: ISO 8601, UTC, to the second."""
        return self.ports.clock.now().astimezone(UTC).isoformat(timespec="seconds")

    def prove(self, file: FileEntry, sha256: str, kind: ProofKind) -> str:
        """Write the proof down; why that failed, or "".

        On a full disk the proven file itself is removed, and makes the room that its record needs.
        """
        entry = self._entry(file, sha256, kind)
        self.lives.step(entry.path, SegmentEvent.PROVEN)
        is_removed = False
        try:
            try:
                self.records.add(entry, synced_on=self.today())
            except NoSpaceError as error:
                is_removed = self._make_room(file, entry)
                if not is_removed:
                    raise error from None
                self.records.add(entry, synced_on=self.today())
        except StorageError as error:
            self.may_make_room = self.may_make_room and not is_removed
            if not is_removed:
                return f"it is at the target, but that cannot be written down: {error}"
            self.ports.reporter.emit(Failed(f"[backup] {_unrecorded(entry, error)}"))
        self.kept.pop(entry.path, None)
        self.synced_count += 1
        self.ports.reporter.emit(SegmentSynced(entry.path, entry.kind))
        return ""

    def note_damaged(self, file: FileEntry) -> None:
        """Write down that the file was sent anew and was found damaged at once: it waits for another day."""
        entry = self._entry(file, "", ProofKind.WITHDRAWN)
        try:
            self.records.add(entry)
        except StorageError as error:
            problem = f"[backup] it cannot be written down that {entry.path} is damaged: {error}"
            self.ports.reporter.emit(Warned(problem))

    def was_damaged_today(self, file: FileEntry) -> bool:
        """Whether `note_damaged` was called for this file today already, in an earlier run."""
        known = self.ledger.known(self.folders.relative(file), file.identity)
        if known is None or known.kind is not ProofKind.WITHDRAWN or known.sha256:
            return False
        return known.when[:10] == self.when()[:10]

    def keep(self, path: PurePosixPath, reason: str, *, is_told: bool = True) -> None:
        """The file stays; the reason is told once, now or when the file is kept again."""
        if is_told:
            self._keep(SegmentKept(path, reason), path, reason)
        else:
            self.kept[path] = reason
            self._untold.add(path)

    def refuse(self, path: PurePosixPath, refusal: str) -> None:
        """The table of the segment's life refuses a step: nothing is done with the file; that is told once."""
        self._keep(StepRefused("backup", path, refusal), path, refusal)

    def _keep(self, event: Event, path: PurePosixPath, reason: str) -> None:
        if self.kept.get(path) != reason or path in self._untold:
            self.ports.reporter.emit(event)
        self._untold.discard(path)
        self.kept[path] = reason

    def keep_unseen(self, error: StorageError) -> None:
        """A folder that cannot be listed stops no other."""
        path = PurePosixPath(error.path.relative_to(self.folders.ready))
        self.keep(path, f"nothing in it is sent: {error.problem}")

    def _entry(self, file: FileEntry, sha256: str, kind: ProofKind) -> LedgerEntry:
        path, where = self.folders.relative(file), self.ports.transfer.where
        return LedgerEntry(path, file.identity, sha256, kind, self.when(), self.number, where)

    def _make_room(self, file: FileEntry, entry: LedgerEntry) -> bool:
        """Remove the file that was just proven, if that can make room where the record shall be, and did so before."""
        storage, proof = self.ports.storage, entry.proof_at(self.number)
        if entry.kind is ProofKind.READ_CACHED:
            return False  # what this machine remembers of sending it is no copy
        is_of_use = self.may_make_room and is_same_device(storage, file.path, self.records.folder)
        if not is_of_use or proof is None or not isinstance(self.ports.transfer.ask(), Here):
            return False
        if self.lives.step(entry.path, SegmentEvent.CLEANED):
            return False
        for removal in plan_proven([file], proofs={file.path: Proven(file.identity, proof)}).removals:
            storage.remove(removal)
            self.has_made_room = True
            self.ports.reporter.emit(Note(f"[backup] {entry.path} removed, {removal.reason}: the disk is full"))
        return True


def _unrecorded(entry: LedgerEntry, error: StorageError) -> str:
    return (
        f"{entry.path} is at {entry.note} (SHA-256 {entry.sha256}) and was removed here to make room for the record "
        f"of that, which cannot be written all the same: {error}"
    )
