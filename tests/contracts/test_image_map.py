"""The contracts of `ImageMap` and `VolumeReader`, on images that camvault writes."""

from datetime import UTC, datetime
from pathlib import Path, PurePath, PurePosixPath

import pytest

from camvault.adapters.bridge import BridgeBuilder
from camvault.adapters.contracts.burner import ImageMapContract, VolumeReaderContract
from camvault.adapters.contracts.stop import StopRequest
from camvault.adapters.imagemap import ImageVolumes, PycdlibImageMap
from camvault.ports.image import ImagePlan

Made = tuple[PurePath, ImagePlan]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """An image of some files, one of them empty."""
    tree, target = tmp_path / "tree", PurePath(tmp_path / "image.iso")
    for name, size_bytes in {"a.mp4": 5000, "sub/b.mp4": 1, "sub/deep/c.mp4": 4096, "empty.mp4": 0}.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(b"x" * size_bytes)
    plan = BridgeBuilder().plan(tree, label="X", stamped_at=datetime(2025, 7, 18, tzinfo=UTC))
    BridgeBuilder().write(plan, target=target, on_bytes=lambda _: None, cancel=StopRequest())
    return target, plan


@pytest.fixture
def rubbish_file(tmp_path: Path) -> PurePath:
    (tmp_path / "rubbish").write_bytes(b"no image" * 300_000)
    return PurePath(tmp_path / "rubbish")


class TestPycdlibImageMap(ImageMapContract):
    @pytest.fixture
    def image_map(self) -> PycdlibImageMap:
        return PycdlibImageMap()

    @pytest.fixture
    def image(self, made: Made) -> PurePath:
        return made[0]

    @pytest.fixture
    def extents(self, made: Made) -> dict[PurePosixPath, range]:
        files = sorted((file.first_sector, file) for file in made[1].files if file.sector_count)
        return {file.path: range(first, first + file.sector_count) for first, file in files}

    @pytest.fixture
    def rubbish(self, rubbish_file: PurePath) -> PurePath:
        return rubbish_file


class TestImageVolumes(VolumeReaderContract):
    @pytest.fixture
    def volumes(self) -> ImageVolumes:
        return ImageVolumes()

    @pytest.fixture
    def bridge(self, made: Made) -> PurePath:
        return made[0]

    @pytest.fixture
    def rubbish(self, rubbish_file: PurePath) -> PurePath:
        return rubbish_file

    @pytest.fixture
    def missing(self, tmp_path: Path) -> PurePath:
        return PurePath(tmp_path / "gone.iso")
