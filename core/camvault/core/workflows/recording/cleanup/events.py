"""Workflow, private part: what cleanup tells."""

from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.ports.events import Event, Level
from camvault.ports.removal import Removal


@attrs.frozen
class SegmentRemoved(Event):
    """A segment is gone from here."""

    level: ClassVar[Level] = Level.DEBUG

    removal: Removal

    def __str__(self) -> str:
        return f"{self.removal.path} removed: {self.removal.reason}"


@attrs.frozen
class SegmentLost(SegmentRemoved):
    """A rule of the user removed footage that is not proven to be anywhere else."""

    level: ClassVar[Level] = Level.WARNING

    def __str__(self) -> str:
        return f"{self.removal.path} is lost: {self.removal.reason}"


@attrs.frozen
class ProvenSegmentKept(Event):
    """A file that was proven to be at the target is kept, because the target says otherwise now."""

    level: ClassVar[Level] = Level.ERROR

    path: PurePath
    reason: str
    is_withdrawn: bool

    def __str__(self) -> str:
        withdrawn = "; its proof is withdrawn, backup_video sends it again" if self.is_withdrawn else ""
        return f"[remove] {self.path} is kept: {self.reason}{withdrawn}"
