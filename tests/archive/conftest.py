"""Fixtures of the camera archive."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.archive.desk import ArchiveDesk, small_clip
from tests.archive.helpers import Cameras


@pytest.fixture
def cameras() -> Cameras:
    return Cameras()


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of one second with sound, whose encode is smaller."""
    return small_clip(tmp_path_factory.mktemp("clips") / "small.mp4")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "other_disk" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("loop"))


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on an ext4 of its own."""
    image, folder = tmp_path / "disk.img", tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", image], check=True)
    folder.mkdir()
    subprocess.run(["mount", "-o", "loop", image, folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture
def desk(tmp_path: Path) -> ArchiveDesk:
    root = tmp_path / "camera"
    root.mkdir()
    return ArchiveDesk(root)
