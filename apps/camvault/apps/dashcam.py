"""Composition root: dashcam."""

from pathlib import Path
from typing import Annotated

import attrs
import typer

from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.apps._dashcam.request import DashcamPart, NotKnownError, Request, part_of
from camvault.ports.errors import BusyError, MissingToolError


@attrs.frozen(kw_only=True)
class Options:
    """The flags of dashcam."""

    words: Annotated[
        list[str], typer.Argument(metavar="PART [NAME]", help=f"What is done: one of {', '.join(DashcamPart)}.")
    ]
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration of the box, YAML.")] = (
        Path("/etc/camera_service/config.yaml")
    )
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False


def run(context: Context, options: Options) -> None:
    """Do a part of a dashcam box by hand, or ask it."""
    part, given = part_of(options.words)
    request = Request(part=part, given=given, config=options.config, is_json=options.json_output)
    match part:  # each imports what it needs: --help must stay fast
        case DashcamPart.BATTERY:
            from camvault.apps._dashcam.battery import show_battery  # noqa: PLC0415

            show_battery(context, request)
        case DashcamPart.FIND:
            from camvault.apps._dashcam.finding import find_card  # noqa: PLC0415

            find_card(context, request)
        case DashcamPart.USB:
            from camvault.apps._dashcam.port import show_port  # noqa: PLC0415

            show_port(context, request)
        case DashcamPart.USB_OFF | DashcamPart.USB_RECORDING | DashcamPart.USB_DATA:
            from camvault.apps._dashcam.port import switch_port  # noqa: PLC0415

            switch_port(context, request)
        case DashcamPart.STATUS:
            from camvault.apps._dashcam.status import show_status  # noqa: PLC0415

            show_status(context, request)
        case DashcamPart.WHY:
            from camvault.apps._dashcam.lives import tell_life  # noqa: PLC0415

            tell_life(context, request)
        case DashcamPart.PRINT:
            from camvault.apps._dashcam.printing import print_file  # noqa: PLC0415

            print_file(context, request)


STAGE = Stage(
    name="dashcam",
    options=Options,
    run=run,
    log=Log.OWN,
    echo="stderr",
    exit_codes=ExitCodes(
        {
            0: "done, or known and printed",
            1: "wrong usage or configuration, or a tool is not installed",
            2: "something could not be read, done or proven, or is not believed, and why was printed",
            3: "camera_service runs, or another part that switches, copies or sends",
        },
        errors={NotKnownError: 2, MissingToolError: 1, BusyError: 3},
        otherwise=2,
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
