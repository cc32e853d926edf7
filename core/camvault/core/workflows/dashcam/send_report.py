"""Workflow, private part: the world of the upload, what it tells, and what came of it."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import ClassVar

import attrs

from camvault.core.segments.ledger import ProofKind
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.events import Event, Level, Reporter
from camvault.ports.files import Storage
from camvault.ports.transfer import Transfer

_WORDS = {
    ProofKind.READ_BACK: "its content was read there and has this SHA-256",
    ProofKind.REMOTE_HASH: "the server hashed it, and has the same SHA-256",
    ProofKind.COMPARED: "both ends read all of it, and their checksums are equal",
}


@attrs.frozen(kw_only=True)
class SendPorts:
    """The world of `send_clips`.

    `chance` draws a number from 0 to 1 for each wait, so that boxes do not come back to a server together.
    """

    storage: Storage
    transfer: Transfer
    clock: Clock
    reporter: Reporter
    cancel: Cancellation
    chance: Callable[[], float] = lambda: 0.5


@attrs.frozen(kw_only=True)
class SendReport:
    """How it ended.

    Attributes:
        proven_count: Clips that are proven to be at the server since this call.
        proven_bytes: Their size.
        removed_count: Those of them that left the staging.
        waiting_count: Clips that are still staged.
        waiting_bytes: Their size.
        problems: What went wrong, a sentence each.
        is_whole: Whether all that was staged is proven and removed.
        stopped: The reason to end early that `stop` gave; "" for none.
        seconds: How long it took.
        sent_bytes: What went over the wire, as far as the tool tells.
    """

    proven_count: int = 0
    proven_bytes: int = 0
    removed_count: int = 0
    waiting_count: int = 0
    waiting_bytes: int = 0
    problems: tuple[str, ...] = ()
    is_whole: bool = True
    stopped: str = ""
    seconds: float = 0.0
    sent_bytes: int = 0


@attrs.frozen
class ClipProven(Event):
    """A clip is at the server, and how that is known."""

    level: ClassVar[Level] = Level.INFO

    path: PurePosixPath
    kind: ProofKind
    sha256: str

    def __str__(self) -> str:
        return f"[upload] {self.path} is at the server: {_WORDS[self.kind]} ({self.sha256})"


@attrs.frozen
class ClipKept(Event):
    """A clip stays in the staging."""

    level: ClassVar[Level] = Level.ERROR

    path: PurePosixPath
    reason: str

    def __str__(self) -> str:
        return f"[upload] {self.path} is kept: {self.reason}"
