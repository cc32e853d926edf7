"""The contracts of `MediaProbe` and `Encoder`, on memory, on ffmpeg 7.1 with ffprobe, and on ffmpeg 9.0 with PyAV."""

from pathlib import Path, PurePath

import attrs
import pytest

from camvault.adapters.contracts.media import EncoderContract, MediaHarness, MediaProbeContract
from camvault.adapters.memory import Calls, MemoryCancellation, MemoryStorage
from camvault.adapters.memory.calls import Phase
from camvault.adapters.memory.media import MemoryClip, MemoryEncoder, MemoryProbe
from camvault.ports.media import ConstantQuality, Encoder, EncodeSettings, MediaProbe
from tests.adapters.ffmpeg.tools import VERSIONS, make_clip, tools
from tests.contracts.clips import DiskClips, MemoryClips

CLIPS = PurePath("/clips")


@attrs.define(kw_only=True)
class MemoryWorld(MemoryClips):
    stops_at: str = "encoder.encode"
    probe: MediaProbe = attrs.field(init=False)
    encoder: Encoder = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.probe = MemoryProbe(self.storage)
        self.encoder = MemoryEncoder(self.storage)

    def clip(self, name: str, *, seconds: float = 1.0, has_audio: bool = True) -> PurePath:
        clip = MemoryClip(seconds, bytes_per_s=20_000, has_audio=has_audio)
        return self.storage.put(self.folder / name, clip.content(50_000)).path


@attrs.define(kw_only=True)
class RealWorld(DiskClips):
    version: str
    probe: MediaProbe = attrs.field(init=False)
    encoder: Encoder = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.probe = tools(self.version).probe
        self.encoder = tools(self.version).encoder

    def clip(self, name: str, *, seconds: float = 1.0, has_audio: bool = True) -> PurePath:
        plain = self.folder.parent / f"clip-{seconds:g}-{has_audio}.mp4"
        if not plain.exists():
            make_clip(plain, seconds=seconds, has_audio=has_audio)
        return self.linked(name, plain)


@pytest.fixture(params=["memory", *VERSIONS])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> MemoryWorld | RealWorld:
    if request.param == "memory":
        return MemoryWorld()
    folder = tmp_path / "clips"
    folder.mkdir()
    return RealWorld(version=request.param, folder=folder, full=request.getfixturevalue("full_folder"))


class TestMediaProbe(MediaProbeContract):
    @pytest.fixture
    def harness(self, world: MemoryWorld | RealWorld) -> MediaHarness:
        return world


class TestEncoder(EncoderContract):
    @pytest.fixture
    def harness(self, world: MemoryWorld | RealWorld) -> MediaHarness:
        return world


def test_memory_media_announce_their_calls() -> None:
    """The crash explorer can stop before, during and after each call."""
    world = MemoryWorld(storage=MemoryStorage(calls=Calls()))
    source = world.clip("a.mp4")
    seen: list[tuple[str, Phase]] = []
    world.storage.calls.watchers.append(lambda call, phase: seen.append((call.operation, phase)))
    world.encoder.encode(
        source,
        target=world.folder / "t",
        settings=EncodeSettings(ConstantQuality(160), preset=12),
        on_seconds=lambda _: None,
        cancel=MemoryCancellation(),
    )
    phases = [phase for operation, phase in seen if operation == "encoder.encode"]
    assert phases == [Phase.BEFORE, Phase.DURING, Phase.DURING, Phase.AFTER]
