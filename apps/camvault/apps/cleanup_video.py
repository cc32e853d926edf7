"""Composition root: cleanup_video."""

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from camvault.apps._cli import Context, ExitCodes, Log, Stage
from camvault.ports.errors import CamvaultError
from camvault.ports.events import Note

if TYPE_CHECKING:
    from camvault.core.retention.rules import Rule
    from camvault.core.workflows.recording.cleanup_plan import CleanupPlan
    from camvault.core.workflows.recording.target import TargetLook


_LOOK_LIMIT_S = 300.0


class NotAllRemovedError(CamvaultError):
    """Something could not be removed, or a rule could not be met; each was named."""


def run(
    context: Context,
    /,
    *,
    backup_config: Annotated[
        Path, typer.Option("--backup_config", metavar="FILE", help="Where the footage and the logs are.")
    ] = Path("backup.json"),
    cameras_config: Annotated[  # noqa: ARG001 - accepted because all jobs are started with both
        Path | None, typer.Option("--cameras_config", metavar="FILE", help="Accepted and not used.")
    ] = None,
    keep_days: Annotated[
        float | None,
        typer.Option("--keep-days", metavar="DAYS", min=0, help="Keep what is proven elsewhere for so many days."),
    ] = None,
    min_free: Annotated[
        int | None,
        typer.Option("--min-free", metavar="BYTES", min=0, help="Remove what --keep-days keeps until so much is free."),
    ] = None,
    max_days: Annotated[
        float | None, typer.Option("--max-days", metavar="DAYS", min=0.001, help="Nothing older stays.")
    ] = None,
    max_bytes: Annotated[
        int | None, typer.Option("--max-bytes", metavar="BYTES", min=0, help="All segments take no more.")
    ] = None,
    may_lose: Annotated[
        bool,
        typer.Option(
            "--may-lose", help="The last three rules may also take what is nowhere else; that is written down."
        ),
    ] = False,
    no_look: Annotated[
        bool, typer.Option("--no-look", help="Believe what was proven before; leave the target asleep.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would go and why, and change nothing.")
    ] = False,
) -> None:
    """Delete segments that are proven to be at the target, then empty date folders."""
    from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.apps import _video  # noqa: PLC0415
    from camvault.core.retention.rules import KeepDays, MaxBytes, MaxDays, MinFree  # noqa: PLC0415
    from camvault.core.workflows.recording.cleanup_plan import CleanupPorts, plan_cleanup  # noqa: PLC0415
    from camvault.core.workflows.recording.cleanup import free_space, look_at  # noqa: PLC0415

    config = _video.backup_config(backup_config)
    storage = LocalStorage()
    ready, records = PurePath(config.ready_for_backup_dir), _video.records_of(config, storage)
    rules: list[Rule] = [KeepDays(config.keep_days if keep_days is None else keep_days)]
    if max_days is not None:
        rules.append(MaxDays(max_days, may_lose))
    if max_bytes is not None:
        rules.append(MaxBytes(max_bytes, may_lose=may_lose))
    floor_bytes = config.min_free_bytes if min_free is None else min_free
    if floor_bytes:
        rules.append(MinFree(floor_bytes, may_lose))
    ports = CleanupPorts(storage=storage, clock=context.clock, reporter=context.reporter, cancel=context.cancel)
    target = None
    if not no_look:
        target = _video.transfer_of(config, storage, context.cancel, limit_s=_LOOK_LIMIT_S, on_command=lambda _: None)
    if dry_run:
        look = look_at(target, ready, records=records, ports=ports) if target is not None else None
        _print_plan(context, plan_cleanup(ready, records=records, rules=rules, ports=ports), look)
        return
    report = free_space(ready, records=records, rules=rules, ports=ports, target=target)
    if report.unseen:
        context.reporter.emit(Note(f"[remove] the target was not looked at: {report.unseen}"))
    context.print_result(f"[remove] deleted {report.removed_count} files")
    if report.problem_count or report.shortfalls:
        words = "; ".join(
            (*report.shortfalls, *([f"{report.problem_count} problem(s), see above"] * bool(report.problem_count)))
        )
        raise NotAllRemovedError(f"[remove] {words}")


def _print_plan(context: Context, plan: "CleanupPlan", target: "TargetLook | None") -> None:
    from camvault.core.workflows.recording.target import Look, batches  # noqa: PLC0415 - heavy imports

    count = size_bytes = 0
    for batch in batches(plan.removals):
        look = target.at(batch) if target is not None else Look()
        for removal in batch:
            if removal.path in look.kept:
                context.print_result(f"[remove] would keep {removal.path}: {look.kept[removal.path]}")
            elif removal.path in look.doubted:
                context.print_result(f"[remove] would keep {removal.path}: the target is in doubt")
            else:
                context.print_result(f"[remove] would delete {removal.path}: {removal.reason}")
                count, size_bytes = count + 1, size_bytes + removal.identity.size_bytes
    if target is not None and target.unseen:
        context.reporter.emit(Note(f"[remove] the target was not looked at: {target.unseen}"))
    if target is not None and target.doubt:
        context.reporter.emit(Note(f"[remove] what is proven would be kept, while there is room: {target.doubt}"))
    context.print_result(f"[remove] would delete {count} files, {size_bytes:,} bytes")
    for shortfall in plan.shortfalls:
        context.print_result(f"[remove] {shortfall}")


STAGE = Stage(
    name="cleanup_video",
    run=run,
    log=Log.OWN,
    echo="stderr",
    exit_codes=ExitCodes(
        {
            0: "what is proven to be elsewhere is gone, as far as the rules ask for it",
            1: "wrong usage or configuration, or the footage or a ledger cannot be read",
            2: "something is kept: it could not be removed, or the target lost it; or a rule could not be met",
        },
        errors={NotAllRemovedError: 2},
    ),
)
entry = STAGE.entry

if __name__ == "__main__":
    entry()
