"""Pure: the clips of a batch that could not be prepared. Each is set aside by its name, and all others go on."""

from pathlib import PurePath

import attrs

from camvault.ports.errors import (
    CamvaultError,
    ChangedError,
    MediaError,
    NoSpaceError,
    StorageError,
    ToolError,
)

_NAMED_AT_MOST = 10


@attrs.frozen
class LeftOut:
    """A clip without output: its key, its original, and why; the reason is in the words of the tool or the system."""

    key: str
    source: PurePath
    reason: str

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"


@attrs.define(str=False)
class ClipsLeftOutError(CamvaultError):
    """Some clips could not be prepared; all others are. Their originals are untouched, and a resume tries them again.

    `clip_count` are all clips of the batch.
    """

    left_out: tuple[LeftOut, ...]
    clip_count: int

    def __str__(self) -> str:
        named = "; ".join(map(str, self.left_out[:_NAMED_AT_MOST]))
        more = len(self.left_out) - _NAMED_AT_MOST
        rest = f"; and {more:,} more, which the log names" if more > 0 else ""
        return f"{len(self.left_out):,} of {self.clip_count:,} clips are left out, the others are done: {named}{rest}"


def reason_of(error: CamvaultError, *, source: PurePath) -> str:
    """The words of an error, without the path that is said before them anyway."""
    if isinstance(error, StorageError | MediaError) and error.path == source and not isinstance(error, NoSpaceError):
        return error.problem
    return str(error)


def is_of_one_clip(error: BaseException, *, build_dir: PurePath) -> bool:
    """Whether an error says something about one clip, so that the others can go on.

    A full build drive, one that cannot be written or a missing tool would meet every other clip as well.
    """
    if isinstance(error, ChangedError | MediaError | ToolError):
        return True
    if isinstance(error, NoSpaceError) or not isinstance(error, StorageError):
        return False
    return not error.path.is_relative_to(build_dir)
