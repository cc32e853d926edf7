"""Fixtures of the pipeline's tests."""

from pathlib import Path

import pytest

from tests.bodycam.pipeline.helpers import Workspace, clip_bytes


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace drive, its name with blanks like the real one, and a folder with two clips."""
    root = tmp_path / "Sabrent Rocket XTRM-Q 2TB"
    clips = tmp_path / "shift 1"
    root.mkdir()
    clips.mkdir()
    for number in (1, 2):
        (clips / f"cam1_{number:04}.mp4").write_bytes(clip_bytes(number))
    return Workspace(root, clips)


@pytest.fixture
def clips(workspace: Workspace) -> list[Path]:
    """The two clips."""
    return sorted(workspace.clips.iterdir())


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """Where a disc file may be written."""
    return tmp_path / "disc.img"
