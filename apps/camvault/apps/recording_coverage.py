"""Composition root: recording_coverage."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camvault.apps._cli import Context, ExitCodes, Log, Stage
from camvault.ports.errors import CamvaultError

if TYPE_CHECKING:
    from camvault.core.segments.coverage import Coverage


class BelowLevelError(CamvaultError):
    """Less was recorded than is required."""


def run(
    context: Context,
    /,
    *,
    recording_dir: Annotated[
        Path | None, typer.Option("--recording_dir", metavar="DIR", help="The folder of all stations.")
    ] = None,
    cameras_config: Annotated[
        Path | None, typer.Option("--cameras_config", metavar="FILE", help="The cameras, also those without a folder.")
    ] = None,
    backup_config: Annotated[
        Path | None,
        typer.Option("--backup_config", metavar="FILE", help="Count what waits for the backup and what went there."),
    ] = None,
    begin: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="A date or time; local unless it has a zone.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Until then; now without it.")] = None,
    day: Annotated[str | None, typer.Option("--day", metavar="DATE", help="One local day.")] = None,
    last: Annotated[
        str | None, typer.Option("--last", metavar="SPAN", help="Such as 90m, 24h, 7d; 24h without any period.")
    ] = None,
    segment_time: Annotated[
        int, typer.Option("--segment_time", metavar="SECONDS", min=1, help="The length of a segment.")
    ] = 600,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    require: Annotated[
        float | None,
        typer.Option("--require", metavar="PERCENT", min=0, max=100, help="End with 2 if a camera has less."),
    ] = None,
) -> None:
    """Say how much of a period each camera recorded, and every gap with its cause."""
    from camvault.adapters.system.zone import LocalZone  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.apps import _watch  # noqa: PLC0415
    from camvault.core.segments.period import period_of  # noqa: PLC0415
    from camvault.core.workflows.recording.coverage import CoverageOptions, report_coverage  # noqa: PLC0415

    zone = LocalZone()
    options = CoverageOptions(
        places=_watch.places(recording_dir, cameras_config, backup_config),
        period=period_of(begin=begin, end=end, day=day, last=last, now=context.clock.now(), zone=zone),
        zone=zone,
        segment_s=segment_time,
    )
    found = report_coverage(options, _watch.coverage_ports(context))
    for line in _json(found) if json_output else _table(found):
        context.print_result(line)
    low = [each.station for each in found if require is not None and not each.meets(require)]
    if low or (require and not found):
        raise BelowLevelError(f"Below {require:g} %: {', '.join(low) or 'there is no camera'}")


def _table(found: tuple["Coverage", ...]) -> list[str]:
    width = max([len("station"), *(len(each.station) for each in found)])
    lines = [f"{'station':{width}}  recorded         missing  gaps"]
    for each in found:
        missing_s = each.expected_s - each.recorded_s
        lines.append(
            f"{each.station:{width}}  {_floored(each.percent):>8} %  {missing_s:>10,.0f} s  {len(each.gaps):>4}"
        )
    gaps = [f"{each.station:{width}}  {gap}{_also(gap.also)}" for each in found for gap in each.gaps]
    return [*lines, "", *gaps] if gaps else lines


def _also(causes: tuple[object, ...]) -> str:
    return f" (also {', '.join(str(getattr(cause, 'value', cause)) for cause in causes)})" if causes else ""


def _floored(percent: float) -> str:
    """Three digits, never rounded up: 100 means all of it."""
    return f"{int(percent * 1000) / 1000:.3f}"


def _json(found: tuple["Coverage", ...]) -> list[str]:
    import json  # noqa: PLC0415

    document = [
        {
            "station": each.station,
            "from": each.period.start_at.isoformat(),
            "to": each.period.end_at.isoformat(),
            "expected_s": each.expected_s,
            "recorded_s": each.recorded_s,
            "percent": each.percent,
            "gaps": [
                {
                    "from": gap.span.start_at.isoformat(),
                    "to": gap.span.end_at.isoformat(),
                    "seconds": gap.span.seconds,
                    "cause": gap.cause.value,
                    "also": [cause.value for cause in gap.also],
                }
                for gap in each.gaps
            ],
        }
        for each in found
    ]
    return [json.dumps(document, indent=2)]


STAGE = Stage(
    name="recording_coverage",
    run=run,
    log=Log.OWN,
    echo="stderr",
    exit_codes=ExitCodes(
        {
            0: "reported, and as much was recorded as --require asks for",
            1: "wrong usage or configuration, or a place cannot be looked at",
            2: "a camera recorded less than --require, or there is no camera",
        },
        errors={BelowLevelError: 2},
    ),
)
entry = STAGE.entry

if __name__ == "__main__":
    entry()
