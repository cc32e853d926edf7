"""Port: sending files to another place, and looking what really stands there."""

import enum
from collections.abc import Mapping, Sequence
from pathlib import PurePath, PurePosixPath
from typing import Protocol

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import CamvaultError
from camvault.ports.witness import Sameness


@attrs.define(str=False)
class TargetError(CamvaultError):
    """The target cannot be used now: nothing may be written to it, and nothing is proven by it."""

    where: str
    problem: str
    is_offline: bool = False
    """Whether there is evidence that it is off: then it is not in doubt."""

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


@attrs.frozen
class Here:
    """The target that is meant is there and was recognized; two equal answers mean that it was there all the time.

    Attributes:
        number: What its marker says, which is what is recorded on this side; "" where none can be recorded yet.
        device: The file system that it is on, as far as it can be seen from here.
        shares_device: Whether it is known to be on the device of the footage: another copy, but not on another disk.
    """

    number: str
    device: str = ""
    shares_device: bool = False


@attrs.frozen
class Offline:
    """The target that is meant is off or not mounted, and there is evidence for that. It is as it was when it was seen.

    Attributes:
        number: Of the target that is offline: what is recorded on this side.
        evidence: What was found, for people: nothing is mounted where it was mounted, there is no route to it, ….
    """

    number: str
    evidence: str

    def __str__(self) -> str:
        return f"it is offline: {self.evidence}"


@attrs.frozen
class Another:
    """In its place stands another target.

    Attributes:
        number: What the marker there says.
        wanted: What is recorded on this side.
    """

    number: str
    wanted: str

    def __str__(self) -> str:
        return f"it is another target than before: its marker says {self.number}, expected {self.wanted}"


@attrs.frozen
class Unsure:
    """It cannot be told whether it is the target, or what became of it; `problem` is what was found and expected."""

    problem: str

    def __str__(self) -> str:
        return self.problem


TargetAnswer = Here | Offline | Another | Unsure
"""All that can be said of a target. Only `Here`, and `Offline` for what is proven at this number, let a file go."""


@attrs.frozen
class RecordedTarget:
    """A target is meant, and recorded on this side by its number: it tells targets apart, whatever their address is."""

    number: str = attrs.field(validator=attrs.validators.min_len(1))


@attrs.frozen
class NoRecordedTarget:
    """No target was used yet, or none could be recorded: nothing is proven."""

    number = ""


@attrs.frozen
class UnreadableTarget:
    """Which target is meant cannot be read, for this `problem`: nothing is known to be proven."""

    problem: str
    number = ""


WantedTarget = RecordedTarget | NoRecordedTarget | UnreadableTarget
"""Which target is meant. Each has a `number` to compare proofs with, which is "" where there is none."""


@attrs.frozen
class Sendable:
    """A file to send: its path below the root, and which one it is."""

    path: PurePosixPath
    identity: FileIdentity


class PushCause(enum.Enum):
    """Why a push failed as a whole, as far as it is told: what may help."""

    UNKNOWN = "unknown"
    """Nothing failed as a whole, or it is not told why."""
    REFUSED = "refused"
    """Trying again changes nothing: another host key, a key that is refused, no tool at the other end."""
    NO_SPACE = "no space"
    """The target is full."""
    NO_NETWORK = "no network"
    """There was no connection."""
    CUT_OFF = "cut off"
    """It ended on the way: a connection that broke, a limit of time, a signal. What arrived is kept to go on with."""


@attrs.frozen
class Pushed:
    """How a push ended.

    Attributes:
        exit_code: The tool's, for the message; 0 says that the tool believes that all files arrived.
        problem: What went wrong as a whole, in the tool's words; "" for nothing.
        problems: What was said of single files.
        is_partial: Only single files failed: going on with others makes sense.
        is_hung: It took longer than it may and was stopped.
        cause: Why it failed, to decide whether it is tried again; the tool's exit code alone does not tell.
        sent_bytes: What went over the wire, if the tool told; else 0.
    """

    exit_code: int = 0
    problem: str = ""
    problems: Mapping[PurePosixPath, str] = attrs.field(factory=dict)
    is_partial: bool = False
    is_hung: bool = False
    cause: PushCause = PushCause.UNKNOWN
    sent_bytes: int = 0


