"""The contracts of `MediaProbe` and `Encoder`, on memory, on ffmpeg 7.1 with ffprobe, and on ffmpeg 9.0 with PyAV."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePath
from typing import Protocol

import attrs
import pytest

from camvault.adapters.memory import Calls, MemoryCancellation, MemoryStorage
from camvault.adapters.memory.calls import Phase
from camvault.adapters.memory.media import MemoryClip, MemoryEncoder, MemoryProbe
from camvault.adapters.system import EventCancellation
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled, MediaError, NoSpaceError, NotFoundError
from camvault.ports.media import ConstantQuality, Encoder, EncodeSettings, MediaProbe, TargetBitrate
from tests.media.tools import make_clip, punch_hole, tools

HOSTILE = ("-i.mp4", "a\nb.mp4", "%03d.mp4", "http:x.mp4", "quote'\"`$(x).mp4", "\udcff\udcfe.mp4", "ä" * 120 + ".mp4")
CLIPS = PurePath("/clips")
QUICK = 12
TOLERANCE_S = 0.15


class World(Protocol):
    """Where clips are made, and the two ports under test."""

    probe: MediaProbe
    encoder: Encoder

    @property
    def folder(self) -> PurePath: ...
    def clip(self, name: str, *, seconds: float = 1.0, has_audio: bool = True) -> PurePath: ...
    def damaged(self, name: str) -> PurePath: ...
    def rubbish(self, name: str, content: bytes) -> PurePath: ...
    def size_of(self, path: PurePath) -> int: ...
    def names(self) -> set[str]: ...
    def full_folder(self) -> PurePath: ...
    def cancel_in_the_middle(self) -> Cancellation: ...


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

    def cancel_in_the_middle(self) -> Cancellation:
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

    def cancel_in_the_middle(self) -> Cancellation:
        cancel = EventCancellation()
        threading.Timer(0.4, cancel.request).start()
        return cancel


@pytest.fixture(scope="session")
def full_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of 8 KiB."""
    folder = tmp_path_factory.mktemp("full")
    mounted = os.system(f"mount -t tmpfs -o size=8k none {folder}") == 0  # noqa: S605 - a path of pytest's
    assert mounted, "the tests need root, to mount a small file system"
    yield folder
    os.system(f"umount --lazy {folder}")  # noqa: S605


