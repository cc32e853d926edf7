"""Composition root, shared part: the stages of the pipeline as steps that run in this process."""

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.reporting import ScopedReporter
from camvault.apps import prepare_bodycam
from camvault.apps._cli.explain import explained
from camvault.apps._cli.flags import Part
from camvault.apps._cli.stage import Context, Known, YesNo
from camvault.apps._pipeline.options import BURN, CLEAN, IMAGE, PREPARE, Options
from camvault.core.batch.next_step import PipelineStage, StageFailed, failure_kind
from camvault.core.workflows.bodycam.pipeline import (
    BuildDirKept,
    PipelinePlan,
    PipelineStep,
    Reports,
    check_mastered,
    clips_left_out,
    disc_bytes,
    release_originals,
    verified_sha256,
)
from camvault.ports.errors import CamvaultError, Cancelled
from camvault.ports.events import Crashed


def guarded(context: Context, stage: PipelineStage, part: Part, work: Callable[[Context], object]) -> object:
    """Run the work of one stage, its lines under the stage's name; return its report.

    Raises:
        StageFailed: The stage failed; with its exit code as a command, and the flags as the pipeline has them.
        Cancelled: The user stopped.
    """
    scoped = attrs.evolve(context, reporter=ScopedReporter(context.reporter, stage))
    try:
        return work(scoped)
    except Cancelled:
        raise
    except Exception as error:
        if not isinstance(error, CamvaultError):
            lines = "".join(traceback.format_exception(error)).splitlines()
            scoped.reporter.emit(Crashed(f"Unexpected error, {type(error).__name__}: {error}", tuple(lines)))
        code = part.stage.exit_codes.code_of(error)
        problem = part.in_larger_terms(explained(error))
        raise StageFailed(stage, part.stage.name, code, problem, failure_kind(error)) from error


@attrs.frozen
class Steps:
    """The stages of one run, each with the options that were given for it and what the pipeline decides."""

    context: Context
    options: Options
    plan: PipelinePlan
    safety_bytes: int | None

    def __iter__(self) -> Iterator[PipelineStep]:
        for stage in self.plan.stages:
            match stage:
                case PipelineStage.PREPARE:
                    yield self._step(stage, PREPARE, self._prepare)
                case PipelineStage.IMAGE:
                    yield self._step(stage, IMAGE, self._master)
                case PipelineStage.BURN:
                    yield self._step(stage, BURN, self._burn)
                case PipelineStage.RELEASE:
                    yield self._step(stage, PREPARE, self._release)
                case PipelineStage.CLEAN:
                    yield from map(self._cleaning, self.plan.folders_to_clean)

    def discard(self) -> object:
        """Remove the build directory of this run now."""
        return guarded(self.context, PipelineStage.CLEAN, CLEAN, lambda scoped: self._clean(scoped, self._build_dir))

    def _step(self, stage: PipelineStage, part: Part, work: Callable[[Context, Reports], object]) -> PipelineStep:
        return PipelineStep(
            stage, lambda reports: guarded(self.context, stage, part, lambda scoped: work(scoped, reports))
        )

    def _cleaning(self, folder: Any) -> PipelineStep:
        step = self._step(
            PipelineStage.CLEAN, CLEAN, lambda scoped, reports: self._clean_if_whole(scoped, folder, reports)
        )
        return step if folder == self.plan.build_dir else attrs.evolve(step, folder=folder)

    @property
    def _build_dir(self) -> Path:
        return Path(self.plan.build_dir)

    @property
    def _image(self) -> Path:
        return Path(self.plan.names.image)

    def _prepare(self, scoped: Context, _: Reports) -> object:
        options = self.options.for_prepare(self._build_dir, safety_bytes=self.safety_bytes)
        return prepare_bodycam.prepared(scoped, options)

    def _master(self, scoped: Context, reports: Reports) -> object:
        options = attrs.evolve(
            self.options.image,
            build_dir=self._build_dir,
            iso_path=self._image,
            even_unfinished=YesNo.YES,  # the first stage said how far it came
            volume_label=self.plan.label,
            stamp=self.plan.stamp,
        )
        known = Known(disc_bytes=disc_bytes(reports))
        report = IMAGE.stage.run(attrs.evolve(scoped, known=known), options)
        check_mastered(reports, report)
        return report

    def _burn(self, scoped: Context, reports: Reports) -> object:
        known = Known(image_sha256=verified_sha256(reports))
        return BURN.stage.run(attrs.evolve(scoped, known=known), attrs.evolve(self.options.burn, iso_path=self._image))

    def _release(self, scoped: Context, reports: Reports) -> object:
        return release_originals(
            reports,
            storage=LocalStorage(),
            reporter=scoped.reporter,
            cancel=scoped.cancel,
            is_cache_trusted=self.options.prepare.trust_cache,
        )

    def _clean_if_whole(self, scoped: Context, folder: Any, reports: Reports) -> object:
        if folder == self.plan.build_dir and clips_left_out(reports) is not None:
            scoped.reporter.emit(BuildDirKept(folder, "its record says which clips are missing on the disc"))
            return None
        return self._clean(scoped, Path(folder))

    def _clean(self, scoped: Context, folder: Path) -> object:
        return CLEAN.stage.run(scoped, attrs.evolve(self.options.clean, build_dir=folder))
