"""Composition root: cleanup_video."""

from pathlib import Path, PurePath
from typing import Annotated

import attrs
import typer

from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.ports.errors import CamvaultError
from camvault.ports.events import Note

_LOOK_LIMIT_S = 300.0


class NotAllRemovedError(CamvaultError):
    """Something could not be removed, or a rule could not be met; each was named."""


@attrs.frozen(kw_only=True)
class Options:
    """The flags of cleanup_video."""

    backup_config: Annotated[
        Path, typer.Option("--backup_config", metavar="FILE", help="Where the footage and the logs are.")
    ] = Path("backup.json")
    cameras_config: Annotated[
        Path | None,
        typer.Option("--cameras_config", metavar="FILE", help="Compare its folders with those of the backup."),
    ] = None
    keep_days: Annotated[
        float | None,
        typer.Option(
            "--keep-days", metavar="DAYS", min=0, max=1_000_000, help="Keep what is proven elsewhere for so many days."
        ),
    ] = None
    min_free: Annotated[
        int | None,
        typer.Option(
            "--min-free",
            metavar="BYTES",
            min=0,
            max=2**63 - 1,
            help="Remove what --keep-days keeps until so much is free.",
        ),
    ] = None
    max_days: Annotated[
        float | None, typer.Option("--max-days", metavar="DAYS", min=0.001, max=1_000_000, help="Nothing older stays.")
    ] = None
    max_bytes: Annotated[
        int | None,
        typer.Option("--max-bytes", metavar="BYTES", min=0, max=2**63 - 1, help="All segments take no more."),
    ] = None
    may_lose: Annotated[
        bool,
        typer.Option(
            "--may-lose", help="The last three rules may also take what is nowhere else; that is written down."
        ),
    ] = False
    no_look: Annotated[bool, typer.Option("--no-look", help="Leave the target asleep, and take it for offline.")] = (
        False
    )
    recheck_days: Annotated[
        float,
        typer.Option(
            "--recheck-days",
            metavar="DAYS",
            min=0,
            max=36_500,
            help="What was read back longer ago is read at the target again before it goes; 0: everything is.",
        ),
    ] = 30
    trust_cache: Annotated[
        bool,
        typer.Option(
            "--trust-cache",
            help="Let go what was proven as `read-cached`: the target's file system offers no way around its cache.",
        ),
    ] = False
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would go and why, and change nothing.")] = False


def run(context: Context, options: Options) -> None:
    """Delete segments that are proven to be at the target, then empty date folders."""
    from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.apps._assembly.configuration import backup_config  # noqa: PLC0415
    from camvault.apps._assembly.places import check_backup_places  # noqa: PLC0415
    from camvault.apps._assembly.target import records_of, transfer_of  # noqa: PLC0415
    from camvault.core.retention.chosen_rules import chosen_rules  # noqa: PLC0415
    from camvault.core.workflows.recording.cleanup import (  # noqa: PLC0415
        CleanupPorts,
        free_space,
        look_at,
        plan_cleanup,
        recorded_number,
    )
    from camvault.core.workflows.recording.cleanup.preview import preview  # noqa: PLC0415

    config = backup_config(options.backup_config)
    check_backup_places(context, config, options.cameras_config, is_noted=not options.dry_run)
    storage = LocalStorage()
    ready, records = PurePath(config.ready_for_backup_dir), records_of(config, storage)
    rules = chosen_rules(
        keep_days=config.keep_days if options.keep_days is None else options.keep_days,
        min_free_bytes=config.min_free_bytes if options.min_free is None else options.min_free,
        max_days=options.max_days,
        max_bytes=options.max_bytes,
        may_lose=options.may_lose,
    )
    ports = CleanupPorts(storage=storage, clock=context.clock, reporter=context.reporter, cancel=context.cancel)
    target = transfer_of(config, storage, context.cancel, limit_s=_LOOK_LIMIT_S)
    number, unread_count = recorded_number(target.wanted(), ports=ports)
    look = look_at(
        target,
        ready,
        records=records,
        ports=ports,
        recheck_days=options.recheck_days,
        is_cache_trusted=options.trust_cache,
        is_preview=options.dry_run,
        asleep=number if options.no_look else None,
    )
    if options.dry_run:
        plan = plan_cleanup(ready, records=records, rules=rules, ports=ports, number=number)
        for line in preview(plan, target=look, reporter=context.reporter):
            context.print_result(line)
        return
    report = free_space(
        ready,
        records=records,
        rules=rules,
        ports=ports,
        number=number,
        look=look,
    )
    if report.unseen:
        context.reporter.emit(Note(f"[remove] the target was not looked at: {report.unseen}"))
    context.print_result(f"[remove] deleted {report.removed_count} files")
    problem_count = report.problem_count + unread_count
    if problem_count or report.shortfalls:
        words = "; ".join((*report.shortfalls, *([f"{problem_count} problem(s), see above"] * bool(problem_count))))
        raise NotAllRemovedError(f"[remove] {words}")


STAGE = Stage(
    name="cleanup_video",
    options=Options,
    run=run,
    log=Log.OWN,
    echo="stderr",
    exit_codes=ExitCodes(
        {
            0: "what is proven to be elsewhere is gone, as far as the rules ask for it",
            1: "wrong usage or configuration, folders that overlap or whose disk is not mounted, or the footage or the "
            "ledgers cannot be listed",
            2: "something is kept: it could not be removed, or the target lost it, or the ledger of its day cannot be "
            "read; or a rule could not be met",
        },
        errors={NotAllRemovedError: 2},
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
