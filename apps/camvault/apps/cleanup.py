"""Composition root: cleanup."""

from pathlib import Path
from typing import Annotated

import typer

from camvault.apps._cli import Context, ExitCodes, Log, Stage


def run(
    context: Context,
    /,
    *,
    build_dir: Annotated[Path, typer.Option("--build-dir", metavar="DIR", help="The build directory to remove.")],
    even_only_copies: Annotated[
        bool,
        typer.Option("--even-only-copies", help="Also remove clips whose originals are gone or are other files now."),
    ] = False,
) -> None:
    """Remove a build directory of camvault with everything in it, and nothing else.

    A folder is removed only if camvault's marker is in it, everything else in it was put there by camvault, and the
    original of each clip in it is still there, or on a disc that was read back. The file system's root,
    home, the workspace, the current folder, symbolic links and mount points are always refused.
    """
    from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.adapters.progressfile import JsonProgressFiles  # noqa: PLC0415
    from camvault.apps._workspace import guarded_folders  # noqa: PLC0415
    from camvault.core.workflows.bodycam.cleanup import clean_up  # noqa: PLC0415

    storage = LocalStorage()
    clean_up(
        build_dir.absolute(),
        guarded=guarded_folders(context.logfile),
        storage=storage,
        progress_files=JsonProgressFiles(storage),
        is_losing_allowed=even_only_copies,
        reporter=context.reporter,
        cancel=context.cancel,
    )


STAGE = Stage(
    name="cleanup",
    run=run,
    log=Log.REQUIRED,
    echo="stdout",
    exit_codes=ExitCodes({0: "removed, or nothing was there", 1: "refused or failed; what is left is named"}),
)
entry = STAGE.entry

if __name__ == "__main__":
    entry()
