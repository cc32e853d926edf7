"""Workflow, events: what happens while clips are prepared."""

from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.core.batch.figures import gigabytes
from camvault.core.retention.survivors import medium_doubt
from camvault.ports.batch_record import Mode
from camvault.ports.events import Event, Level
from camvault.ports.witness import ReadFrom


@attrs.frozen
class BuildDirChosen(Event):
    """The build directory, where the outputs go."""

    path: PurePath

    def __str__(self) -> str:
        return f"Working dir: {self.path}"


@attrs.frozen
class CapacityDecided(Event):
    """The capacity of the disc, and how much of it the outputs may take."""

    disc_bytes: int
    usable_bytes: int

    def __str__(self) -> str:
        usable = f"{self.usable_bytes:,} bytes ({gigabytes(self.usable_bytes)}) usable"
        return f"Disc capacity: {self.disc_bytes:,} bytes ({gigabytes(self.disc_bytes)}), {usable}"


@attrs.frozen
class ModeDecided(Event):
    """Whether the clips are copied or encoded, and why."""

    mode: Mode
    summary: str

    def __str__(self) -> str:
        return f"Disc-fit decision: {self.mode.value} ({self.summary})"


@attrs.frozen
class BitrateDecided(Event):
    """The video bitrate of the batch, in kbit/s."""

    kbps: int

    def __str__(self) -> str:
        return f"Re-encoding all clips at ~{self.kbps} kbps"


@attrs.frozen
class BitrateSought(Event):
    """Stretches of the clips are encoded at this bitrate, to see whether it fills the disc."""

    kbps: int

    def __str__(self) -> str:
        return f"Trying ~{self.kbps} kbps on stretches of the clips"


@attrs.frozen
class BatchResumed(Event):
    """The job of an earlier run is continued."""

    progress_file: PurePath
    done_count: int
    pending_count: int

    def __str__(self) -> str:
        return f"Resuming {self.progress_file}: {self.done_count:,} clips done, {self.pending_count:,} pending"


@attrs.frozen
class ClipStarted(Event):
    """The work on a clip begins; `index` counts from 1 over the whole batch."""

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
class ClipInDoubt(Event):
    """An encode may lack something of its original, which is kept whatever was asked for."""

    level: ClassVar[Level] = Level.WARNING

    name: str
    doubt: str

    def __str__(self) -> str:
        return f"{self.name}: not all of it is in its output, the original will be kept: {self.doubt}"


@attrs.frozen
class ClipNotEncoded(Event):
    """The encoder could not take a clip. It is copied as it is once the others are encoded, if there is room."""

    level: ClassVar[Level] = Level.WARNING

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} is not encoded, and copied as it is if there is room: {self.reason}"


@attrs.frozen
class ClipLeftOut(Event):
    """A clip could not be prepared; the others go on."""

    level: ClassVar[Level] = Level.ERROR

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} is left out: {self.reason}"


@attrs.frozen
class TimeNotKept(Event):
    """The file system of the build directory cannot hold the time of an original; its content is copied."""

    level: ClassVar[Level] = Level.WARNING

    name: str

    def __str__(self) -> str:
        return f"{self.name}: the file system of the build directory cannot hold the time of the original"


@attrs.frozen
class ClipRedone(Event):
    """The output of a clip is made again."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} is made again: {self.reason}"


@attrs.frozen
class LeftoverRemoved(Event):
    """A file that an earlier run of camvault had left was removed."""

    path: PurePath

    def __str__(self) -> str:
        return f"Removed {self.path}, left over from an earlier run"


@attrs.frozen
class OutputSetAside(Event):
    """An output of an earlier job stays under another name until it is replaced."""

    path: PurePath
    target: PurePath

    def __str__(self) -> str:
        return f"Set aside {self.path} as {self.target.name}, until what replaces it is proven"


@attrs.frozen
class ReplacedRemoved(Event):
    """What was set aside is replaced."""

    path: PurePath
    witness: PurePath

    def __str__(self) -> str:
        return f"Removed {self.path}: {self.witness} holds the same footage"


@attrs.frozen
class ReplacedKept(Event):
    """What was set aside is not replaced, and stays; it does not go onto a disc."""

    level: ClassVar[Level] = Level.WARNING

    path: PurePath
    reason: str

    def __str__(self) -> str:
        return f"Kept {self.path}, which this job does not replace: {self.reason}"


@attrs.frozen
class FileSetAside(Event):
    """A file that camvault may not have made stood where an output goes; it was renamed to `target`."""

    level: ClassVar[Level] = Level.WARNING

    path: PurePath
    target: PurePath

    def __str__(self) -> str:
        return f"{self.path} is not what camvault made there; it is kept as {self.target.name}, and not on the disc"


@attrs.frozen
class NotReadFromMedium(Event):
    """Outputs were read back, but maybe not from the medium that they are to survive on."""

    level: ClassVar[Level] = Level.WARNING

    build_dir: PurePath
    source: ReadFrom

    def __str__(self) -> str:
        return f"{self.build_dir} was read back, but {medium_doubt(self.source)}"


@attrs.frozen
class OutputsVerified(Event):
    """Every output was read back and has the recorded content."""

    count: int
    total_bytes: int
    usable_bytes: int

    def __str__(self) -> str:
        share = f"{self.total_bytes:,} of {self.usable_bytes:,} bytes"
        return f"Verified {self.count:,} outputs: {share} ({self.total_bytes / self.usable_bytes:.1%})"
