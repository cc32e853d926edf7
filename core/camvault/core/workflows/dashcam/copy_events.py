"""Workflow, private part: what is told while clips are copied from the card."""

from pathlib import PurePosixPath
from typing import ClassVar

import attrs

from camvault.ports.events import Event, Level


@attrs.frozen
class CardListed(Event):
    """What is on the card."""

    count: int
    size_bytes: int
    new_count: int
    new_bytes: int

    def __str__(self) -> str:
        return (
            f"card: {self.count:,} files, {self.size_bytes:,} bytes; "
            f"to be copied: {self.new_count:,} files, {self.new_bytes:,} bytes"
        )


@attrs.frozen
class ClipStaged(Event):
    """A clip is in the staging, and written down."""

    path: PurePosixPath
    staged_path: PurePosixPath
    size_bytes: int
    sha256: str
    defect: str = ""

    def __str__(self) -> str:
        name = "" if self.path == self.staged_path else f" as {self.staged_path}"
        defect = f", as the camera left it: {self.defect}" if self.defect else ""
        return f"copied {self.path}{name}, {self.size_bytes:,} bytes{defect}"


@attrs.frozen
class ClipLeft(Event):
    """A clip stays on the card for now, without that anything were wrong with it."""

    path: PurePosixPath
    reason: str

    def __str__(self) -> str:
        return f"{self.path} is still being recorded: {self.reason}"


@attrs.frozen
class ClipOverwritten(Event):
    """A clip is gone from the card, and was not copied before."""

    level: ClassVar[Level] = Level.WARNING

    path: PurePosixPath
    seen_at: str

    def __str__(self) -> str:
        return f"{self.path}, seen at {self.seen_at}, is gone from the card before it was copied"


@attrs.frozen
class ClipVanished(Event):
    """A clip that was staged and not proven to be at the server is not in the staging any more."""

    level: ClassVar[Level] = Level.ERROR

    path: PurePosixPath
    is_on_card: bool

    def __str__(self) -> str:
        rest = "the card has a file of its name" if self.is_on_card else "it is not on the card either"
        return f"{self.path} was copied to this box, is not proven to be at the server, and vanished from here; {rest}"
