"""Workflow: the stages of the pipeline in their order, and the fate of what they leave."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath

import attrs

from camvault.core.batch.next_step import BuildDirFate, PipelineStage, StageFailed, fate_after_failure
from camvault.core.workflows.bodycam.pipeline.events import BuildDirKept, StageFinished, StageStarted
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import CamvaultError, Cancelled
from camvault.ports.events import Note, Reporter

Reports = Mapping[PipelineStage, object]
"""What the stages that are done have reported."""


Advise = Callable[[PipelineStage, StageFailed | Cancelled], str]
"""How to go on after a stage failed or was stopped, in one sentence with the commands for it."""


@attrs.frozen
class PipelineStep:
    """One stage, ready to run.

    `run` is given the reports of the stages before it. It raises `StageFailed` or `Cancelled`, or returns its report.
    `folder` is what it leaves if it fails; None for the build directory of the run.
    """

    stage: PipelineStage
    run: Callable[[Reports], object]
    folder: PurePath | None = None


def run_stages(
    steps: Iterable[PipelineStep],
    *,
    build_dir: PurePath,
    is_new: bool,
    discard: Callable[[], object],
    advise: Advise,
    reporter: Reporter,
    cancel: Cancellation,
) -> dict[PipelineStage, object]:
    """Run the stages in order and return their reports. The first failure ends it.

    `discard` removes the build directory; it is called if a failure leaves nothing worth keeping, only for one that
    this run has made (`is_new`). `advise` says how to go on if it is kept.

    Raises:
        StageFailed: As the stage raised it; the fate of the build directory was settled and reported.
        Cancelled: The user stopped; the build directory is intact.
    """
    reports: dict[PipelineStage, object] = {}
    for step in steps:
        try:
            cancel.check()
            reporter.emit(StageStarted(step.stage))
            reports[step.stage] = step.run(reports)
        except (Cancelled, StageFailed) as problem:
            if _fate(step.stage, problem, is_new=is_new) is BuildDirFate.REMOVED:
                _discard(build_dir, discard, reporter)
            else:
                is_failure = isinstance(problem, StageFailed)
                words = f"stage {step.stage} failed" if is_failure else f"stopped in stage {step.stage}"
                reporter.emit(BuildDirKept(step.folder or build_dir, words))
                reporter.emit(Note(advise(step.stage, problem)))
            raise
        reporter.emit(StageFinished(step.stage))
    return reports


def _fate(stage: PipelineStage, problem: StageFailed | Cancelled, *, is_new: bool) -> BuildDirFate:
    if not isinstance(problem, StageFailed):
        return BuildDirFate.KEPT
    return fate_after_failure(stage, kind=problem.kind, is_new=is_new)


def _discard(build_dir: PurePath, discard: Callable[[], object], reporter: Reporter) -> None:
    try:
        discard()
    except CamvaultError as error:  # the failure that led here is the one to report
        reporter.emit(BuildDirKept(build_dir, str(error)))
