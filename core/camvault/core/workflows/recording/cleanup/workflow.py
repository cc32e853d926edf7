"""Workflow: remove segments that are proven to be at the target, and what the rules of the user choose.

No record has to be written before a removal, so cleanup works on a full disk.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import PurePath

import attrs

from camvault.core.retention.rules import Rule, Safety
from camvault.core.workflows.recording.cleanup.events import ProvenSegmentKept
from camvault.core.workflows.recording.cleanup.planning import plan_cleanup
from camvault.core.workflows.recording.cleanup.ports import CleanupPorts
from camvault.core.workflows.recording.cleanup.removing import is_refused, kept_back, prune, remove
from camvault.core.workflows.steps.alias_check import AliasCheck, NoAliasCheck
from camvault.core.workflows.steps.ask_target import RECHECK_DAYS, LookPorts, TargetLook, batches
from camvault.core.workflows.steps.ledger_files import LedgersInUse, SyncRecords
from camvault.core.workflows.steps.target_answer import no_second_disk
from camvault.ports.errors import StorageError
from camvault.ports.events import Failed, Warned
from camvault.ports.transfer import Here, Offline, Transfer, UnreadableTarget, WantedTarget

_LEFT_ASLEEP = "so says --no-look, and it was not asked"


@attrs.frozen
class CleanupReport:
    """How many files were removed, and what could not be done.

    Attributes:
        removed_count: Files that were removed.
        problem_count: Files and folders that were kept because of a problem, which was reported.
        shortfalls: Which rules could not be met, and which folders could not be listed.
        unseen: Why the target could not be looked at, so that the recorded proofs were relied on; "" if the target was
            looked at, or did not have to be.
    """

    removed_count: int = 0
    problem_count: int = 0
    shortfalls: tuple[str, ...] = ()
    unseen: str = ""


def free_space(
    ready: PurePath,
    *,
    records: SyncRecords,
    rules: Sequence[Rule],
    ports: CleanupPorts,
    number: str,
    look: TargetLook,
    safety: Safety | None = None,
) -> CleanupReport:
    """Remove what the plan says, then empty folders, but never `ready` itself.

    What is proven at the target of this `number` is looked up there once more with `look`; nothing else touches the
    target.
    A vanished file is ignored, another file of the same name is kept, one that cannot be removed stops no other.

    Raises:
        StorageError: The footage cannot be read, or the ledgers not be listed: nothing is removed. One ledger that
            cannot be read keeps the segments of its day.
        Cancelled: Asked to stop.
    """
    look.aliases.clear()
    plan = plan_cleanup(ready, records=records, rules=rules, ports=ports, number=number, safety=safety)
    ledgers = LedgersInUse(records)
    removed_count = problem_count = 0
    touched = dict.fromkeys(plan.empty_folders)
    for batch in batches(plan.removals):
        ports.cancel.check()
        kept = kept_back(look.at(batch), records=records, ports=ports)
        problem_count += len(kept)
        for removal in (removal for removal in batch if removal.path not in kept):
            ports.cancel.check()
            try:
                if is_refused(removal, ready=ready, ledgers=ledgers, ports=ports, number=number):
                    problem_count += 1
                    continue
                removed_count += remove(removal, ready=ready, records=records, ports=ports)
            except StorageError as error:
                problem_count += 1
                ports.reporter.emit(Failed(f"[remove] kept: {error}"))
            touched[removal.path.parent] = None
    problem_count += prune(tuple(touched), ready=ready, ports=ports)
    for path, reason in look.end().items():
        problem_count += 1
        ports.reporter.emit(ProvenSegmentKept(path, reason, is_withdrawn=True))
    _tell(look, ready=ready, records=records, ports=ports)
    return CleanupReport(removed_count, problem_count, plan.shortfalls, look.unseen)


def _tell(look: TargetLook, *, ready: PurePath, records: SyncRecords, ports: CleanupPorts) -> None:
    """What concerns the whole run, told once."""
    not_believed = records.not_believed()
    if not_believed:
        ports.reporter.emit(Warned(f"[remove] {not_believed}"))
    with suppress(StorageError):
        look.aliases.end()
    if look.doubt:
        ports.reporter.emit(Failed(f"[remove] what is proven is kept: {look.doubt}"))
    if isinstance(look.answer, Here) and look.answer.shares_device:
        ports.reporter.emit(Warned(f"[remove] {no_second_disk(look.ports.target, ready)}"))


def recorded_number(wanted: WantedTarget, *, ports: CleanupPorts) -> tuple[str, int]:
    """The number by which proofs count, and how many problems that is: one that cannot be read is told, and is one."""
    if isinstance(wanted, UnreadableTarget):
        words = f"[remove] what is proven is kept: which target is meant cannot be read: {wanted.problem}"
        ports.reporter.emit(Failed(words))
        return "", 1
    return wanted.number, 0


def look_at(
    target: Transfer,
    ready: PurePath,
    *,
    records: SyncRecords,
    ports: CleanupPorts,
    recheck_days: float = RECHECK_DAYS,
    is_cache_trusted: bool = False,
    is_preview: bool = False,
    asleep: str | None = None,
) -> TargetLook:
    """How `free_space` looks at the target; a preview makes no file for that.

    `asleep`: the number of a target that is not asked. It is taken for offline, and no more is believed of it.
    """
    answer = None if asleep is None else Offline(asleep, _LEFT_ASLEEP)
    look_ports = LookPorts(target=target, storage=ports.storage, clock=ports.clock, cancel=ports.cancel)
    aliases = NoAliasCheck() if is_preview else AliasCheck(ready, records.folder, ports.storage, ports.clock)
    return TargetLook(ready, LedgersInUse(records), look_ports, aliases, recheck_days, is_cache_trusted, answer)
