"""Loop devices that a made-up sysfs shows below a USB port."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dashcam.loop_card import LoopCardHarness, make_card


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_card(tmp_path_factory.mktemp("card") / "image")


@pytest.fixture
def camera(image: Path, tmp_path: Path) -> Iterator[LoopCardHarness]:
    """A camera that is not plugged in."""
    harness = LoopCardHarness(tmp_path, image)
    yield harness
    harness.close()
