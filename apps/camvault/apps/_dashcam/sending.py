"""Composition root, shared part: `dashcam push`."""

import json

import attrs

from camvault.apps._assembly.box import send_ports
from camvault.apps._assembly.configuration import box_config
from camvault.apps._assembly.upload import check_upload_tools
from camvault.apps._cli.stage import Context
from camvault.apps._dashcam.holding import held
from camvault.apps._dashcam.request import NotKnownError, Request
from camvault.core.workflows.dashcam.send_report import SendReport
from camvault.core.workflows.dashcam.sending import send_clips


def send_staged(context: Context, request: Request) -> None:
    """Send what is staged, prove it, and remove what is proven from the staging.

    Raises:
        NotKnownError: Not all that was staged is proven.
        BusyError: The service runs.
        MissingToolError: What sends is not installed.
    """
    config = box_config(request.config)
    check_upload_tools(config)
    with held(config) as folders:
        ports = send_ports(config, folders, clock=context.clock, reporter=context.reporter, cancel=context.cancel)
        report = send_clips(
            ports=ports,
            folders=folders,
            config=config,
            stop=lambda: "",
            may_begin=request.may_begin,
            is_looked=True,
        )
    context.print_result(json.dumps(attrs.asdict(report), indent=2) if request.is_json else _told(report))
    if not report.is_whole:
        raise NotKnownError(f"Not all that is staged is proven: {'; '.join(report.problems) or 'see above'}")


def _told(report: SendReport) -> str:
    return "\n".join(
        (
            f"proven   {report.proven_count:,} clips, {report.proven_bytes:,} bytes, in {report.seconds:,.0f} s",
            f"removed  {report.removed_count:,} clips from the staging",
            f"waiting  {report.waiting_count:,} clips, {report.waiting_bytes:,} bytes, still staged",
        )
    )
