"""Fixtures for prepare_bodycam: small real clips, and a desk with clips, a log and a place for the build directory."""

from pathlib import Path

import pytest

from tests.adapters.ffmpeg.tools import make_clip
from tests.bodycam.prepare.desk import Desk


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """Three clips of one second; each some 40 kB."""
    folder = tmp_path_factory.mktemp("footage")
    clips = tuple(folder / f"cam1_{i:03}.mp4" for i in (1, 2, 3))
    for i, clip in enumerate(clips):
        make_clip(clip, more=("-vf", f"hue=h={60 * i}", "-crf", "28"))
    return clips


@pytest.fixture
def desk(tmp_path: Path, footage: tuple[Path, ...]) -> Desk:
    """Fresh copies of the footage."""
    return Desk.make(tmp_path, footage)