@pytest.fixture(params=["memory", "7.1", "9.0"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    if request.param == "memory":
        return MemoryWorld()
    folder = tmp_path / "clips"
    folder.mkdir()
    return RealWorld(request.param, folder, request.getfixturevalue("full_folder"))


@pytest.fixture
def cancel() -> MemoryCancellation:
    return MemoryCancellation()


def settings(rate: TargetBitrate | ConstantQuality) -> EncodeSettings:
    return EncodeSettings(rate, preset=QUICK)


CRF_40 = settings(ConstantQuality(160))


def ignore(_seconds: float) -> None:
    """No progress wanted."""


class TestMediaProbe:
    def test_duration_and_streams(self, world: World) -> None:
        """Duration, and which streams there are."""
        info = world.probe.probe(world.clip("a.mp4", seconds=1.4))
        assert info.duration_s == pytest.approx(1.4, abs=TOLERANCE_S)
        assert info.kept_s == pytest.approx(1.4, abs=TOLERANCE_S)
        assert info.has_video
        assert info.has_audio

    def test_clip_without_sound(self, world: World) -> None:
        """Silence is seen as the absence of a stream."""
        assert not world.probe.probe(world.clip("a.mp4", has_audio=False)).has_audio

    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_names(self, world: World, name: str) -> None:
        """No name is taken for an option, a protocol, a pattern or anything but a name."""
        assert world.probe.probe(world.clip(name)).has_video

    @pytest.mark.parametrize("content", [b"", b"not a clip\n" * 500, b"\0\0\0\x18ftypmp42" + bytes(3000)])
    def test_rubbish_is_a_media_error(self, world: World, content: bytes) -> None:
        """What is no clip is named, never a traceback of a tool."""
        path = world.rubbish("a.mp4", content)
        with pytest.raises(MediaError) as caught:
            world.probe.probe(path)
        assert caught.value.path == path

    def test_missing_file(self, world: World) -> None:
        """A missing file is not a broken one."""
        with pytest.raises(NotFoundError):
            world.probe.probe(world.folder / "nothing.mp4")

    def test_threads(self, world: World) -> None:
        """Several threads may ask at once."""
        paths = [world.clip(f"{i}.mp4") for i in range(6)]
        with ThreadPoolExecutor(3) as pool:
            infos = list(pool.map(world.probe.probe, paths))
        assert all(info.duration_s == pytest.approx(1.0, abs=TOLERANCE_S) for info in infos)

    def test_name(self, world: World) -> None:
        """The log can say what measured the durations."""
        assert world.probe.name


class TestEncoder:
    @pytest.mark.parametrize("rate", [TargetBitrate(120), ConstantQuality(200), ConstantQuality(161)])
    def test_size_is_the_targets(
        self, world: World, cancel: MemoryCancellation, rate: TargetBitrate | ConstantQuality
    ) -> None:
        """The target is complete, as long as the source, and of the size that is returned."""
        source, target = world.clip("a.mp4"), world.folder / ".a.camvault-part"
        made = world.encoder.encode(source, target=target, settings=settings(rate), on_seconds=ignore, cancel=cancel)
        assert made.size_bytes == world.size_of(target) > 0
        assert made.damage == ""
        assert world.probe.probe(target).duration_s == pytest.approx(1.0, abs=TOLERANCE_S)
        assert world.probe.probe(target).has_audio

    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_names(self, world: World, cancel: MemoryCancellation, name: str) -> None:
        """Source and target may be called anything."""
        source, target = world.clip(name), world.folder / f"{name[-100:]}.camvault-part"
        world.encoder.encode(source, target=target, settings=CRF_40, on_seconds=ignore, cancel=cancel)
        assert world.names() == {name, target.name}

    def test_a_damaged_source_is_told(self, world: World, cancel: MemoryCancellation) -> None:
        """What cannot be decoded is left out and the length stays: the result says that it may lack footage."""
        source, target = world.damaged("a.mp4"), world.folder / "t.part"
        made = world.encoder.encode(source, target=target, settings=CRF_40, on_seconds=ignore, cancel=cancel)
        assert made.size_bytes == world.size_of(target)
        assert made.damage

    def test_existing_target_is_overwritten(self, world: World, cancel: MemoryCancellation) -> None:
        """A leftover of a crash under the temporary name is no obstacle."""
        target = world.rubbish("t.part", b"x" * 100_000)
        source = world.clip("a.mp4")
        made = world.encoder.encode(source, target=target, settings=CRF_40, on_seconds=ignore, cancel=cancel)
        assert made.size_bytes == world.size_of(target) != 100_000

    def test_clip_without_sound(self, world: World, cancel: MemoryCancellation) -> None:
        """Sound is not missed where there is none."""
        source, target = world.clip("a.mp4", has_audio=False), world.folder / "t.part"
        world.encoder.encode(source, target=target, settings=CRF_40, on_seconds=ignore, cancel=cancel)
        assert not world.probe.probe(target).has_audio

    def test_progress_rises_to_the_end(self, world: World, cancel: MemoryCancellation) -> None:
        """Positions in the source never go back, and end at its end."""
        seen: list[float] = []
        source = world.clip("a.mp4", seconds=2)
        world.encoder.encode(
            source, target=world.folder / "t.part", settings=CRF_40, on_seconds=seen.append, cancel=cancel
        )
        assert seen == sorted(seen)
        assert seen[-1] == pytest.approx(2, abs=TOLERANCE_S)

    def test_equal_settings_give_equal_sizes(self, world: World, cancel: MemoryCancellation) -> None:
        """A resumed job ends as the uninterrupted one would have: one CRF always gives the same."""
        source = world.clip("a.mp4")
        sizes = {
            world.encoder.encode(source, target=world.folder / name, settings=CRF_40, on_seconds=ignore, cancel=cancel)
            for name in ("one.part", "two.part")
        }
        assert len(sizes) == 1

    def test_coarser_is_smaller(self, world: World, cancel: MemoryCancellation) -> None:
        """A higher CRF gives a smaller output, for the whole and for a sample; a step is what the port says it is."""
        source, target = world.clip("a.mp4"), world.folder / "t.part"
        step = world.encoder.crf_step_quarters
        rates = [ConstantQuality(quarters) for quarters in (120, 160, 160 + step, 240)]
        whole = [
            world.encoder.encode(
                source, target=target, settings=settings(rate), on_seconds=ignore, cancel=cancel
            ).size_bytes
            for rate in rates
        ]
        assert whole == sorted(set(whole), reverse=True)
        samples = [
            world.encoder.sample(source, start_s=0.2, length_s=0.5, settings=settings(rate), cancel=cancel)
            for rate in (rates[0], rates[-1])
        ]
        assert 0 < samples[1] < samples[0] < whole[0]

    def test_higher_bitrate_is_bigger(self, world: World, cancel: MemoryCancellation) -> None:
        """A bitrate does something."""
        source, target = world.clip("a.mp4"), world.folder / "t.part"
        small, big = (
            world.encoder.encode(
                source, target=target, settings=settings(TargetBitrate(kbps)), on_seconds=ignore, cancel=cancel
            ).size_bytes
            for kbps in (40, 400)
        )
        assert small < big

    def test_sample_keeps_nothing(self, world: World, cancel: MemoryCancellation) -> None:
        """Only the size of a sample is wanted, and the source is only read."""
        source = world.clip("a.mp4")
        before = world.size_of(source)
        assert world.encoder.sample(source, start_s=0, length_s=0.5, settings=CRF_40, cancel=cancel) > 0
        assert world.names() == {"a.mp4"}
        assert world.size_of(source) == before

    def test_sample_beyond_the_end(self, world: World, cancel: MemoryCancellation) -> None:
        """Nothing encoded is an error, not a size of 0."""
        source = world.clip("a.mp4")
        with pytest.raises(MediaError):
            world.encoder.sample(source, start_s=5, length_s=0.5, settings=CRF_40, cancel=cancel)

    def test_rubbish_is_a_media_error(self, world: World, cancel: MemoryCancellation) -> None:
        """The source is blamed, by its name."""
        source = world.rubbish("a.mp4", b"not a clip\n" * 500)
        with pytest.raises(MediaError) as caught:
            world.encoder.encode(
                source, target=world.folder / "t.part", settings=CRF_40, on_seconds=ignore, cancel=cancel
            )
        assert caught.value.path == source
        with pytest.raises(MediaError):
            world.encoder.sample(source, start_s=0, length_s=0.5, settings=CRF_40, cancel=cancel)

    def test_missing_source(self, world: World, cancel: MemoryCancellation) -> None:
        """A missing source is not a broken one."""
        source, target = world.folder / "nothing.mp4", world.folder / "t.part"
        with pytest.raises(NotFoundError):
            world.encoder.encode(source, target=target, settings=CRF_40, on_seconds=ignore, cancel=cancel)
        with pytest.raises(NotFoundError):
            world.encoder.sample(source, start_s=0, length_s=1, settings=CRF_40, cancel=cancel)

    def test_full_disk(self, world: World, cancel: MemoryCancellation) -> None:
        """A full disk is told from a broken clip."""
        source, target = world.clip("a.mp4"), world.full_folder() / "t.part"
        fine = settings(ConstantQuality(40))
        with pytest.raises(NoSpaceError):
            world.encoder.encode(source, target=target, settings=fine, on_seconds=ignore, cancel=cancel)

    def test_cancelled_before(self, world: World, cancel: MemoryCancellation) -> None:
        """Nothing is started once stopping was asked for."""
        source = world.clip("a.mp4")
        cancel.request()
        with pytest.raises(Cancelled):
            world.encoder.encode(
                source, target=world.folder / "t.part", settings=CRF_40, on_seconds=ignore, cancel=cancel
            )

    def test_cancelled_in_the_middle(self, world: World) -> None:
        """A running encode stops, and is never taken for a finished one."""
        source = world.clip("a.mp4", seconds=60)
        slow = EncodeSettings(ConstantQuality(160), preset=4)
        stop = world.cancel_in_the_middle()
        with pytest.raises(Cancelled):
            world.encoder.encode(source, target=world.folder / "t.part", settings=slow, on_seconds=ignore, cancel=stop)

    def test_name(self, world: World) -> None:
        """The log can say what encoded."""
        assert world.encoder.name


def test_memory_media_announce_their_calls() -> None:
    """The crash explorer can stop before, during and after each call."""
    world = MemoryWorld(MemoryStorage(calls=Calls()))
    source = world.clip("a.mp4")
    seen: list[tuple[str, Phase]] = []
    world.storage.calls.watchers.append(lambda call, phase: seen.append((call.operation, phase)))
    world.encoder.encode(
        source, target=world.folder / "t", settings=CRF_40, on_seconds=ignore, cancel=MemoryCancellation()
    )
    phases = [phase for operation, phase in seen if operation == "encoder.encode"]
    assert phases == [Phase.BEFORE, Phase.DURING, Phase.DURING, Phase.AFTER]
