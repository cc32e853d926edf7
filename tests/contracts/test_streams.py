"""The contract of `StreamProbe`, on memory, on ffprobe 7.1, and on PyAV."""

from pathlib import Path, PurePath

import attrs
import pytest

from camvault.adapters.contracts.streams import StreamProbeContract
from camvault.adapters.memory import MemoryStorage
from camvault.adapters.memory.media import MemoryClip, MemoryProbe
from camvault.ports.streams import StreamProbe
from tests.adapters.ffmpeg.tools import make_clip, run_ffmpeg, tools


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

    def subtitles(self) -> PurePath:
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

    def subtitles(self) -> PurePath:
        words = self.folder / "words.srt"
        words.write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n")
        run_ffmpeg("-i", words, self.folder / "text.mkv")
        return PurePath(self.folder / "text.mkv")

    def missing(self) -> PurePath:
        return PurePath(self.folder / "missing")


class TestMemoryProbe(StreamProbeContract):
    @pytest.fixture
    def harness(self) -> MemoryWorld:
        return MemoryWorld()


class TestRealProbes(StreamProbeContract):
    @pytest.fixture(params=["7.1", "9.0"])
    def harness(self, request: pytest.FixtureRequest, tmp_path: Path) -> RealWorld:
        return RealWorld(tmp_path, tools(request.param).probe)
