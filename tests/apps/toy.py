"""A stage for the tests of the command framework; it can also be run as a program."""

import enum
from pathlib import Path
from typing import Annotated

import attrs
import typer

from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage, YesNo
from camvault.ports.errors import Cancelled, MediaError, RecordError, ToolError, UsageError
from camvault.ports.events import Note, Progressed, Warned


class Fault(enum.StrEnum):
    """What the toy is asked to die of."""

    USAGE = "usage"
    RECORD = "record"
    MEDIA = "media"
    TOOL = "tool"
    BUG = "bug"
    CANCELLED = "cancelled"


FAULTS: dict[Fault, Exception] = {
    Fault.USAGE: UsageError("cannot be meant"),
    Fault.RECORD: RecordError(Path("p.json"), "torn"),
    Fault.MEDIA: MediaError(Path("a\nb.mp4"), "no duration"),
    Fault.TOOL: ToolError("growisofs", 130, ("no such device",)),
    Fault.BUG: ZeroDivisionError("division by zero"),
    Fault.CANCELLED: Cancelled(),
}


@attrs.frozen(kw_only=True)
class Options:
    """The toy's flags."""

    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The clips.")]
    disc_bytes: Annotated[int, typer.Option("--disc-bytes", metavar="N", min=1, help="Capacity.")] = 25_000_000_000
    delete_originals: Annotated[YesNo, typer.Option("--delete-originals", help="Whether they go.")] = YesNo.NO
    verify: Annotated[bool, typer.Option("--verify/--skip-verify", help="Read back.")] = True
    force: Annotated[bool, typer.Option("--force", help="Replace.")] = False
    label: Annotated[str | None, typer.Option("--label", help="A name.")] = None
    fault: Annotated[Fault | None, typer.Option("--fault", help="Die of it.")] = None
    wait_s: Annotated[float, typer.Option("--wait-s", help="Work that long.")] = 0.0


def run(context: Context, options: Options) -> dict[str, object]:
    """Do as if something was done with clips."""
    context.reporter.emit(Note(f"{len(options.files)} clips, first {options.files[0]}"))
    context.reporter.emit(Warned("a warning"))
    context.reporter.emit(Progressed("toy", 1, 2))
    if options.wait_s:
        context.clock.sleep(options.wait_s, cancel=context.cancel)
    if options.fault is not None:
        raise FAULTS[options.fault]
    verify, force, label, delete = options.verify, options.force, options.label, bool(options.delete_originals)
    context.print_result(f"disc_bytes={options.disc_bytes} {delete=} {verify=} {force=} {label=}")
    return {"is_verified": verify}


EXIT_CODES = ExitCodes(
    {1: "usage error", 3: "the record is broken", 4: "a clip is broken", 5: "anything else"},
    errors={RecordError: 3, MediaError: 4},
    otherwise=5,
)
STAGE = Stage(name="toy", options=Options, run=run, log=Log.REQUIRED, exit_codes=EXIT_CODES)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
