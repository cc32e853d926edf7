"""Composition root: organize_video."""

from pathlib import Path, PurePath
from typing import Annotated

import attrs
import typer

from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.ports.errors import CamvaultError


class NotAllMovedError(CamvaultError):
    """Some files stay where they are; each was named."""


@attrs.frozen(kw_only=True)
class Options:
    """The flags of organize_video."""

    backup_config: Annotated[
        Path, typer.Option("--backup_config", metavar="FILE", help="Where footage waits for the backup.")
    ] = Path("backup.json")
    cameras_config: Annotated[
        Path, typer.Option("--cameras_config", metavar="FILE", help="Which cameras there are.")
    ] = Path("cameras.json")
    trust_cache: Annotated[
        bool,
        typer.Option(
            "--trust-cache",
            help="Let a segment go beside a copy on another file system that offers no way around its cache.",
        ),
    ] = False


def run(context: Context, options: Options) -> None:
    """Move finished segments into date folders, where the backup finds them."""
    from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.adapters.matroska import MatroskaPictures  # noqa: PLC0415
    from camvault.adapters.segmentcheck import MatroskaFootage  # noqa: PLC0415
    from camvault.adapters.system.zone import LocalZone  # noqa: PLC0415
    from camvault.apps._assembly.configuration import backup_config, cameras_config  # noqa: PLC0415
    from camvault.apps._assembly.footage import site_of_cameras  # noqa: PLC0415
    from camvault.apps._assembly.media_tools import checked_stations  # noqa: PLC0415
    from camvault.apps._assembly.places import checked_places  # noqa: PLC0415
    from camvault.apps._assembly.target import records_of  # noqa: PLC0415
    from camvault.core.workflows.recording.organize import OrganizePorts, organize  # noqa: PLC0415
    from camvault.core.workflows.recording.stream_check import StreamPorts, check_streams  # noqa: PLC0415

    config = backup_config(options.backup_config)
    cameras = cameras_config(options.cameras_config)
    closed = checked_places(context, cameras, config, is_noted=True).closed
    stations = site_of_cameras(cameras, closed=closed).stations
    storage = LocalStorage()
    ready = PurePath(config.ready_for_backup_dir)
    report = organize(
        stations,
        ready=ready,
        quarantine=config.quarantine,
        ports=OrganizePorts(
            storage=storage,
            footage=MatroskaFootage(),
            pictures=MatroskaPictures(),
            clock=context.clock,
            reporter=context.reporter,
            cancel=context.cancel,
            ledger_of_day=records_of(config, storage).ledger_of_day,
            zone=LocalZone(),
        ),
        closed=closed,
        is_cache_trusted=options.trust_cache,
    )
    check_streams(
        checked_stations(cameras, context.cancel),
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
    options=Options,
    run=run,
    log=Log.OWN,
    echo="stderr",
    exit_codes=ExitCodes(
        {
            0: "everything that is finished was moved, or put aside",
            1: "wrong usage or configuration, or no output_dir, or not the folder that is backed up, can be used",
            2: "some files could not be moved, or an output_dir not be used; all others were moved",
        },
        errors={NotAllMovedError: 2},
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