class EvidenceKind(enum.Enum):
    """How a look at the target was made."""

    READ_BACK = "read-back"
    """The target's content was read and hashed here, past this machine's cache."""
    READ_CACHED = "read-cached"
    """The target had taken all of it, and it was read and hashed here; it may have come from this machine's cache."""
    IN_MEMORY = "in-memory"
    """It was read and hashed, but what holds it there is the memory of this machine: it is no second copy."""
    REMOTE_HASH = "remote-hash"
    """The target hashed its content."""
    COMPARED = "compared"
    """Both ends read all of it, and their checksums are equal."""


@attrs.frozen
class Evidence:
    """What was found under a name at the target: its hash, or "" if it was compared and found equal."""

    kind: EvidenceKind
    sha256: str = ""


class Sight(enum.Enum):
    """How a file that was proven to be at the target is found there later."""

    SAME = "same"
    CACHED = "cached"
    """All of it was read and is the same, through a cache without a way around it: its medium may have lost it."""
    HELD = "held"
    """As `CACHED`, from the page cache, which lets it go when no other program holds it there any more."""
    OTHER = "other"
    """Under its name stands something else."""
    GONE = "gone"


class Transfer(Protocol):
    """One target. Paths are relative to `root` here and to the target there."""

    @property
    def where(self) -> str:
        """The target's address, as people call it."""
        ...

    def wanted(self) -> WantedTarget:
        """The target that is meant, as it is recorded on this side.

        The ledger has a number with each proof, and only proofs with the number that is wanted count. The target itself
        is not touched.
        """
        ...

    def ask(self) -> TargetAnswer:
        """Is this the target that is meant? Changes nothing. `Unsure` if it was never used.

        `Offline` needs positive evidence: an error is none, and neither is something that is missing there.

        Raises:
            Cancelled: A stop was requested; no process is left but one that hangs in the kernel.
        """
        ...

    def mark(self, *, anew: bool = False) -> TargetAnswer:
        """As `ask`, but a target that was never used is marked as ours first if nothing speaks against it.

        Args:
            anew: The user says that what stands there is the target. It gets a new number, whatever was there before:
                what was proven at the old number does not count any more.

        Raises:
            Cancelled: A stop was requested; no process is left but one that hangs in the kernel.
        """
        ...

    def push(
        self, files: Sequence[Sendable], /, *, root: PurePath, by_content: bool = False, cancel: Cancellation
    ) -> Pushed:
        """Send these files; under its final name stands nothing that is not complete, as far as the tool can tell.

        A file of the same size and time may be taken for the same and left alone, except with `by_content`.
        What another file held under the name stays beside it. One bad file stops no other. Nothing said here is a
        proof: look with `prove`. Ends within a limit of time, whatever the target does.

        Raises:
            Cancelled: A stop was requested; no process is left but one that hangs in the kernel.
            MissingToolError: There is no such tool.
        """
        ...

    def prove(
        self, files: Sequence[Sendable], /, *, root: PurePath, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Evidence]:
        """What stands under these names at the target; a file that is missing, differs or cannot be read has no entry.

        `Evidence` without a hash says that the file at the target equals the one below `root` now.

        Raises:
            Cancelled: A stop was requested; no process is left but one that hangs in the kernel.
            MissingToolError: There is no such tool.
        """
        ...

    def look(
        self, files: Sequence[Sendable], /, *, root: PurePath, by_content: bool, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Sight]:
        """Whether these files, which are still below `root`, stand at the target too, as far as it can be read there.

        By all of their content, or, without `by_content`, at least by size, time, first and last block. A block is
        read from the medium: a file that is only listed, and cannot be read, has no entry. Another time alone says
        nothing: then all is read.

        What may have come from a cache of this machine is not `SAME`, but `CACHED` or `HELD`; an empty file has nothing
        to read, and is `SAME` by its name.

        Proves nothing by itself. A file of which nothing can be told now has no entry.

        Raises:
            Cancelled: A stop was requested; no process is left but one that hangs in the kernel.
            MissingToolError: There is no such tool.
        """
        ...

    def apart(
        self, files: Sequence[Sendable], /, *, root: PurePath, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Sameness]:
        """Whether what stands at the target is one with the files below `root`, as far as a look from there tells.

        An empty folder may be made at the target for that, which is removed again. That a new file below `root` must be
        missing at the target is for the caller to see: so `TWO` is said of a target that cannot be asked, and of a file
        that is missing there. `UNSURE`: a union of folders shows the files here, which may have those of the target. A
        file of which nothing can be told now has no entry.

        Raises:
            Cancelled: A stop was requested; no process is left but one that hangs in the kernel.
        """
        ...
