"""The emulated writer and an image, built once for each run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bodycam.burn.writer import Writer, build_image, build_library


@pytest.fixture(scope="session")
def vburn_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_library(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(tmp_path_factory.mktemp("image"))


@pytest.fixture
def insert(vburn_library: Path, tmp_path: Path) -> Callable[..., Writer]:
    """Makes the drive of this test: `insert(state="closed")`."""

    def make(**knobs: object) -> Writer:
        return Writer.new(vburn_library, tmp_path / "drive", **knobs)

    return make
