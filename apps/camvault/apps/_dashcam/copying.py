"""Composition root, shared part: `dashcam copy`."""

import json

import attrs

from camvault.apps._assembly.box import box_card, copy_ports
from camvault.apps._assembly.configuration import box_config
from camvault.apps._cli.stage import Context
from camvault.apps._dashcam.holding import held, mounted_card, waiting
from camvault.apps._dashcam.request import NotKnownError, Request
from camvault.core.workflows.dashcam.copy_ports import CopyReport
from camvault.core.workflows.dashcam.copying import copy_clips


def copy_from_card(context: Context, request: Request) -> None:
    """Mount the card, copy what is new to the staging, and unmount it.

    Raises:
        NotKnownError: Not all that the camera has finished is staged.
        BusyError: The service runs.
        CardError: There is no card, or it was lost.
    """
    config = box_config(request.config)
    card = box_card(config, on_wait=waiting(context, config))
    ports = copy_ports(config, card, clock=context.clock, reporter=context.reporter, cancel=context.cancel)
    with held(config, is_of_port=True) as folders, mounted_card(card, config, context.cancel) as mounted:
        report = copy_clips(mounted, ports=ports, folders=folders, config=config, stop=lambda: "")
    context.print_result(json.dumps(attrs.asdict(report), indent=2) if request.is_json else _told(report))
    if not report.is_whole:
        reasons = (*report.problems, *((report.stopped,) if report.stopped else ()))
        raise NotKnownError(f"Not all of the card is staged: {'; '.join(reasons) or 'see above'}")


def _told(report: CopyReport) -> str:
    return "\n".join(
        (
            f"copied       {report.copied_count:,} clips, {report.copied_bytes:,} bytes, in {report.seconds:,.0f} s",
            f"waiting      {report.waiting_count:,} clips, {report.waiting_bytes:,} bytes, on the card only",
            f"recording    {report.recording_count:,} clips that the camera has not finished",
            f"overwritten  {report.overwritten_count:,} clips, newly found gone from the card before they were copied",
        )
    )
