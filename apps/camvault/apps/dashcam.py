"""Composition root: dashcam."""

from pathlib import Path
from typing import Annotated

import attrs
import typer

from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.apps._dashcam.request import DamagedError, DashcamPart, NotKnownError, Request, part_of
from camvault.core.dashcam.subset import Subset, subset_of
from camvault.ports.errors import BusyError, MissingToolError, UsageError


@attrs.frozen(kw_only=True)
class Options:
    """The flags of dashcam."""

    words: Annotated[
        list[str], typer.Argument(metavar="PART [NAME]", help=f"What is done: one of {', '.join(DashcamPart)}.")
    ]
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration of the box, YAML.")] = (
        Path("/etc/camera_service/config.yaml")
    )
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
    subset: Annotated[
        str, typer.Option("--subset", metavar="N/T", help="With `verify`: read the N-th of T parts of all clips.")
    ] = "1/1"
    init_target: Annotated[
        bool,
        typer.Option("--init-target", help="With `push`: take what stands at the server as the target from now on."),
    ] = False

    def subset_for(self, part: DashcamPart) -> Subset:
        """Refuse flags that are of another part; which part of the clips is meant."""
        subset = subset_of(self.subset)
        if subset is None or (part is not DashcamPart.VERIFY and subset.count > 1):
            raise UsageError(f"--subset: found {self.subset!a}, expected such as 2/7, with `verify` alone")
        if self.init_target and part is not DashcamPart.PUSH:
            raise UsageError("--init-target is of `push`")
        return subset


def run(context: Context, options: Options) -> None:
    """Do a part of a dashcam box by hand, or ask it."""
    part, given = part_of(options.words)
    subset = options.subset_for(part)
    request = Request(
        part=part,
        given=given,
        config=options.config,
        is_json=options.json_output,
        subset=subset,
        may_begin=options.init_target,
    )
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
        case DashcamPart.USB_PROVE:
            from camvault.apps._dashcam.proving import prove_by_eye  # noqa: PLC0415

            prove_by_eye(context, request)
        case DashcamPart.COPY:
            from camvault.apps._dashcam.copying import copy_from_card  # noqa: PLC0415

            copy_from_card(context, request)
        case DashcamPart.PUSH:
            from camvault.apps._dashcam.sending import send_staged  # noqa: PLC0415

            send_staged(context, request)
        case DashcamPart.VERIFY:
            from camvault.apps._dashcam.verifying import verify_copies  # noqa: PLC0415

            verify_copies(context, request)
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
            4: "verify: a copy is missing, or is not what was recorded",
        },
        errors={NotKnownError: 2, MissingToolError: 1, BusyError: 3, DamagedError: 4},
        otherwise=2,
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
