"""Workflow: free space from segments that are proven to be at the target, and by the rules of the user.

Nothing has to be written before anything is removed: it works on a full disk.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import PurePath, PurePosixPath
from typing import ClassVar

import attrs

from camvault.core.retention_rules import Rule, Safety
from camvault.core.sync_log import LedgerEntry, ProofKind
from camvault.core.workflows.cleanup_plan import CleanupPorts, plan_cleanup
from camvault.core.workflows.sync_records import SyncRecords
from camvault.ports.errors import NoSpaceError, StorageError
from camvault.ports.events import Event, Failed, Level, Warned
from camvault.ports.removal import Removal


@attrs.frozen
class CleanupReport:
    """How many files are gone, and what could not be done."""

    removed_count: int = 0
    problem_count: int = 0
    shortfalls: tuple[str, ...] = ()


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


def free_space(
    ready: PurePath, *, records: SyncRecords, rules: Sequence[Rule], ports: CleanupPorts, safety: Safety | None = None
) -> CleanupReport:
    """Remove what the plan says, then empty folders, but never `ready` itself.

    A vanished file is ignored, another file of the same name is kept, one that cannot be removed stops no other.

    Raises:
        StorageError: The footage or the ledger cannot be read: nothing is removed.
        Cancelled: Asked to stop.
    """
    plan = plan_cleanup(ready, records=records, rules=rules, ports=ports, safety=safety)
    removed_count = problem_count = 0
    touched = dict.fromkeys(plan.empty_folders)
    for removal in plan.removals:
        ports.cancel.check()
        try:
            removed_count += _remove(removal, ready=ready, records=records, ports=ports)
        except StorageError as error:
            problem_count += 1
            ports.reporter.emit(Failed(f"[remove] kept: {error}"))
        touched[removal.path.parent] = None
    problem_count += _prune(tuple(touched), ready=ready, ports=ports)
    return CleanupReport(removed_count, problem_count, plan.shortfalls)


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
