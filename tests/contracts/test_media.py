"""The contracts of `MediaProbe` and `Encoder`, on memory, on ffmpeg 7.1 with ffprobe, and on ffmpeg 9.0 with PyAV."""

import os
import threading
from pathlib import Path, PurePath

import attrs
import pytest

from camvault.adapters.contracts.media import EncoderContract, MediaHarness, MediaProbeContract
from camvault.adapters.memory import Calls, MemoryCancellation, MemoryStorage
from camvault.adapters.memory.calls import Phase
from camvault.adapters.memory.media import MemoryClip, MemoryEncoder, MemoryProbe
from camvault.adapters.system import EventCancellation
from camvault.ports.cancellation import Cancellation
from camvault.ports.media import ConstantQuality, Encoder, EncodeSettings, MediaProbe
from tests.adapters.ffmpeg.tools import make_clip, punch_hole, tools

CLIPS = PurePath("/clips")


@attrs.define
class MemoryWorld:
    storage: MemoryStorage = attrs.field(factory=MemoryStorage)
    folder: PurePath = attrs.field(default=CLIPS)
    probe: MediaProbe = attrs.field(init=False)
    encoder: Encoder = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.storage.put_folder(self.folder)
        self.probe = MemoryProbe(self.storage)
        self.encoder = MemoryEncoder(self.storage)

    def clip(self, name: str, *, seconds: float = 1.0, has_audio: bool = True) -> PurePath:
        clip = MemoryClip(seconds, bytes_per_s=20_000, has_audio=has_audio)
        return self.storage.put(self.folder / name, clip.content(50_000)).path

    def damaged(self, name: str) -> PurePath:
        return self.storage.put(self.folder / name, MemoryClip(2.0, damage="a hole").content(50_000)).path

    def rubbish(self, name: str, content: bytes) -> PurePath:
        return self.storage.put(self.folder / name, content).path

    def size_of(self, path: PurePath) -> int:
        return len(self.storage.content(path))

    def names(self) -> set[str]:
        return {path.name for path in self.storage.files(self.folder)}

    def full_folder(self) -> PurePath:
        self.storage.mount("/full", name="small", capacity_bytes=4096)
        return PurePath("/full")

    def stop_in_the_middle(self) -> Cancellation:
        cancel = MemoryCancellation()
        self.storage.calls.hook("encoder.encode", cancel.request, when=Phase.DURING)
        return cancel


@attrs.define
class RealWorld:
    version: str
    folder: Path
    full: Path
    probe: MediaProbe = attrs.field(init=False)
    encoder: Encoder = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.probe = tools(self.version).probe
        self.encoder = tools(self.version).encoder

    def clip(self, name: str, *, seconds: float = 1.0, has_audio: bool = True) -> PurePath:
        # Made under a plain name: what is tested is how the adapters read it
        plain = self.folder.parent / f"clip-{seconds:g}-{has_audio}.mp4"
        if not plain.exists():
            make_clip(plain, seconds=seconds, has_audio=has_audio)
        (self.folder / name).hardlink_to(plain)
        return PurePath(self.folder / name)

    def damaged(self, name: str) -> PurePath:
        path = self.folder / name
        make_clip(path, seconds=2.0)
        punch_hole(path)
        return PurePath(path)

    def rubbish(self, name: str, content: bytes) -> PurePath:
        (self.folder / name).write_bytes(content)
        return PurePath(self.folder / name)

    def size_of(self, path: PurePath) -> int:
        return Path(path).stat().st_size

    def names(self) -> set[str]:
        return set(os.listdir(self.folder))  # noqa: PTH208 - names as they are

    def full_folder(self) -> PurePath:
        return PurePath(self.full)

    def stop_in_the_middle(self) -> Cancellation:
        cancel = EventCancellation()
        threading.Timer(0.4, cancel.request).start()
        return cancel


@pytest.fixture(params=["memory", "7.1", "9.0"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> MemoryWorld | RealWorld:
    if request.param == "memory":
        return MemoryWorld()
    folder = tmp_path / "clips"
    folder.mkdir()
    return RealWorld(request.param, folder, request.getfixturevalue("full_folder"))


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
    world = MemoryWorld(MemoryStorage(calls=Calls()))
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
