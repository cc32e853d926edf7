"""Composition root: organize_video."""

from pathlib import Path, PurePath
from typing import Annotated

import typer

from camvault.apps._cli import Context, ExitCodes, Log, Stage
from camvault.ports.errors import CamvaultError


class NotAllMovedError(CamvaultError):
    """Some files stay where they are; each was named."""


def run(
    context: Context,
    /,
    *,
    backup_config: Annotated[
        Path, typer.Option("--backup_config", metavar="FILE", help="Where footage waits for the backup.")
    ] = Path("backup.json"),
    cameras_config: Annotated[
        Path, typer.Option("--cameras_config", metavar="FILE", help="Which cameras there are.")
    ] = Path("cameras.json"),
) -> None:
    """Move finished segments into date folders, where the backup finds them."""
    from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.adapters.segmentcheck import MatroskaFootage  # noqa: PLC0415
    from camvault.adapters.system.zone import LocalZone  # noqa: PLC0415
    from camvault.apps import _video  # noqa: PLC0415
    from camvault.core.workflows.recording.organize import OrganizePorts, organize  # noqa: PLC0415
    from camvault.core.workflows.recording.stream_check import StreamPorts, check_streams  # noqa: PLC0415

    config = _video.backup_config(backup_config)
    cameras = _video.cameras_config(cameras_config)
    stations = _video.stations_of(cameras)
    storage = LocalStorage()
    ready = PurePath(config.ready_for_backup_dir)
    report = organize(
        stations,
        ready=ready,
        quarantine=_video.quarantine_of(config),
        ports=OrganizePorts(
            storage=storage,
            footage=MatroskaFootage(),
            clock=context.clock,
            reporter=context.reporter,
            cancel=context.cancel,
            ledger_of_day=_video.records_of(config, storage).ledger_of_day,
            zone=LocalZone(),
        ),
    )
    check_streams(
        _video.checked_stations(cameras, context.cancel),
        newest=report.newest,
        ports=StreamPorts(storage=storage, reporter=context.reporter, cancel=context.cancel),
    )
    context.print_result(f"[organize] moved {report.moved_count} file(s) → {ready}")
    if report.quarantined_count:
        context.print_result(f"[organize] put {report.quarantined_count} broken file(s) aside")
    if report.problem_count:
        raise NotAllMovedError(
            f"[organize] {report.problem_count} problem(s), see above; the files stay where they are"
        )


STAGE = Stage(
    name="organize_video",
    run=run,
    log=Log.OWN,
    echo="stderr",
    exit_codes=ExitCodes(
        {
            0: "everything that is finished was moved, or put aside",
            1: "wrong usage or configuration, or there is no output_dir",
            2: "some files could not be moved; all others were",
        },
        errors={NotAllMovedError: 2},
    ),
)
entry = STAGE.entry

if __name__ == "__main__":
    entry()
