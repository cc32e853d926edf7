"""Pure: whether a camera has finished a clip, from two listings of one visit and a look into it."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

import attrs

from camvault.ports.entries import FileIdentity

CHECKED_SUFFIXES = frozenset({".mp4", ".mov", ".m4v", ".3gp"})
"""Of those a look tells whether they were finished: their tables are written last."""
_TOGETHER_NS = 120 * 10**9
"""Cameras write several clips at once, of front and rear: those of the last two minutes may all be open."""


@attrs.frozen
class Finish:
    """Whether it is finished; `reason` says why not, or, for a finished one, what is wrong with it."""

    is_finished: bool
    reason: str = ""


def newest_of_folders(files: Mapping[PurePosixPath, FileIdentity]) -> frozenset[PurePosixPath]:
    """The clips that the camera may still be writing: the newest of each folder, and what was written with it."""
    newest: dict[PurePosixPath, int] = {}
    for path, identity in files.items():
        newest[path.parent] = max(identity.mtime_ns, newest.get(path.parent, identity.mtime_ns))
    return frozenset(p for p, identity in files.items() if identity.mtime_ns >= newest[p.parent] - _TOGETHER_NS)


def looked_into(paths: Iterable[PurePosixPath]) -> frozenset[PurePosixPath]:
    """Those of which a look into them tells whether they were finished."""
    return frozenset(path for path in paths if path.suffix.lower() in CHECKED_SUFFIXES)


def judge_finish(
    first: FileIdentity, second: FileIdentity | None, *, is_newest: bool, was_seen_before: bool, defect: str
) -> Finish:
    """Whether a clip is finished.

    Args:
        first: As the first listing of this visit had it.
        second: The same file in the second listing; None if it was gone.
        is_newest: Whether it is one of the newest of its folder.
        was_seen_before: Whether an earlier visit saw it as it is now: no camera leaves a clip alone for so long.
        defect: What a look into it found, "" for nothing, or where no look can tell.
    """
    if second is None:
        return Finish(False, "it vanished while the card was listed")
    if not first.is_same_file(second):
        return Finish(False, "its size or its time changed while the card was listed")
    if defect and is_newest and not was_seen_before:
        return Finish(False, defect)
    # one that is defective and older stays so: the camera lost its power, or writes it in a way that is not known here
    return Finish(True, defect)
