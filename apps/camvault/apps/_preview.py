"""Composition root, shared part: the pipeline's dry run. Prints the whole plan and touches nothing."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import attrs

from camvault.adapters.bridge.layout import lay_out
from camvault.adapters.reporting import ScopedReporter
from camvault.apps._burners import select_drives
from camvault.apps._pipeline import PipelineRun
from camvault.apps._stages import StageRunner
from camvault.apps.burn_iso import print_command
from camvault.apps.prepare_bodycam import plan_only
from camvault.core.batch.pipeline import PipelineStage, RunNames, image_bound_bytes
from camvault.core.batch.plan import PreparePlan
from camvault.core.workflows.bodycam.burn import pick_device
from camvault.core.workflows.bodycam.pipeline import expected_names
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import DriveError, MissingToolError
from camvault.ports.image import SECTOR_BYTES
from camvault.ports.progress import Mode


def print_preview(run: PipelineRun) -> None:
    """Print what a run would do, stage by stage, or fail as the run would fail before its first stage."""
    run.prepare_for_work()
    names = expected_names(run.root, at=run.context.clock.now(), unique="…", storage=run.storage)
    tools = attrs.evolve(run.context, reporter=ScopedReporter(run.context.reporter, "tools"))
    # as the stage itself: the same words and exit codes for what is wrong
    step = StageRunner(run.context, run.values).step_after(
        PipelineStage.PREPARE, run.parts.prepare, lambda _, __: plan_only(tools, run.wishes(run.build_dir(names)))
    )
    plan = step.run({})
    assert isinstance(plan, PreparePlan)  # noqa: S101 - what the step returns
    for word, text in _lines(run, names, plan):
        run.context.print_result(f"{word:<8} {text}")


def _lines(run: PipelineRun, names: RunNames, plan: PreparePlan) -> Iterator[tuple[str, str]]:
    yield "plan", plan.summary()
    for warning in plan.warnings:
        yield "warning", warning
    for clip in plan.progress.clips:
        yield "prepare", f"{clip.source} → {clip.output_name or clip.key}"
    yield "image", _image(plan)
    yield "", f"label {run.values['iso_volume_label'] or names.label}"
    yield from _burn(run, Path(names.image))
    if run.is_deleting_originals:
        yield "release", f"{len(plan.progress.clips):,} originals will be deleted, if the disc is read back equal"
    for folder in (plan.build_dir, run.extra_folder):
        if folder is not None and not run.values["burn_dry_run"]:
            yield "clean", f"{folder} will be removed"
    yield "ISO", str(names.image)
    yield "log", str(names.log)


def _image(plan: PreparePlan) -> str:
    """The size of the image: to the sector where the outputs are known, else the most it can be."""
    disc = plan.progress.disc_bytes
    if plan.mode is Mode.COPY:
        files = [
            (PurePosixPath(clip.output_name or clip.key), clip.source_identity or FileIdentity(0, 0))
            for clip in plan.progress.clips
        ]
        size = lay_out(files, [PurePosixPath()]).sector_count * SECTOR_BYTES
        return f"{size:,} bytes ({size // SECTOR_BYTES:,} sectors), {100 * size / disc:.1f} % of the disc"
    size = image_bound_bytes(plan.progress.usable_bytes, output_count=len(plan.progress.clips))
    return f"at most {size:,} bytes, {100 * size / disc:.1f} % of the disc"


def _burn(run: PipelineRun, image: Path) -> Iterator[tuple[str, str]]:
    """The burner's command; a burner that is missing may be there when its turn comes."""
    commands: list[str] = []
    context = attrs.evolve(
        run.context, print_result=commands.append, reporter=ScopedReporter(run.context.reporter, "burn")
    )
    values = run.parts.burn.values(run.values)
    try:
        print_command(context, image, device=values["device"], speed=values["speed"], burner=values["burner"])
        pick_device(values["device"], drives=select_drives(values["device"], cancel=run.context.cancel))
    except (MissingToolError, DriveError) as error:
        yield "warning", f"stage burn cannot work as things are: {run.parts.burn.in_larger_terms(str(error))}"
    for command in commands:
        yield "burn", command
