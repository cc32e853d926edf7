"""Composition root: run_bodycam_pipeline."""

from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.apps._pipeline.options import COMMAND, Options
from camvault.core.batch.next_step import StageFailed
from camvault.ports.errors import RecordError


def run(context: Context, options: Options) -> None:
    """Raw clips in, a verified disc out.

    Prepares the clips to fit the disc, masters an image, burns it, reads it back and removes what was only needed on
    the way. The flags of each stage are those of its own command, under the prefixes --prep-, --iso-, --burn- and
    --clean-. Without a burner, --burn-device stdio:PATH writes a file that behaves like a disc.

    --clean-build-dir names the build directory of an earlier run, to be removed as well when this one is done.
    """
    from camvault.apps._pipeline.job import PipelineJob  # noqa: PLC0415 - heavy imports: --help must stay fast

    job = PipelineJob(context=context, options=options)
    job.check()
    if options.dry_run:
        from camvault.apps._pipeline.preview import print_plan  # noqa: PLC0415

        print_plan(job)
    else:
        job.carry_out()


def _exit_code_of(failure: StageFailed) -> int:
    return failure.exit_code


STAGE = Stage(
    name=COMMAND,
    options=Options,
    run=run,
    log=Log.OWN,
    echo="stdout",
    exit_codes=ExitCodes(
        {
            0: "the disc was written and read back (as far as the flags ask for it), nothing is left over",
            1: "nothing was begun (ROOT missing, bad input, bad flag), or a stage ended with 1",
            2: "prepare: the outputs do not fit; burn: the disc does not hold the image",
            3: "prepare: the progress file is missing or broken",
            4: "prepare: failed on the way, can be resumed; or the disc is done and an original could not be deleted",
        },
        {StageFailed: _exit_code_of, RecordError: 3},
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
