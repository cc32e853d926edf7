"""Composition root: backup_video."""

from pathlib import Path, PurePath
from typing import Annotated

import attrs
import typer

from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.ports.errors import CamvaultError
from camvault.ports.transfer import TargetError


class NotAllSyncedError(CamvaultError):
    """Some files are not proven to be at the target and are kept; each was named."""


@attrs.frozen(kw_only=True)
class Options:
    """The flags of backup_video."""

    backup_config: Annotated[
        Path, typer.Option("--backup_config", metavar="FILE", help="What to send, where to, and where the logs are.")
    ] = Path("backup.json")
    cameras_config: Annotated[
        Path | None,
        typer.Option("--cameras_config", metavar="FILE", help="Compare its folders with those of the backup."),
    ] = None
    init_target: Annotated[
        bool, typer.Option("--init-target", help="Take the target although it looks like one that is not mounted.")
    ] = False
    hang_limit: Annotated[
        float,
        typer.Option(
            "--hang-limit",
            metavar="SECONDS",
            min=1,
            max=86_400,
            help="Stop an rsync or a read-back after that, plus time for its bytes.",
        ),
    ] = 300


def run(context: Context, options: Options) -> None:
    """Send what is not at the target yet, and look what really arrived there."""
    from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.apps._assembly.configuration import backup_config  # noqa: PLC0415
    from camvault.apps._assembly.places import check_backup_places  # noqa: PLC0415
    from camvault.apps._assembly.target import check_rsync, transfer_of  # noqa: PLC0415
    from camvault.core.workflows.recording.backup import BackupFolders, BackupPorts, back_up  # noqa: PLC0415

    config = backup_config(options.backup_config)
    check_backup_places(context, config, options.cameras_config)
    check_rsync()
    storage = LocalStorage()
    folders = BackupFolders(
        ready=PurePath(config.ready_for_backup_dir),
        success=PurePath(config.success_log_dir),
        lock=PurePath(config.lock_dir),
    )
    transfer = transfer_of(
        config,
        storage,
        context.cancel,
        limit_s=options.hang_limit,
        on_command=lambda argv: context.print_result(f"[backup] running: {' '.join(argv)}"),
    )
    report = back_up(
        folders=folders,
        ports=BackupPorts(
            storage=storage,
            transfer=transfer,
            clock=context.clock,
            reporter=context.reporter,
            cancel=context.cancel,
        ),
        may_begin=options.init_target,
    )
    if report.is_busy:
        context.print_result("[backup] another instance is running – abort")  # noqa: RUF001 - as specified
        return
    if report.synced_count or report.kept_count:
        context.print_result(f"[backup] synced {report.synced_count} file(s)")
    elif not report.target_problem:
        context.print_result("[backup] nothing new to sync")
    if report.target_problem:
        raise TargetError("[backup] everything is kept", report.target_problem)
    if report.kept_count:
        raise NotAllSyncedError(f"[backup] {report.kept_count} file(s) are kept, see above")


STAGE = Stage(
    name="backup_video",
    options=Options,
    run=run,
    log=Log.OWN,
    echo="stderr",
    exit_codes=ExitCodes(
        {
            0: "everything is proven to be at the target, or another instance is at work",
            1: "wrong usage or configuration, folders that overlap or whose disk is not mounted, or there is no rsync",
            2: "some files are kept because they are not proven to be at the target; all others were synced",
            3: "the target is not there, does not answer, or is another one; nothing was written to it",
        },
        errors={NotAllSyncedError: 2, TargetError: 3},
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
