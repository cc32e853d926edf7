"""The contract of `CameraCard`, on memory."""

import pytest

from camvault.adapters.contracts.camera_card import CameraCardContract
from tests.dashcam.memory_card import MemoryCardHarness


class TestMemoryCameraCard(CameraCardContract):
    @pytest.fixture(params=[True, False], ids=["lists empty when dead", "fails when dead"])
    def harness(self, request: pytest.FixtureRequest) -> MemoryCardHarness:
        return MemoryCardHarness(is_empty_when_dead=request.param)
