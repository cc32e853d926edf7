"""Workflow, private part: one removal, and what is written down before it."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import PurePath, PurePosixPath

from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.segments.lifecycle import SegmentEvent, state_of, step
from camvault.core.workflows.recording.cleanup.events import ProvenSegmentKept, SegmentLost, SegmentRemoved
from camvault.core.workflows.recording.cleanup.ports import CleanupPorts
from camvault.core.workflows.steps.ask_target import Look
from camvault.core.workflows.steps.ledger_files import LedgersInUse, SyncRecords, is_same_device
from camvault.core.workflows.steps.segment_step import StepRefused
from camvault.ports.errors import NoSpaceError, StorageError
from camvault.ports.events import Failed, Warned
from camvault.ports.removal import Removal


def kept_back(look: Look, *, records: SyncRecords, ports: CleanupPorts) -> frozenset[PurePath]:
    """Report what is kept, and withdraw the proofs that do not hold; return all paths that are kept."""
    for path, reason in look.kept.items():
        entry = look.withdrawn.get(path)
        try:
            if entry is not None:
                records.add(entry)
                # power fails here: the file is here, and sent again
        except StorageError as error:
            ports.reporter.emit(Failed(f"[remove] {path} is kept: {reason}, but that cannot be written down: {error}"))
        else:
            ports.reporter.emit(ProvenSegmentKept(path, reason, entry is not None))
    return frozenset((*look.kept, *look.doubted))


def is_refused(removal: Removal, *, ready: PurePath, ledgers: LedgersInUse, ports: CleanupPorts, number: str) -> bool:
    """Whether the table of the segment's life refuses this removal; told if so.

    The state is that of the ledger as it is read now: a proof that was withdrawn since the plan was made is none.
    """
    path = PurePosixPath(removal.path.relative_to(ready))
    state = state_of(removal.identity, known=ledgers.known(path), number=number)
    event = SegmentEvent.EVICTED if removal.proof is None else SegmentEvent.CLEANED
    refusal = step(state, event).refusal
    if refusal:
        ports.reporter.emit(StepRefused("remove", path, refusal))
    return bool(refusal)


def remove(removal: Removal, *, ready: PurePath, records: SyncRecords, ports: CleanupPorts) -> bool:
    """Remove the file, and tell; False if it was gone already. What is proven nowhere is written down as lost first.

    Raises:
        StorageError: The file is kept, or the loss cannot be written down.
    """
    if removal.proof is not None:
        is_removed = ports.storage.remove(removal)
        ports.reporter.emit(SegmentRemoved(removal))
        return is_removed
    path = PurePosixPath(removal.path.relative_to(ready))
    when = ports.clock.now().astimezone(UTC).isoformat(timespec="seconds")
    lost = LedgerEntry(path, removal.identity, "", ProofKind.LOST, when, "", str(removal.reason))
    is_written = _written(lost, records, may_follow=is_same_device(ports.storage, removal.path, records.folder))
    # power fails here: written down as lost and still there, which the next run puts right
    is_removed = ports.storage.remove(removal)
    if not is_written:
        records.add(lost)
    ports.reporter.emit(SegmentLost(removal))
    return is_removed


def _written(lost: LedgerEntry, records: SyncRecords, *, may_follow: bool) -> bool:
    """Whether the loss could be written down; on a full disk the removal comes first and makes the room for it.

    `may_follow`: the file is on the disk of the records, so that its removal can do so.
    """
    try:
        records.add(lost)
    except NoSpaceError:
        if not may_follow:
            raise
        return False
    return True


def prune(folders: Sequence[PurePath], *, ready: PurePath, ports: CleanupPorts) -> int:
    """Remove the empty ones of these folders, and then the stations' folders if they are empty.

    rmdir refuses a folder that organize_video has put a file into meanwhile. Returns the number of problems.
    """
    problem_count = 0
    stations: Mapping[PurePath, None] = dict.fromkeys(f.parent for f in folders if f.parent != ready)
    for folder in (*folders, *stations):
        if folder == ready or not folder.is_relative_to(ready):
            continue
        try:
            ports.storage.prune(folder, is_root_included=True)
        except StorageError as error:
            problem_count += 1
            ports.reporter.emit(Warned(f"[remove] {error}"))
    return problem_count
