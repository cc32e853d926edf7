"""Composition root: monitor_recordings."""

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from camvault.apps._cli import Context, ExitCodes, Log, Stage
from camvault.ports.errors import BusyError

if TYPE_CHECKING:
    from camvault.core.workflows.recording.coverage import Places
    from camvault.core.workflows.recording.monitor import MonitorOptions, MonitorReport


def run(
    context: Context,
    /,
    *,
    recording_dir: Annotated[Path, typer.Option("--recording_dir", metavar="DIR", help="The folder of all stations.")],
    segment_time: Annotated[
        int, typer.Option("--segment_time", metavar="SECONDS", min=1, help="The length of a segment.")
    ] = 600,
    multiplier: Annotated[
        int, typer.Option("--multiplier", metavar="N", min=1, help="So many segments without progress are a stall.")
    ] = 2,
    cameras_config: Annotated[
        Path | None,
        typer.Option("--cameras_config", metavar="FILE", help="Watch these cameras, also without any folder."),
    ] = None,
    backup_config: Annotated[
        Path | None, typer.Option("--backup_config", metavar="FILE", help="For figures of the backup in --metrics.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option("--state", metavar="FILE", help="What is remembered between runs.")
    ] = None,
    disk_limit: Annotated[
        float, typer.Option("--disk-limit", metavar="PERCENT", min=1, max=100, help="Tell of a disk as full as this.")
    ] = 85,
    alert_command: Annotated[
        str | None, typer.Option("--alert-command", metavar="PROGRAM", help="Gets each alert on its stdin.")
    ] = None,
    alert_urls: Annotated[
        Path | None, typer.Option("--alert-urls", metavar="FILE", help="URLs of webhooks and services, one a line.")
    ] = None,
    metrics: Annotated[
        Path | None, typer.Option("--metrics", metavar="FILE", help="Write figures for Prometheus' node exporter.")
    ] = None,
) -> None:
    """Restart recorders that stand still, and tell the operator once for each incident. Mail: SMTP_*, ALERT_TO."""
    import os  # noqa: PLC0415 - heavy imports: --help must stay fast

    from camvault.adapters.filesystem import LocalStorage, read_mount_table  # noqa: PLC0415
    from camvault.adapters.jsonfile import JsonDocuments  # noqa: PLC0415
    from camvault.adapters.systemd import Systemctl  # noqa: PLC0415
    from camvault.apps import _watch  # noqa: PLC0415
    from camvault.core.workflows.recording.monitor import MonitorOptions, MonitorPorts, monitor  # noqa: PLC0415
    from camvault.ports.events import Note  # noqa: PLC0415

    channels, mail_is_missing = _watch.channels(context, os.environ, alert_command, alert_urls)
    storage = LocalStorage()
    options = MonitorOptions(
        recording_dir=PurePath(recording_dir.absolute()),
        segment_s=segment_time,
        multiplier=multiplier,
        cameras=_watch.watched_stations(cameras_config),
        state_paths=_watch.state_paths(recording_dir, state),
        boot=_watch.boot_name(),
        host=_watch.host_name(),
        disk_limit_percent=disk_limit,
        mounts=read_mount_table(),
    )
    ports = MonitorPorts(
        storage=storage,
        documents=JsonDocuments(storage),
        services=Systemctl(context.cancel),
        channels=channels,
        clock=context.clock,
        reporter=context.reporter,
        cancel=context.cancel,
        mail_is_missing=mail_is_missing,
        answers=lambda folder: _watch.answers(folder, context),
    )
    try:
        report = monitor(options, ports)
    except BusyError:
        context.reporter.emit(Note("Another monitor_recordings is looking at it; nothing to do."))
        return
    if metrics is not None:
        places = _watch.places(recording_dir, cameras_config, backup_config)
        _publish(context, report, options, places, metrics)


def _publish(
    context: Context,
    report: "MonitorReport",
    options: "MonitorOptions",
    places: "Places",
    path: Path,
) -> None:
    """Write the figures; a fault there is said, and is none of the watchdog."""
    from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415
    from camvault.adapters.system.zone import LocalZone  # noqa: PLC0415
    from camvault.adapters.textfile import TextfileMetrics  # noqa: PLC0415
    from camvault.apps import _watch  # noqa: PLC0415
    from camvault.core.segments.coverage import Span  # noqa: PLC0415
    from camvault.core.workflows.recording.coverage import CoverageOptions  # noqa: PLC0415
    from camvault.core.workflows.recording.metrics import MeasureOptions, measure  # noqa: PLC0415
    from camvault.ports.errors import StorageError  # noqa: PLC0415
    from camvault.ports.events import Failed  # noqa: PLC0415

    now = context.clock.now()
    coverage = CoverageOptions(places=places, period=Span(now, now), zone=LocalZone(), segment_s=options.segment_s)
    try:
        figures = measure(
            report,
            options=MeasureOptions(recording_dir=options.recording_dir, coverage=coverage),
            ports=_watch.coverage_ports(context),
        )
        TextfileMetrics(PurePath(path.absolute()), LocalStorage()).publish(figures)
    except StorageError as error:
        context.reporter.emit(Failed(f"No metrics: {error}"))


STAGE = Stage(
    name="monitor_recordings",
    run=run,
    log=Log.OWN,
    echo="stdout",
    lines="brackets",
    exit_codes=ExitCodes(
        {
            0: "looked, whatever was found; also if another run was looking",
            1: "wrong usage or configuration, or the recording folder is missing or cannot be listed",
        }
    ),
)
entry = STAGE.entry

if __name__ == "__main__":
    entry()
