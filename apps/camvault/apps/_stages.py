"""Composition root, shared part: running a stage inside a larger command."""

import traceback
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from camvault.adapters.reporting import ScopedReporter
from camvault.apps._cli import Context, Known
from camvault.apps._parts import Part
from camvault.core.batch.pipeline import PipelineStage
from camvault.core.workflows.bodycam.pipeline import Reports, StageFailed, Step
from camvault.ports.errors import CamvaultError, Cancelled
from camvault.ports.events import Crashed


@attrs.frozen
class StageRunner:
    """Runs stages in-process: the same function as the command of their own, with the flags given under the prefix."""

    context: Context
    values: Mapping[str, Any]

    def step(
        self,
        stage: PipelineStage,
        part: Part,
        own: Mapping[str, object],
        *,
        known: Callable[[Reports], Known] = lambda _: Known(),
        check: Callable[[Reports, object], None] = lambda _, __: None,
    ) -> Step:
        """The stage as a step; `own` are the parameters that the larger command decides.

        `known` is what the stages before it have found out; `check` judges the stage's own report, and its errors are
        the stage's.
        """
        values = {**part.values(self.values), **own}

        def work(scoped: Context, reports: Reports) -> object:
            report = part.stage.run(attrs.evolve(scoped, known=known(reports)), **values)
            check(reports, report)
            return report

        return self.step_after(stage, part, work)

    def step_after(self, stage: PipelineStage, part: Part, work: Callable[[Context, Reports], object]) -> Step:
        """A step that needs the reports of those before it; its errors have the exit codes of `part`."""
        return Step(stage, lambda reports: self._guarded(stage, part, lambda scoped: work(scoped, reports)))

    def run(self, stage: PipelineStage, part: Part, **own: object) -> object:
        """Run the stage now and return its report.

        Raises:
            StageFailed: It failed, with the exit code it would have had as a command.
            Cancelled: The user stopped.
        """
        values = {**part.values(self.values), **own}
        return self._guarded(stage, part, lambda scoped: part.stage.run(scoped, **values))

    def _guarded(self, stage: PipelineStage, part: Part, work: Callable[[Context], object]) -> object:
        scoped = attrs.evolve(self.context, reporter=ScopedReporter(self.context.reporter, stage))
        try:
            return work(scoped)
        except Cancelled:
            raise
        except Exception as error:
            if not isinstance(error, CamvaultError):
                lines = "".join(traceback.format_exception(error)).splitlines()
                scoped.reporter.emit(Crashed(f"Unexpected error, {type(error).__name__}: {error}", tuple(lines)))
            code = part.stage.exit_codes.code_of(error)
            raise StageFailed(stage, part.stage.name, code, part.in_larger_terms(str(error))) from error
