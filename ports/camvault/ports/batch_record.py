"""Port: the progress file of a batch, as values. `camvault.core.batch.resuming` says what may be done with them."""

import enum
from collections.abc import Mapping
from pathlib import PurePath
from typing import Protocol

import attrs

from camvault.ports.encoding import EncodeOptions, EncodeRecord, SampleRecord
from camvault.ports.entries import FileIdentity


class Mode(enum.StrEnum):
    """How the clips of a batch become outputs."""

    COPY = "COPY"
    ENCODE = "ENCODE"


class Coding(enum.StrEnum):
    """How one clip of a batch becomes its output."""

    BY_MODE = "by mode"
    """As the batch: copied in a COPY job, encoded in an ENCODE job."""
    AS_IS = "as is"
    """Copied although the others are encoded; its size is taken off what the encodes may take."""
    IF_ROOM = "if room"
    """Copied after the others, if there is room left."""


class ClipState(enum.StrEnum):
    """Whether a clip's output is durable and recorded."""

    PENDING = "pending"
    DONE = "done"


@attrs.frozen
class OutputRecord:
    """An output as it stands in the build directory.

    Attributes:
        identity: Which file it is.
        sha256: Its digest.
        source_sha256: The original's digest, from before it was encoded; None for a copy, which has the same.
        doubt: Why it does not prove that its original's footage is in it; empty if it does.
        argv: The command line that encoded it; empty for a copy, and in records of earlier versions.
        tool: What encoded it, name and version; empty as for `argv`.
    """

    identity: FileIdentity
    sha256: str
    source_sha256: str | None = None
    doubt: str = ""
    argv: tuple[str, ...] = ()
    tool: str = ""


@attrs.frozen
class ClipRecord:
    """One clip of the batch.

    Attributes:
        key: Its name in the file's `files`; unique.
        state: Done or pending.
        source: The original as it was given, absolute; None in a file of the plain format.
        source_identity: Which file the original was when the job was planned; None if it was gone by then.
        duration_s: Length of the original; 0 where it is not known.
        has_audio: Whether the original has a sound track.
        extra_bytes: What an encode of the original needs beside its first picture and its first sound.
        coding: How it becomes its output.
        output_name: The file in the build directory; None in a file of the plain format.
        output: What stands there. A pending clip may have one: an encode that may have to be repeated at another rate.
        samples: What the allocation learnt before encoding, in order.
        encodes: What encoding the clip gave, in order.
        left_out: Why a finished job has no output of it; empty otherwise.
    """

    key: str
    state: ClipState = ClipState.PENDING
    source: PurePath | None = None
    source_identity: FileIdentity | None = None
    duration_s: float = 0.0
    has_audio: bool = True
    extra_bytes: int = 0
    coding: Coding = Coding.BY_MODE
    output_name: str | None = None
    output: OutputRecord | None = None
    samples: tuple[SampleRecord, ...] = ()
    encodes: tuple[EncodeRecord, ...] = ()
    left_out: str = ""

    @property
    def output_file(self) -> str:
        """The name of its file in the build directory; in the plain format, that of the clip."""
        return self.output_name or self.key


@attrs.frozen
class BatchRecord:
    """A progress file. `kbps` is the video bitrate of an ENCODE job, None for COPY."""

    disc_bytes: int
    safety_bytes: int
    mode: Mode
    kbps: int | None
    clips: tuple[ClipRecord, ...]
    options: EncodeOptions = attrs.field(factory=EncodeOptions)

    @property
    def usable_bytes(self) -> int:
        """What the outputs may take up together."""
        return self.disc_bytes - self.safety_bytes

    def by_key(self) -> Mapping[str, ClipRecord]:
        """The clips by their names in the file."""
        return {clip.key: clip for clip in self.clips}


class BatchRecords(Protocol):
    """Reads and writes progress files: the specification's five keys, and beside them what those cannot say."""

    def load(self, path: PurePath, /) -> BatchRecord | None:
        """The file's content, None if there is no file. A file with the five keys alone is read as well.

        Raises:
            RecordError: Torn, malformed, contradicting itself, or written by a newer version; untouched. Every
                problem is named, with the path of its key.
        """
        ...

    def save(self, path: PurePath, progress: BatchRecord, /) -> None:
        """Make this the durable record, atomically. What is loaded afterwards equals `progress`.

        The file itself may lag behind by one clip in a hundred until `settle`, if nothing but clips changed; what it
        lacks stands beside it. It never says more than was saved.
        """
        ...

    def settle(self, path: PurePath, /) -> PurePath | None:
        """Let the file alone hold everything that was saved last.

        Return the file beside it that means nothing any more and may be removed; None if this object knows of none. Its
        name is that of an unfinished file of camvault.
        """
        ...
