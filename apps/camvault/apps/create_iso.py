"""Composition root: create_iso."""

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camvault.apps._cli import Context, ExitCodes, Log, Stage

if TYPE_CHECKING:
    from camvault.core.disc.builders import ImageTool
    from camvault.ports.cancellation import Cancellation
    from camvault.ports.image import ImageBuilder


class BuildTool(enum.StrEnum):
    """The choices of `--builder`."""

    AUTO = "auto"
    BRIDGE = "bridge"
    GENISOIMAGE = "genisoimage"
    HDIUTIL = "hdiutil"

    @property
    def tool(self) -> "ImageTool | None":
        """The tool that was asked for, None if any will do."""
        from camvault.core.disc.builders import ImageTool  # noqa: PLC0415 - --help must stay fast

        return None if self is BuildTool.AUTO else ImageTool(self.value)


def run(
    context: Context,
    /,
    *,
    build_dir: Annotated[
        Path, typer.Option("--build-dir", metavar="DIR", help="The folder to master, with everything in it.")
    ],
    iso_path: Annotated[
        Path, typer.Option("--iso-path", metavar="PATH", help="The image to make; its folder is created.")
    ],
    volume_label: Annotated[
        str | None,
        typer.Option(
            "--volume-label",
            metavar="TEXT",
            help="At most 32 of A-Z, a-z, 0-9, _ and -; the UTC time of the start by default.",
        ),
    ] = None,
    stamp: Annotated[
        str | None,
        typer.Option(
            "--stamp",
            metavar="YYYYMMDDTHHMMSSZ",
            help="The moment in the image: the same input, label and stamp give the same bytes. "
            "By default the one the label names, else the start.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an existing image, once the new one is proven.")
    ] = False,
    builder: Annotated[
        BuildTool,
        typer.Option("--builder", help="What writes the image; auto takes the writer that is part of camvault."),
    ] = BuildTool.AUTO,
) -> object:
    """Make a UDF/ISO-9660 image of a folder, read it back and compare.

    Files over 4 GiB, long and foreign names and times are right in both trees. No unfinished or unproven image ever has
    the name of `--iso-path`.
    """
    from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.adapters.isoverify import PycdlibVerifier  # noqa: PLC0415
    from camvault.core.workflows.bodycam.create_iso import ImageRequest, create_iso  # noqa: PLC0415

    chosen, reason = select_builder(builder.tool, is_stamped=stamp is not None, cancel=context.cancel)
    return create_iso(
        ImageRequest(
            build_dir=build_dir.absolute(),
            target=iso_path.absolute(),
            label=volume_label,
            stamp=stamp,
            is_forced=force,
            logfile=context.logfile,
        ),
        storage=LocalStorage(),
        builder=chosen,
        verifier=PycdlibVerifier(),
        reason=reason,
        clock=context.clock,
        reporter=context.reporter,
        cancel=context.cancel,
    )


def select_builder(
    wanted: "ImageTool | None", *, is_stamped: bool, cancel: "Cancellation"
) -> "tuple[ImageBuilder, str]":
    """The builder and why it is that one.

    Raises:
        MissingToolError: What was asked for is not there.
        UsageError: It cannot do what is needed.
    """
    from camvault.adapters.bridge import BridgeBuilder  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.adapters.genisoimage import find_genisoimage  # noqa: PLC0415
    from camvault.core.disc.builders import ImageTool, choose_image_builder  # noqa: PLC0415
    from camvault.ports.errors import MissingToolError, UsageError  # noqa: PLC0415

    found: dict[ImageTool, ImageBuilder] = {ImageTool.BRIDGE: BridgeBuilder()}
    genisoimage = find_genisoimage(cancel=cancel) if wanted is ImageTool.GENISOIMAGE else None
    if genisoimage is not None:
        found[ImageTool.GENISOIMAGE] = genisoimage
    choice = choose_image_builder(wanted, found=found.keys(), is_stamped=is_stamped)
    if choice.is_missing:
        raise MissingToolError(str(wanted), "it, or --builder auto, which needs no tool")
    if choice.tool is None:
        raise UsageError(f"--builder {wanted}: {choice.reason}")
    return found[choice.tool], choice.reason


STAGE = Stage(
    name="create_iso",
    run=run,
    log=Log.REQUIRED,
    echo="stderr",
    exit_codes=ExitCodes(
        {
            0: "the image is written and verified",
            1: "no image; an existing one is untouched",
            130: "stopped by Ctrl-C, SIGTERM or SIGHUP; no image",
        }
    ),
)
entry = STAGE.entry

if __name__ == "__main__":
    entry()
