"""Pure: which clips fit the staging. Nothing that was not verified makes room for others (INV-35)."""

from collections.abc import Iterable, Sequence
from pathlib import PurePath, PurePosixPath
from typing import Generic, Protocol, TypeVar

import attrs

_RESERVE_SHARE = 20
_RESERVE_MOST_BYTES = 1024**3
_NAMED_MOST = 3
_CLUSTER_BYTES = 64 * 1024
"""What a file takes beyond its length, at most, on the file systems of small disks."""


class ClipSize(Protocol):
    """What takes space."""

    @property
    def path(self) -> PurePosixPath:
        """Its name, for people."""
        ...

    @property
    def size_bytes(self) -> int:
        """Its length."""
        ...


C = TypeVar("C", bound=ClipSize)


@attrs.frozen(kw_only=True)
class SpacePlan(Generic[C]):
    """What is copied, in order, and what does not fit now."""

    fitting: tuple[C, ...]
    left_out: tuple[C, ...]


def reserve_bytes(total_bytes: int) -> int:
    """What stays free for the records and the system: a twentieth of the file system, at most 1 GiB."""
    return min(_RESERVE_MOST_BYTES, total_bytes // _RESERVE_SHARE)


def plan_space(clips: Iterable[C], *, free_bytes: int, total_bytes: int) -> SpacePlan[C]:
    """Take each clip, in their order, that fits beside those before it: one that is too large stops no smaller one."""
    left_bytes = free_bytes - reserve_bytes(total_bytes)
    fitting, left_out = [], []
    for clip in clips:
        needed_bytes = clip.size_bytes + _CLUSTER_BYTES
        if needed_bytes <= left_bytes:
            left_bytes -= needed_bytes
            fitting.append(clip)
        else:
            left_out.append(clip)
    return SpacePlan(fitting=tuple(fitting), left_out=tuple(left_out))


def no_room(clips: Sequence[ClipSize], *, staging: PurePath) -> str:
    """What is told of clips that do not fit."""
    needed_bytes, more = sum(clip.size_bytes for clip in clips), len(clips) - _NAMED_MOST
    names = ", ".join(str(clip.path) for clip in clips[:_NAMED_MOST]) + (f" and {more:,} more" if more > 0 else "")
    return (
        f"{staging} has no room for {len(clips):,} clips of {needed_bytes:,} bytes ({names}); "
        "nothing that is not proven makes room for them"
    )
