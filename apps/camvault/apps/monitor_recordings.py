"""Composition root: monitor_recordings."""

from pathlib import Path, PurePath
from typing import Annotated

import attrs
import typer

from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.ports.errors import BusyError, CamvaultError
from camvault.ports.events import Note


class FiguresMissingError(CamvaultError):
    """Figures could not be had or written; each problem was named."""


@attrs.frozen(kw_only=True)
class Options:
    """The flags of monitor_recordings."""

    recording_dir: Annotated[Path, typer.Option("--recording_dir", metavar="DIR", help="The folder of all stations.")]
    segment_time: Annotated[
        int, typer.Option("--segment_time", metavar="SECONDS", min=1, max=86_400, help="The length of a segment.")
    ] = 600
    multiplier: Annotated[
        int,
        typer.Option(
            "--multiplier", metavar="N", min=1, max=10_000, help="So many segments without progress are a stall."
        ),
    ] = 2
    cameras_config: Annotated[
        Path | None,
        typer.Option("--cameras_config", metavar="FILE", help="Watch these cameras, also without any folder."),
    ] = None
    backup_config: Annotated[
        Path | None, typer.Option("--backup_config", metavar="FILE", help="For figures of the backup in --metrics.")
    ] = None
    state: Annotated[Path | None, typer.Option("--state", metavar="FILE", help="What is remembered between runs.")] = (
        None
    )
    alert_after: Annotated[
        float,
        typer.Option(
            "--alert-after", metavar="SECONDS", min=0, max=86_400, help="Tell so long after a stall is found."
        ),
    ] = 0
    alert_below: Annotated[
        float,
        typer.Option(
            "--alert-below", metavar="PERCENT", min=0, max=100, help="Tell when less of the last hour is recorded."
        ),
    ] = 90
    disk_limit: Annotated[
        float, typer.Option("--disk-limit", metavar="PERCENT", min=1, max=100, help="Tell of a disk as full as this.")
    ] = 85
    alert_command: Annotated[
        str | None, typer.Option("--alert-command", metavar="PROGRAM", help="Gets each alert on its stdin.")
    ] = None
    alert_urls: Annotated[
        Path | None, typer.Option("--alert-urls", metavar="FILE", help="URLs of webhooks and services, one a line.")
    ] = None
    ping_url: Annotated[
        Path | None,
        typer.Option("--ping-url", metavar="FILE", help="The URL in it is asked for after each look: a sign of life."),
    ] = None
    metrics: Annotated[
        Path | None, typer.Option("--metrics", metavar="FILE", help="Write figures for Prometheus' node exporter.")
    ] = None


def run(context: Context, options: Options) -> None:
    """Restart recorders that stand still, and tell the operator once for each incident. Mail: SMTP_*, ALERT_TO."""
    import os  # noqa: PLC0415 - heavy imports: --help must stay fast

    from camvault.adapters.filesystem import read_mount_table  # noqa: PLC0415
    from camvault.apps._assembly import operator  # noqa: PLC0415
    from camvault.apps._assembly.footage import watched_stations  # noqa: PLC0415
    from camvault.apps._assembly.metrics import publish  # noqa: PLC0415
    from camvault.apps._assembly.places import watched_places  # noqa: PLC0415
    from camvault.core.workflows.recording.monitor import MonitorOptions, monitor  # noqa: PLC0415

    ports = attrs.evolve(
        operator.monitor_ports(context, os.environ, options.alert_command, options.alert_urls),
        pulse=operator.pulse(context, options.ping_url),
    )
    recording_dir = PurePath(options.recording_dir.absolute())
    found = watched_places(context, options.cameras_config, options.backup_config)
    asked = MonitorOptions(
        recording_dir=recording_dir,
        places={folder: problem for folder, problem in found.items() if folder != recording_dir},
        jobs=operator.watched_jobs(options.cameras_config, options.backup_config),
        segment_s=options.segment_time,
        multiplier=options.multiplier,
        cameras=watched_stations(options.cameras_config),
        state_paths=operator.state_paths(options.recording_dir, options.state),
        boot=operator.boot_name(),
        host=operator.host_name(),
        alert_after_s=options.alert_after,
        low_percent=options.alert_below,
        disk_limit_percent=options.disk_limit,
        mounts=read_mount_table(),
    )
    try:
        report = monitor(asked, ports)
    except BusyError:
        context.reporter.emit(Note("Another monitor_recordings is looking at it; nothing to do."))
        return
    if options.metrics is not None:
        configs = options.cameras_config, options.backup_config
        problem_count = publish(context, report, asked, configs, options.metrics)
        if problem_count:
            raise FiguresMissingError(f"--metrics: figures are missing, {problem_count} problem(s), see above")


STAGE = Stage(
    name="monitor_recordings",
    options=Options,
    run=run,
    log=Log.OWN,
    echo="stdout",
    lines="brackets",
    exit_codes=ExitCodes(
        {
            0: "looked, whatever was found; also if another run was looking",
            1: "wrong usage or configuration, or the recording folder is missing or cannot be listed",
            2: "looked, and figures of --metrics could not be had or written; each is named",
        },
        errors={FiguresMissingError: 2},
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
