"""Workflow: what happens while clips are prepared."""

from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.core.batch.plan import gigabytes
from camvault.ports.events import Event, Level
from camvault.ports.progress import Mode


@attrs.frozen
class WorkingDir(Event):
    """Where the outputs go."""

    path: PurePath

    def __str__(self) -> str:
        return f"Working dir: {self.path}"


@attrs.frozen
class DiscCapacity(Event):
    """What the outputs must fit."""

    disc_bytes: int
    usable_bytes: int

    def __str__(self) -> str:
        usable = f"{self.usable_bytes:,} bytes ({gigabytes(self.usable_bytes)}) usable"
        return f"Disc capacity: {self.disc_bytes:,} bytes ({gigabytes(self.disc_bytes)}), {usable}"


@attrs.frozen
class ModeDecided(Event):
    """Copy or encode, and why."""

    mode: Mode
    summary: str

    def __str__(self) -> str:
        return f"Disc-fit decision: {self.mode.value} ({self.summary})"


@attrs.frozen
class BitrateDecided(Event):
    """The one bitrate of the batch."""

    kbps: int

    def __str__(self) -> str:
        return f"Re-encoding all clips at ~{self.kbps} kbps"


@attrs.frozen
class Resumed(Event):
    """An earlier run is continued."""

    progress_file: PurePath
    done_count: int
    pending_count: int

    def __str__(self) -> str:
        return f"Resuming {self.progress_file}: {self.done_count:,} clips done, {self.pending_count:,} pending"


@attrs.frozen
class ClipStarted(Event):
    """A clip is worked on; `index` counts from 1 over the whole batch."""

    index: int
    count: int
    name: str

    def __str__(self) -> str:
        return f"[{self.index}/{self.count}] → {self.name}"


@attrs.frozen
class ClipCopied(Event):
    """A copy is durable and recorded."""

    level: ClassVar[Level] = Level.DEBUG

    name: str
    size_bytes: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.name}: {self.size_bytes:,} bytes, SHA-256 {self.sha256}"


@attrs.frozen
class ClipEncoded(Event):
    """An encode is finished; `is_accepted` tells whether it became the clip's output."""

    name: str
    rate: str
    size_bytes: int
    original_bytes: int
    is_accepted: bool

    def __str__(self) -> str:
        fate = "" if self.is_accepted else ", the one before stays"
        return f"{self.name}: {self.original_bytes:,} to {self.size_bytes:,} bytes at {self.rate}{fate}"


@attrs.frozen
class ClipDamaged(Event):
    """An encode may lack footage of its original, which is kept whatever was asked for."""

    level: ClassVar[Level] = Level.WARNING

    name: str
    damage: str

    def __str__(self) -> str:
        return f"{self.name} is damaged, its original will be kept: {self.damage}"


@attrs.frozen
class ClipAgain(Event):
    """A clip is made again."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} is made again: {self.reason}"


@attrs.frozen
class LeftoverRemoved(Event):
    """A file of an earlier run of ours made room."""

    path: PurePath

    def __str__(self) -> str:
        return f"Removed {self.path}, left over from an earlier run"


@attrs.frozen
class StrangerSetAside(Event):
    """Something stood where an output goes that may be somebody's."""

    level: ClassVar[Level] = Level.WARNING

    path: PurePath
    target: PurePath

    def __str__(self) -> str:
        return f"{self.path} is not what camvault made there; it is kept as {self.target.name}, and not on the disc"


@attrs.frozen
class OutputsVerified(Event):
    """Every output was read back and is what was recorded."""

    count: int
    total_bytes: int
    usable_bytes: int

    def __str__(self) -> str:
        share = f"{self.total_bytes:,} of {self.usable_bytes:,} bytes"
        return f"Verified {self.count:,} outputs: {share} ({self.total_bytes / self.usable_bytes:.1%})"


@attrs.frozen
class OriginalRemoved(Event):
    """An original is gone; its output was read back before."""

    path: PurePath
    reason: str

    def __str__(self) -> str:
        return f"Deleted original {self.path}: {self.reason}"


@attrs.frozen
class OriginalKept(Event):
    """An original was to be deleted and is kept."""

    level: ClassVar[Level] = Level.WARNING

    path: PurePath
    reason: str

    def __str__(self) -> str:
        return f"Kept original {self.path}: {self.reason}"
