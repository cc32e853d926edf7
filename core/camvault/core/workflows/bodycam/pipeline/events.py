"""Workflow, shared part: what the pipeline tells of."""

from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.core.batch.next_step import PipelineStage
from camvault.ports.events import Event, Level


@attrs.frozen
class StageStarted(Event):
    """A stage begins."""

    stage: PipelineStage

    def __str__(self) -> str:
        return f"Stage {self.stage} started"


@attrs.frozen
class StageFinished(Event):
    """A stage did what it was asked to do."""

    stage: PipelineStage

    def __str__(self) -> str:
        return f"Stage {self.stage} finished"


@attrs.frozen
class BuildDirKept(Event):
    """The build directory was left for analysis or to be resumed."""

    level: ClassVar[Level] = Level.WARNING

    path: PurePath
    reason: str

    def __str__(self) -> str:
        return f"Build directory kept ({self.reason}): {self.path}"


@attrs.frozen
class PipelineFinished(Event):
    """Everything was done; `outcome` says what is known of the disc."""

    outcome: str

    def __str__(self) -> str:
        return f"{'done':<8} {self.outcome}"


@attrs.frozen
class ResultStored(Event):
    """Where something is that the user wants to find: `what` is "ISO" or "log"."""

    what: str
    path: PurePath

    def __str__(self) -> str:
        return f"{'':<8} {self.what}  {self.path}"
