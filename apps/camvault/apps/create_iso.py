"""Composition root: create_iso."""

from pathlib import Path
from typing import Annotated

import typer

from camvault.apps._cli import Context, ExitCodes, Log, Stage


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
) -> object:
    """Make a UDF/ISO-9660 image of a folder, read it back and compare.

    Files over 4 GiB, long and foreign names and times are right in both trees. No unfinished or unproven image ever has
    the name of `--iso-path`.
    """
    from camvault.adapters.bridge import BridgeBuilder  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415
    from camvault.adapters.isoverify import PycdlibVerifier  # noqa: PLC0415
    from camvault.core.workflows.create_iso import ImageRequest, create_iso  # noqa: PLC0415

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
        builder=BridgeBuilder(),
        verifier=PycdlibVerifier(),
        reason="both trees right above 4 GiB, exact names and times, needs no tool",
        clock=context.clock,
        reporter=context.reporter,
        cancel=context.cancel,
    )


STAGE = Stage(
    name="create_iso",
    run=run,
    log=Log.REQUIRED,
    echo="stderr",
    exit_codes=ExitCodes({0: "the image is written and verified", 1: "no image; an existing one is untouched"}),
)
entry = STAGE.entry

if __name__ == "__main__":
    entry()
