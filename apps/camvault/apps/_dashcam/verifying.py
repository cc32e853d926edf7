"""Composition root, shared part: `dashcam verify`."""

import json
from collections.abc import Iterator

from camvault.adapters.reporting import single_line
from camvault.apps._assembly.box import check_ports
from camvault.apps._assembly.configuration import box_config
from camvault.apps._assembly.upload import check_upload_tools
from camvault.apps._cli.stage import Context
from camvault.apps._dashcam.holding import held
from camvault.apps._dashcam.request import DamagedError, NotKnownError, Request
from camvault.core.workflows.dashcam.checking import CheckReport, check_clips

_MB = 1e6


def verify_copies(context: Context, request: Request) -> None:
    """Read again what is staged and what was proven, and compare it with the ledger; what does not hold is taken back.

    Raises:
        DamagedError: Something is missing or different.
        NotKnownError: Of something it cannot be told.
        BusyError: The service runs.
        MissingToolError: What asks the server is not installed.
    """
    config = box_config(request.config)
    check_upload_tools(config)
    with held(config) as folders:
        ports = check_ports(config, folders, clock=context.clock, cancel=context.cancel)
        report = check_clips(ports=ports, folders=folders, subset=request.subset)
    context.print_result("\n".join(_as_json(report) if request.is_json else _told(report)))
    if report.damaged:
        raise DamagedError(
            f"{len(report.damaged):,} clips are missing or different; each was printed with what was found"
        )
    if report.untold:
        raise NotKnownError(f"Of {len(report.untold):,} clips it is not known whether they are sound; why was printed")


def _as_json(report: CheckReport) -> Iterator[str]:
    values = {
        "staged_count": report.staged_count,
        "staged_bytes": report.staged_bytes,
        "server_count": report.server_count,
        "server_bytes": report.server_bytes,
        "withdrawn_count": report.withdrawn_count,
        "damaged": {str(path): words for path, words in report.damaged.items()},
        "untold": {str(path): words for path, words in report.untold.items()},
        "seconds": report.seconds,
    }
    yield json.dumps(values, indent=2)


def _told(report: CheckReport) -> Iterator[str]:
    speed = (report.staged_bytes + report.server_bytes) / _MB / max(report.seconds, 0.001)
    yield f"staged   {report.staged_count:,} clips, {report.staged_bytes:,} bytes, as they were copied"
    yield f"server   {report.server_count:,} clips, {report.server_bytes:,} bytes, as they were copied"
    yield from (f"damaged  {single_line(f'{path}: {words}')}" for path, words in report.damaged.items())
    if report.withdrawn_count:
        yield f"taken back {report.withdrawn_count:,} of these: sent or copied again, if they are here or on the card"
    yield from (f"untold   {single_line(f'{path}: {words}')}" for path, words in report.untold.items())
    yield f"read     in {report.seconds:,.0f} s, {speed:,.0f} MB/s"
