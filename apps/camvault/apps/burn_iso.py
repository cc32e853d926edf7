"""Composition root: burn_iso."""

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from camvault.apps._assembly.stall_limit import stall_limit_of
from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.ports.errors import MismatchError
from camvault.ports.events import Note

if TYPE_CHECKING:
    from camvault.core.disc.burner_choice import BurnerTool


class BurnerFlag(enum.StrEnum):
    """The choices of `--burner`."""

    AUTO = "auto"
    XORRISO = "xorriso"
    GROWISOFS = "growisofs"

    @property
    def tool(self) -> "BurnerTool | None":
        """The tool that was asked for, None if any will do."""
        from camvault.core.disc.burner_choice import BurnerTool  # noqa: PLC0415 - heavy imports stay inside: --help must be fast

        return None if self is BurnerFlag.AUTO else BurnerTool(self.value)


@attrs.frozen(kw_only=True)
class Options:
    """The flags of burn_iso."""

    iso_path: Annotated[Path, typer.Option("--iso-path", metavar="PATH", help="The image to burn.")]
    verify: Annotated[
        bool, typer.Option("--verify/--skip-verify", help="Read the disc back and compare it with the image.")
    ] = True
    device: Annotated[
        str | None,
        typer.Option(
            "--device",
            metavar="DEV",
            help="The drive; the first writer by default. stdio:PATH[,blocks=N] is a file that behaves like a disc.",
        ),
    ] = None
    speed: Annotated[int | None, typer.Option("--speed", metavar="X", min=1, max=1000, help="Writing speed.")] = None
    burner: Annotated[
        BurnerFlag, typer.Option("--burner", help="The program that writes; by default the best one that is there.")
    ] = BurnerFlag.AUTO
    stall_timeout: Annotated[
        float,
        typer.Option(
            "--stall-timeout",
            metavar="SECONDS",
            parser=stall_limit_of(60),
            help="End a burner that writes no further byte for so long (2 hours or more while it closes the disc); "
            "0: no limit.",
        ),
    ] = 1800
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the command and touch no hardware.")] = False


def run(context: Context, options: Options) -> object:
    """Burn an image to a blank disc, read it back and compare.

    Waits for a disc if the drive is empty. The first Ctrl-C while writing warns, the second one stops and loses the
    disc.
    """
    from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.adapters.imagemap import ImageVolumes, PycdlibImageMap  # noqa: PLC0415
    from camvault.apps._assembly.burners import burn_command, check_device, select_burner, select_drives  # noqa: PLC0415
    from camvault.core.workflows.bodycam.burn import (  # noqa: PLC0415
        BurnerChosen,
        BurnRequest,
        burn_image,
        check_image,
        pick_device,
    )

    image = options.iso_path.absolute()
    storage = LocalStorage()
    check_image(image, storage=storage, volumes=ImageVolumes())
    if options.dry_run:
        command = burn_command(
            image, options.device, speed=options.speed, wanted=options.burner.tool, cancel=context.cancel
        )
        context.print_result(command)
        context.reporter.emit(Note("Dry-run mode – no commands executed"))  # noqa: RUF001 - the specification's dash
        return None
    check_device(options.device)
    drives = select_drives(options.device, cancel=context.cancel)
    chosen_device = pick_device(options.device, drives=drives)
    tool, reason = select_burner(
        chosen_device,
        drives=drives,
        cancel=context.cancel,
        wanted=options.burner.tool,
        stall_s=options.stall_timeout,
    )
    context.reporter.emit(BurnerChosen(tool.name, chosen_device, reason))
    return burn_image(
        BurnRequest(
            image=image,
            device=chosen_device,
            speed=options.speed,
            is_verified=options.verify,
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


STAGE = Stage(
    name="burn_iso",
    options=Options,
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
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
