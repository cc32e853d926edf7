"""Composition root, shared part: `dashcam print`."""

import sys
from pathlib import Path

from camvault.apps._assembly.box_files import FOR_A_CONFIGURATION, box_files, filled_text, shipped_text
from camvault.apps._assembly.configuration import box_config
from camvault.apps._cli.stage import Context
from camvault.apps._dashcam.request import Request
from camvault.ports.errors import UsageError


def print_file(context: Context, request: Request) -> None:
    """Print one of the files that a box is set up with.

    Raises:
        UsageError: There is no such file, or the configuration that it is for cannot be read.
    """
    name = request.given
    if name not in box_files():
        raise UsageError(f"no file {name!a}: expected one of {', '.join(box_files())}")
    if name not in FOR_A_CONFIGURATION:
        context.print_result(shipped_text(name).rstrip("\n"))
        return
    config = box_config(request.config)
    text = filled_text(name, config, config_path=request.config.absolute(), programs=_own_folder())
    context.print_result(text.rstrip("\n"))


def _own_folder() -> Path:
    """Where the commands are that were installed with this one."""
    called = Path(sys.argv[0])
    return (called.parent if called.name == "dashcam" else Path(sys.executable).parent).absolute()
