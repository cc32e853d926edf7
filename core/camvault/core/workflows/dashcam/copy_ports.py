"""Workflow, private part: what copying from the card needs, and what it says in the end."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import attrs

from camvault.ports.camera_card import CameraCard
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.entries import FileIdentity
from camvault.ports.events import Reporter
from camvault.ports.files import Storage
from camvault.ports.footage import ContentSampler, FootageCheck

_PROBLEMS_MOST = 20


@attrs.frozen(kw_only=True)
class CopyPorts:
    """The world of a copy from the card.

    `target` is the number of the server that is used now: what was proven at another one is copied again. "" if that is
    not known.
    """

    storage: Storage
    card: CameraCard
    footage: FootageCheck
    samples: ContentSampler
    clock: Clock
    reporter: Reporter
    cancel: Cancellation
    target: str = ""


@attrs.frozen(kw_only=True)
class CardClip:
    """A clip on the card, as it was listed."""

    path: PurePosixPath
    identity: FileIdentity

    @property
    def size_bytes(self) -> int:
        """Its length."""
        return self.identity.size_bytes

    @property
    def mtime_ns(self) -> int:
        """By the camera's clock."""
        return self.identity.mtime_ns


@attrs.frozen(kw_only=True)
class CopyReport:
    """What became of a visit to the card.

    Attributes:
        copied_count: Clips that were copied, and written down.
        copied_bytes: Their bytes.
        waiting_count: Finished clips that are on the card only.
        waiting_bytes: Their bytes.
        recording_count: Clips that the camera has not finished.
        overwritten_count: Clips that are gone from the card and were not copied before, newly noticed.
        problems: What is wrong, a sentence each.
        seconds: How long it took.
        is_whole: Every finished clip on the card is staged or proven, and the card was alive before and after.
        stopped: Why it ended before that: what `stop` said, or that the staging is full; "" for no such reason.
    """

    copied_count: int = 0
    copied_bytes: int = 0
    waiting_count: int = 0
    waiting_bytes: int = 0
    recording_count: int = 0
    overwritten_count: int = 0
    problems: tuple[str, ...] = ()
    seconds: float = 0
    is_whole: bool = False
    stopped: str = ""


def shortened(problems: Sequence[str]) -> tuple[str, ...]:
    """The first of them, and how many more."""
    more = len(problems) - _PROBLEMS_MOST
    return (*problems[:_PROBLEMS_MOST], *([f"and {more:,} more problems"] if more > 0 else []))
