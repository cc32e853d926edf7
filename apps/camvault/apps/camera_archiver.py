"""Composition root: camera_archiver."""

import gc

from camvault.apps._archive.options import Options
from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.ports.errors import BusyError, CamvaultError, MissingToolError


class NotAllArchivedError(CamvaultError):
    """Something could not be done and was kept; each was named."""


def run(context: Context, options: Options) -> None:
    """Make small archives of camera clips, prove them, let go of the sources, and keep all within age and space.

    Nothing is let go before its archive was decoded to its end, compared with it, and read back from the disk.
    """
    from camvault.apps._archive.job import archive_job  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.apps._archive.running import carry_out, preview  # noqa: PLC0415

    gc.freeze()  # what was imported stays: among a million files, the collector need not look through it again
    with archive_job(context, options) as job:
        if options.dry_run:
            preview(context, options, job)
            return
        problem_count = carry_out(context, options, job)
    if problem_count:
        raise NotAllArchivedError(f"{problem_count} problem(s), see above; what they concern was kept")


STAGE = Stage(
    name="camera_archiver",
    options=Options,
    run=run,
    log=Log.OWN,
    echo="stderr",
    lines="dashes",
    exit_codes=ExitCodes(
        {
            0: "all done, or nothing to do; a dry run; or the question was answered with no",
            1: "wrong usage, no input, an unfit tool, or no terminal to ask at and no -y; nothing was touched",
            2: "something could not be done, and was kept",
            3: "another camera_archiver is at work in the input or in the archive; nothing was touched",
        },
        errors={NotAllArchivedError: 2, BusyError: 3, MissingToolError: 1},
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
