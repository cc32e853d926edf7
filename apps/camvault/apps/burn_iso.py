"""Composition root: burn_iso."""

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camvault.apps._cli import Context, ExitCodes, Log, Stage
from camvault.ports.errors import MismatchError

if TYPE_CHECKING:
    from camvault.core.disc.burning import Tool

DEFAULT_DEVICE = "/dev/sr0"
"""What a dry run names where there is no drive."""


class BurnTool(enum.StrEnum):
    """The choices of `--burner`."""

    AUTO = "auto"
    XORRISO = "xorriso"
    GROWISOFS = "growisofs"

    @property
    def tool(self) -> "Tool | None":
        """The tool that was asked for, None if any will do."""
        from camvault.core.disc.burning import Tool  # noqa: PLC0415 - heavy imports stay inside: --help must be fast

        return None if self is BurnTool.AUTO else Tool(self.value)


def run(
    context: Context,
    /,
    *,
    iso_path: Annotated[Path, typer.Option("--iso-path", metavar="PATH", help="The image to burn.")],
    verify: Annotated[
        bool, typer.Option("--verify/--skip-verify", help="Read the disc back and compare it with the image.")
    ] = True,
    device: Annotated[
        str | None,
        typer.Option(
            "--device",
            metavar="DEV",
            help="The drive; the first writer by default. stdio:PATH[,blocks=N] is a file that behaves like a disc.",
        ),
    ] = None,
    speed: Annotated[int | None, typer.Option("--speed", metavar="X", min=1, help="Writing speed.")] = None,
    burner: Annotated[
        BurnTool, typer.Option("--burner", help="The program that writes; by default the best one that is there.")
    ] = BurnTool.AUTO,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the command and touch no hardware.")] = False,
) -> object:
    """Burn an image to a blank disc, read it back and compare.

    Waits for a disc if the drive is empty. The first Ctrl-C while writing warns, the second one stops and loses the
    disc.
    """
    from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.adapters.imagemap import ImageVolumes, PycdlibImageMap  # noqa: PLC0415
    from camvault.apps._burners import select_burner, select_drives  # noqa: PLC0415
    from camvault.core.workflows.bodycam.burn import (  # noqa: PLC0415
        BurnerChosen,
        BurnRequest,
        burn_image,
        check_image,
        pick_device,
    )

    image = iso_path.absolute()
    storage = LocalStorage()
    check_image(image, storage=storage, volumes=ImageVolumes())
    if dry_run:
        print_command(context, image, device=device, speed=speed, burner=burner)
        return None
    drives = select_drives(device, cancel=context.cancel)
    chosen_device = pick_device(device, drives=drives)
    tool, reason = select_burner(chosen_device, drives=drives, cancel=context.cancel, wanted=burner.tool)
    context.reporter.emit(BurnerChosen(tool.name, chosen_device, reason))
    return burn_image(
        BurnRequest(
            image=image,
            device=chosen_device,
            speed=speed,
            is_verified=verify,
            sha256=context.known.image_sha256,
        ),
        storage=storage,
        drives=drives,
        burner=tool,
        image_map=PycdlibImageMap(),
        clock=context.clock,
        reporter=context.reporter,
        cancel=context.cancel,
    )


def print_command(context: Context, image: Path, *, device: str | None, speed: int | None, burner: BurnTool) -> None:
    """The dry run: print the command line that would be run. The image need not exist yet."""
    from camvault.adapters.reporting import shell_line  # noqa: PLC0415
    from camvault.apps._burners import select_burner, select_drives  # noqa: PLC0415
    from camvault.ports.events import Note  # noqa: PLC0415

    drives = select_drives(device, cancel=context.cancel)
    named = device or next(iter(drives.devices()), DEFAULT_DEVICE)
    tool, _ = select_burner(named, drives=drives, cancel=context.cancel, wanted=burner.tool, is_dry_run=True)
    context.print_result(shell_line(tool.command(image, device=named, speed=speed)))
    context.reporter.emit(Note("Dry-run mode – no commands executed"))  # noqa: RUF001 - the specification's dash


STAGE = Stage(
    name="burn_iso",
    run=run,
    log=Log.OPTIONAL,
    default_log=Path("burn_iso.log"),
    echo="stdout",
    exit_codes=ExitCodes(
        {
            0: "burned, and read back equal unless that was skipped",
            1: "nothing was burned, or burning failed; the message says whether the disc is spoiled",
            2: "checksum mismatch: the disc does not hold the image",
        },
        {MismatchError: 2},
    ),
)
entry = STAGE.entry

if __name__ == "__main__":
    entry()
