"""The contract of `CameraCard`, on memory and on mounts of loop devices."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from camvault.adapters.contracts.camera_card import CameraCardContract
from tests.dashcam.loop_card import LoopCardHarness, make_card
from tests.dashcam.memory_card import MemoryCardHarness


class TestMemoryCameraCard(CameraCardContract):
    @pytest.fixture(params=[True, False], ids=["lists empty when dead", "fails when dead"])
    def harness(self, request: pytest.FixtureRequest) -> MemoryCardHarness:
        return MemoryCardHarness(is_empty_when_dead=request.param)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_card(tmp_path_factory.mktemp("card") / "image")


class TestUsbDiskCard(CameraCardContract):
    @pytest.fixture
    def harness(self, image: Path, tmp_path: Path) -> Iterator[LoopCardHarness]:
        harness = LoopCardHarness(tmp_path, image)
        yield harness
        harness.close()
