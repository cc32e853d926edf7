"""Workflow, private part: what the backup tells."""

from pathlib import PurePosixPath
from typing import ClassVar

import attrs

from camvault.core.segments.ledger import ProofKind
from camvault.ports.events import Event, Level


@attrs.frozen
class SegmentSynced(Event):
    """A file is proven to be at the target."""

    level: ClassVar[Level] = Level.DEBUG

    path: PurePosixPath
    kind: ProofKind

    def __str__(self) -> str:
        return f"{self.path} is at the target ({self.kind.value})"


@attrs.frozen
class SegmentKept(Event):
    """A file is not proven to be at the target; it stays and is tried again."""

    level: ClassVar[Level] = Level.ERROR

    path: PurePosixPath
    reason: str

    def __str__(self) -> str:
        return f"[backup] {self.path} is kept: {self.reason}"
