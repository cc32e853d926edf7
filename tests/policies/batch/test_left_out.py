"""Clips that are left out: which errors are those of one clip, and what is said."""

from pathlib import PurePath

import pytest

from camvault.core.batch.left_out import ClipsLeftOutError, LeftOut, is_of_one_clip, reason_of
from camvault.ports.errors import (
    CamvaultError,
    ChangedError,
    DeniedError,
    MediaError,
    MissingToolError,
    NoSpaceError,
    StorageError,
    ToolError,
)

CLIP, BUILD = PurePath("/card/a.mp4"), PurePath("/desk/build")


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (StorageError(CLIP), True),
        (DeniedError(CLIP, "Permission denied"), True),
        (ChangedError(BUILD / ".part", "it changed"), True),
        (MediaError(CLIP, "no picture"), True),
        (ToolError("ffmpeg", 1), True),
        (StorageError(BUILD / "a.mp4"), False),
        (NoSpaceError(BUILD), False),
        (NoSpaceError(CLIP), False),
        (MissingToolError("ffmpeg", "it"), False),
    ],
)
def test_whose_error_it_is(error: CamvaultError, is_one: bool) -> None:
    """A full build drive, one that cannot be written, and a missing tool meet every other clip as well."""
    assert is_of_one_clip(error, build_dir=BUILD) is is_one


def test_the_path_is_said_once() -> None:
    """The reason stands behind the clip's path."""
    assert reason_of(StorageError(CLIP, "Input/output error"), source=CLIP) == "Input/output error"
    assert reason_of(StorageError(BUILD, "Input/output error"), source=CLIP) == "/desk/build: Input/output error"
    assert "boom" in reason_of(ToolError("ffmpeg", 1, ("boom",)), source=CLIP)


@pytest.mark.parametrize("count", [1, 10, 25])
def test_a_long_list_is_cut(count: int) -> None:
    """The log names all of them."""
    left_out = tuple(LeftOut(f"{i}", PurePath(f"/card/{i}.mp4"), "torn") for i in range(count))
    words = str(ClipsLeftOutError(left_out, 200))
    assert words.startswith(f"{count} of 200 clips are left out, the others are done: /card/0.mp4: torn")
    assert ("and 15 more" in words) is (count == 25)
