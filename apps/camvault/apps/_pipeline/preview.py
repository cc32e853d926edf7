"""Composition root, shared part: the pipeline's dry run. Prints the plan of the run and touches nothing.

The words of the plan are those of `camvault.core.workflows.bodycam.pipeline.plan`.
"""

from pathlib import Path, PurePath, PurePosixPath

import attrs

from camvault.adapters.bridge import BridgeBuilder
from camvault.adapters.bridge.layout import lay_out
from camvault.adapters.pyav import PyavClipReader
from camvault.adapters.reporting import ScopedReporter
from camvault.apps._assembly.burners import burn_command, check_device, select_drives
from camvault.apps._assembly.evidence import evidence_wish
from camvault.apps._cli.explain import explained
from camvault.apps._cli.stage import Context
from camvault.apps._pipeline.job import PipelineJob
from camvault.apps._pipeline.options import BURN, PREPARE
from camvault.apps._pipeline.steps import guarded
from camvault.apps.prepare_bodycam import planned
from camvault.core.batch.next_step import PipelineStage
from camvault.core.batch.plan import PreparePlan
from camvault.core.disc.labels import stamp_of
from camvault.core.evidence.camera_start import instant_text
from camvault.core.evidence.disc_evidence import DiscEvidence, encoded
from camvault.core.evidence.planned import planned_evidence
from camvault.core.workflows.bodycam.burn import pick_device
from camvault.core.workflows.bodycam.create_iso import signed
from camvault.core.workflows.bodycam.pipeline import PipelinePlan, expected_names
from camvault.ports.batch_record import Mode
from camvault.ports.clip_facts import ContainerFacts
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import CamvaultError, Cancelled, DriveError, MissingToolError, UsageError
from camvault.ports.events import Note, Scoped
from camvault.ports.image import SECTOR_BYTES


def print_plan(job: PipelineJob) -> None:
    """Print what a run would do, or fail as the run would fail in its first stage. `check` has been called."""
    plan = job.plan(expected_names(job.root, at=job.context.clock.now(), unique="…", storage=job.storage))
    prepared = _prepared(job, plan)
    commands, problem = _burn(job, Path(plan.names.image))
    size_bytes = _image_bytes(job, plan, prepared)
    for line in plan.lines(
        prepared,
        image_bytes=size_bytes,
        evidence_bytes=job.outlook.evidence_bytes,
        burn_commands=commands,
        burn_problem=problem,
    ):
        job.context.print_result(line)


def _prepared(job: PipelineJob, plan: PipelinePlan) -> PreparePlan:
    """The plan of the first stage: the same words and exit codes for what is wrong as in the stage itself."""
    options = job.options.for_prepare(Path(plan.build_dir), safety_bytes=job.outlook.safety_bytes)
    tools = attrs.evolve(job.context, reporter=ScopedReporter(job.context.reporter, "tools"))

    def work(_: Context) -> PreparePlan:
        return planned(tools, options)

    prepared = guarded(job.context, PipelineStage.PREPARE, PREPARE, work)
    assert isinstance(prepared, PreparePlan)  # noqa: S101 - what `work` returns
    return prepared


def _image_bytes(job: PipelineJob, run: PipelinePlan, plan: PreparePlan) -> int | None:
    """The size of the image where the outputs are known: copies are."""
    if plan.mode is not Mode.COPY:
        return None
    files = [
        (PurePosixPath(clip.output_name or clip.key), clip.source_identity or FileIdentity(0, 0))
        for clip in plan.progress.clips
    ]
    folders, placement = [PurePosixPath()], None
    if job.options.image.evidence:
        evidence = _evidence(job, run, plan)
        files += [(path, FileIdentity(len(encoded(text)), 0)) for path, text in evidence.texts().items()]
        folders, placement = [*folders, evidence.places.folder], evidence.placement
    return lay_out(files, folders, placement).sector_count * SECTOR_BYTES


def _evidence(job: PipelineJob, run: PipelinePlan, plan: PreparePlan) -> DiscEvidence:
    stamped_at = stamp_of(label=run.label, stamp=run.stamp, now=job.context.clock.now())
    wish = evidence_wish(job.options.image.sign)
    return planned_evidence(
        plan.progress,
        facts_of=_facts,
        label=run.label,
        stamp=instant_text(stamped_at),
        tools={**wish.tools, "image": BridgeBuilder().name},
        signature=signed(wish, b"", cancel=job.context.cancel),
    )


def _facts(source: PurePath) -> ContainerFacts:
    try:
        return PyavClipReader().facts(source)
    except Cancelled:
        raise
    except CamvaultError:
        return ContainerFacts()


def _burn(job: PipelineJob, image: Path) -> tuple[list[str], str | None]:
    """The burner's command, and why the stage could not run now; the drive may be connected when the stage begins."""
    wished, cancel = job.options.burn, job.context.cancel
    commands: list[str] = []
    try:
        commands.append(
            burn_command(image, wished.device, speed=wished.speed, wanted=wished.burner.tool, cancel=cancel)
        )
        note = Note("Dry-run mode – no commands executed")  # noqa: RUF001 - the specification's dash
        job.context.reporter.emit(Scoped(PipelineStage.BURN, note))
        check_device(wished.device)
        pick_device(wished.device, drives=select_drives(wished.device, cancel=cancel))
    except (MissingToolError, DriveError, UsageError) as error:
        return commands, BURN.in_larger_terms(explained(error))
    return commands, None
