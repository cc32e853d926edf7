"""Port: sending files to another place, and looking what really stands there."""

import enum
from collections.abc import Mapping, Sequence
from pathlib import PurePath, PurePosixPath
from typing import Protocol

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import CamvaultError


@attrs.define(str=False)
class TargetError(CamvaultError):
    """The target is not there, or is not the one it was: nothing may be written to it, nothing is proven by it.

    Attributes:
        is_other: Something is there, and it is not the target; otherwise nobody can tell what stands at the target now.
        is_silent: It took longer to answer than it may.
    """

    where: str
    problem: str
    is_other: bool = False
    is_silent: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


@attrs.frozen
class Sendable:
    """A file to send: its path below the root, and which one it is."""

    path: PurePosixPath
    identity: FileIdentity


@attrs.frozen
class Pushed:
    """How a push ended.

    Attributes:
        exit_code: The tool's, for the message; 0 says that the tool believes that all files arrived.
        problem: What went wrong as a whole, in the tool's words; "" for nothing.
        problems: What was said of single files.
        is_partial: Only single files failed: going on with others makes sense.
        is_hung: It took longer than it may and was stopped.
    """

    exit_code: int = 0
    problem: str = ""
    problems: Mapping[PurePosixPath, str] = attrs.field(factory=dict)
    is_partial: bool = False
    is_hung: bool = False


class EvidenceKind(enum.Enum):
    """How a look at the target was made."""

    READ_BACK = "read-back"
    """The target's content was read and hashed here, past this machine's cache."""
    READ_CACHED = "read-cached"
    """The target had taken all of it, and it was read and hashed here; it may have come from this machine's cache."""
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
    OTHER = "other"
    """Under its name stands something else."""
    GONE = "gone"


class Transfer(Protocol):
    """One target. Paths are relative to `root` here and to the target there."""

    @property
    def where(self) -> str:
        """The target as people call it."""
        ...

    def check(self, *, may_begin: bool = False, must_be_known: bool = False) -> str:
        """Make sure that this is the target that was always meant, and return a word for it; it changes nothing else.

        Two equal words, before and after, mean that the target was there all the time. A target that was never used
        is marked as ours if nothing speaks against it, or if `may_begin` says so; with `must_be_known` it is none.

        Raises:
            TargetError: It is not mounted, not the one that was used before, or cannot be told.
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
            Cancelled: It was asked to stop; no process is left but one that hangs in the kernel.
            MissingToolError: There is no such tool.
        """
        ...

    def prove(
        self, files: Sequence[Sendable], /, *, root: PurePath, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Evidence]:
        """What stands under these names at the target; a file that is missing, differs or cannot be read has no entry.

        `Evidence` without a hash says that the file at the target equals the one below `root` now.

        Raises:
            Cancelled: It was asked to stop; no process is left but one that hangs in the kernel.
            MissingToolError: There is no such tool.
        """
        ...

    def look(
        self, files: Sequence[Sendable], /, *, root: PurePath, by_content: bool, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Sight]:
        """Whether these files, which are still below `root`, stand at the target too: by size, or by their content.

        Proves nothing by itself. A file of which nothing can be told now has no entry.

        Raises:
            Cancelled: It was asked to stop; no process is left but one that hangs in the kernel.
            MissingToolError: There is no such tool.
        """
        ...
