"""Composition root: cleanup."""

from pathlib import Path
from typing import Annotated

import attrs
import typer

from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage


@attrs.frozen(kw_only=True)
class Options:
    """The flags of cleanup."""

    build_dir: Annotated[Path, typer.Option("--build-dir", metavar="DIR", help="The build directory to remove.")]
    even_only_copies: Annotated[
        bool,
        typer.Option("--even-only-copies", help="Also remove clips of which no other copy can be read."),
    ] = False
    trust_cache: Annotated[
        bool,
        typer.Option(
            "--trust-cache",
            help="Take an original for readable although its file system offers no way around its cache.",
        ),
    ] = False


def run(context: Context, options: Options) -> None:
    """Remove a build directory of camvault with everything in it, and nothing else.

    A folder is removed only if camvault's marker is in it, everything else in it was put there by camvault, and of each
    clip in it another copy was read now: its original, or the image of a disc that was read back. The file system's
    root, home, the workspace, the current folder, symbolic links and mount points are always refused.
    """
    from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.adapters.progressfile import JsonProgressFiles  # noqa: PLC0415
    from camvault.apps._assembly.workspace import guarded_folders  # noqa: PLC0415
    from camvault.core.workflows.bodycam.cleanup import clean_up  # noqa: PLC0415

    storage = LocalStorage()
    clean_up(
        options.build_dir.absolute(),
        guarded=guarded_folders(context.logfile),
        storage=storage,
        progress_files=JsonProgressFiles(storage),
        is_losing_allowed=options.even_only_copies,
        is_cache_trusted=options.trust_cache,
        reporter=context.reporter,
        cancel=context.cancel,
    )


STAGE = Stage(
    name="cleanup",
    options=Options,
    run=run,
    log=Log.REQUIRED,
    echo="stdout",
    exit_codes=ExitCodes({0: "removed, or nothing was there", 1: "refused or failed; what is left is named"}),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
