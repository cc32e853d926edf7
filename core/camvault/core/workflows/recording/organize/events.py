"""Workflow, events: what `organize` reports of each segment."""

from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.ports.events import Event, Level


@attrs.frozen
class SegmentMoved(Event):
    """A finished segment is in its date folder."""

    level: ClassVar[Level] = Level.DEBUG

    source: PurePath
    target: PurePath

    def __str__(self) -> str:
        return f"{self.source} moved to {self.target}"


@attrs.frozen
class SegmentQuarantined(Event):
    """A segment holds no footage that can be read; it is in quarantine, where nothing is deleted."""

    level: ClassVar[Level] = Level.WARNING

    source: PurePath
    target: PurePath
    defect: str

    def __str__(self) -> str:
        return f"{self.source} put aside as {self.target}: {self.defect}"
