"""Workflow: free space from segments that are proven to be at the target, and by the rules of the user.

Nothing has to be written before anything is removed: it works on a full disk.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import PurePath, PurePosixPath
from typing import ClassVar

import attrs

from camvault.core.retention.rules import Rule, Safety
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.recording.cleanup_plan import CleanupPorts, plan_cleanup
from camvault.core.workflows.recording.records import SyncRecords
from camvault.core.workflows.recording.target import Look, LookPorts, TargetLook, batches
from camvault.ports.errors import NoSpaceError, StorageError
from camvault.ports.events import Event, Failed, Level, Warned
from camvault.ports.removal import Removal
from camvault.ports.transfer import Transfer


@attrs.frozen
class CleanupReport:
    """How many files are gone, and what could not be done.

    `unseen`: Why the target could not be looked at, so that recorded proofs had to do; "" if it was, or need not be.
    """

    removed_count: int = 0
    problem_count: int = 0
    shortfalls: tuple[str, ...] = ()
    unseen: str = ""


@attrs.frozen
class SegmentRemoved(Event):
    """A segment is gone from here."""

    level: ClassVar[Level] = Level.DEBUG

    removal: Removal

    def __str__(self) -> str:
        return f"{self.removal.path} removed: {self.removal.reason}"


@attrs.frozen
class SegmentLost(SegmentRemoved):
    """A rule of the user removed footage that is not proven to be anywhere else."""

    level: ClassVar[Level] = Level.WARNING

    def __str__(self) -> str:
        return f"{self.removal.path} is lost: {self.removal.reason}"


@attrs.frozen
class ProvenKept(Event):
    """A file that was proven to be at the target is kept, because the target says otherwise now."""

    level: ClassVar[Level] = Level.ERROR

    path: PurePath
    reason: str
    is_withdrawn: bool

    def __str__(self) -> str:
        withdrawn = "; its proof is withdrawn, backup_video sends it again" if self.is_withdrawn else ""
        return f"[remove] {self.path} is kept: {self.reason}{withdrawn}"


def free_space(
    ready: PurePath,
    *,
    records: SyncRecords,
    rules: Sequence[Rule],
    ports: CleanupPorts,
    safety: Safety | None = None,
    target: Transfer | None = None,
) -> CleanupReport:
    """Remove what the plan says, then empty folders, but never `ready` itself.

    With a `target`, what is proven to be there is looked up there once more (`TargetLook`); nothing else touches it.
    A vanished file is ignored, another file of the same name is kept, one that cannot be removed stops no other.

    Raises:
        StorageError: The footage or the ledger cannot be read: nothing is removed.
        Cancelled: Asked to stop.
    """
    plan = plan_cleanup(ready, records=records, rules=rules, ports=ports, safety=safety)
    look = look_at(target, ready, records=records, ports=ports) if target is not None else None
    removed_count = problem_count = 0
    touched = dict.fromkeys(plan.empty_folders)
    for batch in batches(plan.removals):
        ports.cancel.check()
        kept = _kept(look.at(batch), records=records, ports=ports) if look is not None else frozenset()
        problem_count += len(kept)
        for removal in (removal for removal in batch if removal.path not in kept):
            ports.cancel.check()
            try:
                removed_count += _remove(removal, ready=ready, records=records, ports=ports)
            except StorageError as error:
                problem_count += 1
                ports.reporter.emit(Failed(f"[remove] kept: {error}"))
            touched[removal.path.parent] = None
    problem_count += _prune(tuple(touched), ready=ready, ports=ports)
    if look is not None and look.doubt:
        ports.reporter.emit(Failed(f"[remove] what is proven is kept, while there is room: {look.doubt}"))
    return CleanupReport(removed_count, problem_count, plan.shortfalls, look.unseen if look is not None else "")


def look_at(target: Transfer, ready: PurePath, *, records: SyncRecords, ports: CleanupPorts) -> TargetLook:
    """How `free_space` looks at the target; for a preview too."""
    look_ports = LookPorts(target=target, storage=ports.storage, clock=ports.clock, cancel=ports.cancel)
    return TargetLook(ready, records, look_ports)


def _kept(look: Look, *, records: SyncRecords, ports: CleanupPorts) -> frozenset[PurePath]:
    """Say what is kept, and withdraw what is no proof any more; what cannot be written down is kept all the same."""
    for path, reason in look.kept.items():
        entry = look.withdrawn.get(path)
        try:
            if entry is not None:
                records.add(entry)
                # power fails here: the file is here, and sent again
        except StorageError as error:
            ports.reporter.emit(Failed(f"[remove] {path} is kept: {reason}, but that cannot be written down: {error}"))
        else:
            ports.reporter.emit(ProvenKept(path, reason, entry is not None))
    return frozenset((*look.kept, *look.doubted))


def _remove(removal: Removal, *, ready: PurePath, records: SyncRecords, ports: CleanupPorts) -> bool:
    if removal.proof is not None:
        is_removed = ports.storage.remove(removal)
        ports.reporter.emit(SegmentRemoved(removal))
        return is_removed
    path = PurePosixPath(removal.path.relative_to(ready))
    when = ports.clock.now().astimezone(UTC).isoformat(timespec="seconds")
    lost = LedgerEntry(path, removal.identity, "", ProofKind.LOST, when, str(removal.reason))
    is_written = _written(lost, records)
    # power fails here: written down as lost and still there, which the next run puts right
    is_removed = ports.storage.remove(removal)
    if not is_written:
        records.add(lost)
    ports.reporter.emit(SegmentLost(removal))
    return is_removed


def _written(lost: LedgerEntry, records: SyncRecords) -> bool:
    """Whether it could be written down; on a full disk the removal comes first and makes the room."""
    try:
        records.add(lost)
    except NoSpaceError:
        return False
    return True


def _prune(folders: Sequence[PurePath], *, ready: PurePath, ports: CleanupPorts) -> int:
    """Remove those that are empty, and then empty folders above them; rmdir refuses what organize just filled."""
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
