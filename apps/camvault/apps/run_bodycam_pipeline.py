"""Composition root: run_bodycam_pipeline."""

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from camvault.apps import burn_iso, cleanup, create_iso, prepare_bodycam
from camvault.apps._cli import Context, ExitCodes, Log, Stage
from camvault.apps._command import flags_of, spellings
from camvault.apps._parts import Part, composed
from camvault.apps._workspace import ROOT, ROOT_VARIABLE

PREPARE = Part(stage=prepare_bodycam.STAGE, prefix="prep", owned=("build_dir",))
IMAGE = Part(stage=create_iso.STAGE, prefix="iso", owned=("build_dir", "iso_path"))
BURN = Part(stage=burn_iso.STAGE, prefix="burn", owned=("iso_path",))
CLEAN = Part(stage=cleanup.STAGE, prefix="clean", optional=("build_dir",))
_STAGES = (PREPARE, IMAGE, BURN, CLEAN)


def own(
    *,
    root: Annotated[
        Path,
        typer.Option(
            "--root", metavar="DIR", envvar=ROOT_VARIABLE, help="The workspace drive: logs/ and images/ go there."
        ),
    ] = ROOT,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the whole plan and touch nothing.")] = False,
) -> None:
    """The pipeline's own flags."""


def own_parameters() -> list[inspect.Parameter]:
    """The pipeline's own flags, and the positional arguments of its first stage."""
    return [*(p for p in flags_of(PREPARE.stage.run) if not spellings(p)), *flags_of(own)]


def run(context: Context, /, **values: Any) -> None:
    """Raw clips in, a verified disc out.

    Prepares the clips to fit the disc, masters an image, burns it, reads it back and removes what was only needed on
    the way. The flags of each stage are those of its own command, under the prefixes --prep-, --iso-, --burn- and
    --clean-. Without a burner, --burn-device stdio:PATH writes a file that behaves like a disc.

    --clean-build-dir names the build directory of an earlier run, to be removed as well when this one is done.
    """
    from camvault.apps._pipeline import Parts, PipelineRun  # noqa: PLC0415 - heavy imports: --help must stay fast

    pipeline = PipelineRun(
        context=context,
        parts=Parts(prepare=PREPARE, image=IMAGE, burn=BURN, clean=CLEAN),
        values=values,
        root=values["root"].absolute(),
        files=tuple(values["files"] or ()),
    )
    if values["dry_run"]:
        from camvault.apps._preview import print_preview  # noqa: PLC0415

        print_preview(pipeline)
    else:
        pipeline.carry_out()


run.__signature__ = composed(own_parameters(), _STAGES)  # type: ignore[attr-defined]


def _stage_code(failure: Any) -> int:
    return int(failure.exit_code)


def _exit_codes() -> ExitCodes:
    from camvault.core.workflows.bodycam.pipeline import StageFailed  # noqa: PLC0415

    meanings = {
        0: "the disc was written and read back (as far as the flags ask for it), nothing is left over",
        1: "nothing was begun (ROOT missing, bad input, bad flag), or a stage ended with 1",
        2: "prepare: the outputs do not fit; burn: the disc does not hold the image",
        3: "prepare: the progress file is missing or broken",
        4: "prepare: failed on the way, can be resumed; or the disc is done and an original could not be deleted",
    }
    return ExitCodes(meanings, {StageFailed: _stage_code})


STAGE = Stage(name="run_bodycam_pipeline", run=run, log=Log.OWN, echo="stdout", exit_codes=_exit_codes())
entry = STAGE.entry

if __name__ == "__main__":
    entry()
