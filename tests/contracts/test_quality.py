"""The contract of `QualityMeter`, on memory, on ffmpeg 7.1 and 9.0, and on a farm of one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from camvault.adapters.contracts.media import MediaHarness
from camvault.adapters.contracts.quality import QualityMeterContract
from camvault.adapters.farm import Farm, FarmQualityMeter
from camvault.adapters.ffmpeg import FfmpegEncoder, FfmpegQualityMeter
from camvault.adapters.memory.media import MemoryEncoder, MemoryQualityMeter
from camvault.ports.quality import QualityMeasure, QualityMeter
from tests.adapters.ffmpeg.tools import VERSIONS
from tests.contracts.test_media import MemoryWorld, RealWorld


@pytest.fixture(params=["memory", *VERSIONS])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> MemoryWorld | RealWorld:
    if request.param == "memory":
        return MemoryWorld()
    folder = tmp_path / "clips"
    folder.mkdir()
    return RealWorld(version=request.param, folder=folder, full=tmp_path)


def meter_of(world: MemoryWorld | RealWorld) -> QualityMeter:
    if isinstance(world.encoder, MemoryEncoder):
        return MemoryQualityMeter(world.encoder)
    assert isinstance(world.encoder, FfmpegEncoder)
    return FfmpegQualityMeter(world.encoder)


class TestQualityMeter(QualityMeterContract):
    @pytest.fixture
    def harness(self, world: MemoryWorld | RealWorld) -> MediaHarness:
        return world

    @pytest.fixture
    def meter(self, world: MemoryWorld | RealWorld) -> QualityMeter:
        return meter_of(world)


class TestFarmQualityMeter(QualityMeterContract):
    @pytest.fixture
    def memory(self) -> MemoryWorld:
        return MemoryWorld()

    @pytest.fixture
    def harness(self, memory: MemoryWorld) -> MediaHarness:
        return memory

    @pytest.fixture
    def meter(self, memory: MemoryWorld) -> Iterator[QualityMeter]:
        here = meter_of(memory)
        with ThreadPoolExecutor(1) as threads:
            yield FarmQualityMeter(here, Farm(threads, "farm"), lambda: here)


@pytest.mark.parametrize(("version", "best"), [("7.1", QualityMeasure.XPSNR), ("9.0", QualityMeasure.VMAF)])
def test_the_best_measure_of_each_ffmpeg(version: str, best: QualityMeasure, tmp_path: Path) -> None:
    """VMAF where libvmaf is in it, else XPSNR, else SSIM: what is there is tried, not read from a list."""
    world = RealWorld(version=version, folder=tmp_path, full=tmp_path)
    measures = meter_of(world).measures
    assert measures[0] is best
    assert measures[-1] is QualityMeasure.SSIM
