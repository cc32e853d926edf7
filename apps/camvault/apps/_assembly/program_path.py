"""Composition root, shared part: flags that name a program."""

import os
from pathlib import Path
from typing import Annotated

import typer


def program_of(text: str) -> Path:
    """A bare name, which is searched on PATH, stays one; what has a slash (`./ffmpeg`) is the path of a file.

    Raises:
        typer.BadParameter: It is empty.
    """
    if not text:
        raise typer.BadParameter("found '', expected a program")
    return Path(text).absolute() if os.sep in text else Path(text)


FfmpegFlag = Annotated[
    Path | None,
    typer.Option("--ffmpeg", parser=program_of, metavar="PROGRAM", help="Or CAMVAULT_FFMPEG in the environment."),
]
FfprobeFlag = Annotated[
    Path | None,
    typer.Option("--ffprobe", parser=program_of, metavar="PROGRAM", help="Or CAMVAULT_FFPROBE in the environment."),
]
