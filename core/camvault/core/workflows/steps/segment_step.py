"""Workflow step: look at a file once more and ask the lifecycle of segments whether an event may happen to it."""

from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.core.segments.lifecycle import SegmentEvent, SegmentState, step
from camvault.core.segments.observed_state import observed_state
from camvault.ports.entries import FileEntry
from camvault.ports.errors import CamvaultError, NotFoundError
from camvault.ports.events import Event, Level
from camvault.ports.files import FolderReader


@attrs.frozen
class StepRefused(Event):
    """A segment is left as it is, because the lifecycle refuses what `job` was about to do."""

    level: ClassVar[Level] = Level.WARNING

    job: str
    path: PurePath
    refusal: str

    def __str__(self) -> str:
        return f"[{self.job}] {self.path} is left as it is: {self.refusal}"


@attrs.define(str=False)
class StepRefusedError(CamvaultError):
    """The lifecycle refuses an event for the segment at `path`, which is in `state`."""

    path: PurePath
    state: SegmentState
    refusal: str

    def __str__(self) -> str:
        return f"{self.path}: {self.refusal}"


def check_step(file: FileEntry, event: SegmentEvent, *, storage: FolderReader, is_in_quarantine: bool = False) -> None:
    """Return if `event` may happen to the segment `file`, which is looked at once more.

    Args:
        file: The file as it was listed, when it looked finished.
        event: What is to be done with it.
        storage: Where it is looked at.
        is_in_quarantine: Whether it lies in quarantine.

    Raises:
        StepRefusedError: The lifecycle refuses the event in the state that the segment is in.
        NotFoundError: The file is gone.
        StorageError: The file cannot be looked at.
    """
    now = storage.entry(file.path)
    if now is None:
        raise NotFoundError(file.path)
    state = observed_state(file.identity, now.identity, is_in_quarantine=is_in_quarantine)
    refusal = step(state, event).refusal
    if refusal:
        raise StepRefusedError(file.path, state, refusal)
