"""The contract of `StreamProbe`, on memory, on ffprobe 7.1, and on PyAV."""

from pathlib import Path, PurePath
from typing import Protocol

import attrs
import pytest

from camvault.adapters.memory import MemoryStorage
from camvault.adapters.memory.media import MemoryClip, MemoryProbe
from camvault.ports.errors import MediaError, NotFoundError
from camvault.ports.streams import StreamProbe
from tests.media.tools import make_clip, run_ffmpeg, tools

VIDEO = {
    "codec_name": "h264",
    "profile": "Constrained Baseline",
    "pix_fmt": "yuv420p",
    "width": "160",
    "height": "90",
    "r_frame_rate": "25/1",
}
AUDIO = {"codec_name": "aac", "profile": "LC", "sample_rate": "44100", "channels": "1", "channel_layout": "mono"}


class World(Protocol):
    probe: StreamProbe

    def clip(self, name: str, *, has_audio: bool = True) -> PurePath: ...
    def rubbish(self) -> PurePath: ...
    def silent_text(self) -> PurePath: ...
    def missing(self) -> PurePath: ...


@attrs.define
class MemoryWorld:
    storage: MemoryStorage = attrs.field(factory=MemoryStorage)
    probe: StreamProbe = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.storage.put_folder("/clips")
        self.probe = MemoryProbe(self.storage)

    def clip(self, name: str, *, has_audio: bool = True) -> PurePath:
        return self.storage.put(PurePath("/clips", name), MemoryClip(has_audio=has_audio).content()).path

    def rubbish(self) -> PurePath:
        return self.storage.put("/clips/rubbish", b"no clip").path

    def silent_text(self) -> PurePath:
        return self.storage.put("/clips/text", MemoryClip(has_video=False, has_audio=False).content()).path

    def missing(self) -> PurePath:
        return PurePath("/clips/missing")


@attrs.define
class RealWorld:
    folder: Path
    probe: StreamProbe

    def clip(self, name: str, *, has_audio: bool = True) -> PurePath:
        make_clip(self.folder / "made.mp4", has_audio=has_audio)
        (self.folder / "made.mp4").rename(self.folder / name)
        return PurePath(self.folder / name)

    def rubbish(self) -> PurePath:
        (self.folder / "rubbish").write_bytes(b"no clip")
        return PurePath(self.folder / "rubbish")

    def silent_text(self) -> PurePath:
        words = self.folder / "words.srt"
        words.write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n")
        run_ffmpeg("-i", words, self.folder / "text.mkv")
        return PurePath(self.folder / "text.mkv")

    def missing(self) -> PurePath:
        return PurePath(self.folder / "missing")


@pytest.fixture(params=["memory", "7.1", "9.0"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    if request.param == "memory":
        return MemoryWorld()
    return RealWorld(tmp_path, tools(request.param).probe)


def test_the_facts_of_picture_and_sound_are_named_as_ffprobe_names_them(world: World) -> None:
    video, audio = world.probe.streams(world.clip("-a %d\n.mp4"))

    assert (video.kind, dict(video.facts)) == ("video", VIDEO)
    assert (audio.kind, dict(audio.facts)) == ("audio", AUDIO)


def test_a_file_without_sound_has_one_stream(world: World) -> None:
    (video,) = world.probe.streams(world.clip("a.mp4", has_audio=False))

    assert video.kind == "video"


def test_what_is_no_clip_is_an_error_that_names_the_file(world: World) -> None:
    for path in (world.rubbish(), world.silent_text()):
        with pytest.raises(MediaError) as raised:
            world.probe.streams(path)
        assert path.name in str(raised.value)

    with pytest.raises(NotFoundError):
        world.probe.streams(world.missing())
