"""Composition root: recording_coverage."""

from pathlib import Path
from typing import Annotated

import attrs
import typer

from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.ports.errors import CamvaultError
from camvault.ports.events import Failed


class BelowLevelError(CamvaultError):
    """Less was recorded than is required."""


class StationUnseenError(CamvaultError):
    """Cameras have no figure because something of theirs cannot be looked at; each was named."""


@attrs.frozen(kw_only=True)
class Options:
    """The flags of recording_coverage."""

    recording_dir: Annotated[
        Path | None, typer.Option("--recording_dir", metavar="DIR", help="The folder of all stations.")
    ] = None
    cameras_config: Annotated[
        Path | None, typer.Option("--cameras_config", metavar="FILE", help="The cameras, also those without a folder.")
    ] = None
    backup_config: Annotated[
        Path | None,
        typer.Option("--backup_config", metavar="FILE", help="Count what waits for the backup and what went there."),
    ] = None
    begin: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="A date or time; local unless it has a zone.")
    ] = None
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Until then; now without it.")] = None
    day: Annotated[str | None, typer.Option("--day", metavar="DATE", help="One local day.")] = None
    last: Annotated[
        str | None, typer.Option("--last", metavar="SPAN", help="Such as 90m, 24h, 7d; 24h without any period.")
    ] = None
    segment_time: Annotated[
        int, typer.Option("--segment_time", metavar="SECONDS", min=1, max=86_400, help="The length of a segment.")
    ] = 600
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False
    require: Annotated[
        float | None,
        typer.Option("--require", metavar="PERCENT", min=0, max=100, help="End with 2 if a camera has less."),
    ] = None


def run(context: Context, options: Options) -> None:
    """Say how much of a period each camera recorded, and every gap with its cause."""
    from camvault.adapters.system.zone import LocalZone  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.apps._assembly.coverage_text import as_json, as_table  # noqa: PLC0415
    from camvault.apps._assembly.footage import coverage_ports, places  # noqa: PLC0415
    from camvault.core.segments.report_period import period_of  # noqa: PLC0415
    from camvault.core.workflows.recording.coverage import CoverageOptions, report_coverage  # noqa: PLC0415

    zone = LocalZone()
    asked = CoverageOptions(
        places=places(options.recording_dir, options.cameras_config, options.backup_config),
        period=period_of(
            begin=options.begin, end=options.end, day=options.day, last=options.last, now=context.clock.now(), zone=zone
        ),
        zone=zone,
        segment_s=options.segment_time,
    )
    report = report_coverage(asked, coverage_ports(context))
    found, unseen, required = report.stations, report.unseen, options.require
    for line in as_json(found) if options.json_output else as_table(found):
        context.print_result(line)
    for station, problem in unseen.items():
        context.reporter.emit(Failed(f"No figures of station {station}: {problem}"))
    low = [each.station for each in found if required is not None and not each.meets(required)]
    if low or (required and not found and not unseen):
        raise BelowLevelError(f"Below {required:g} %: {', '.join(low) or 'there is no camera'}")
    if unseen:
        raise StationUnseenError(f"Cameras that could not be looked at: {', '.join(unseen)}")


STAGE = Stage(
    name="recording_coverage",
    options=Options,
    run=run,
    log=Log.OWN,
    echo="stderr",
    exit_codes=ExitCodes(
        {
            0: "reported, and as much was recorded as --require asks for",
            1: "wrong usage or configuration, or a place that all cameras share cannot be looked at",
            2: "a camera recorded less than --require, or could not be looked at, or there is no camera",
        },
        errors={BelowLevelError: 2, StationUnseenError: 2},
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
