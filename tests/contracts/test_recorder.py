"""The contract of `Recorder`, on memory and on ffmpeg with a camera that speaks RTSP."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath

import attrs
import pytest

from camvault.adapters.contracts.recorder import RecorderContract
from camvault.adapters.memory import MemoryClock, MemoryStorage
from camvault.adapters.memory.recorder import MemoryCamera, MemoryRecorder
from camvault.adapters.rtsp import FfmpegRecorder
from camvault.ports.recorder import Recorder, RecorderEnd, StreamSource
from tests import canary
from tests.recording.fake_camera import FakeCamera, Footage, make_footage
from tests.recording.record.helpers import FFMPEGS

PATH = "/Streaming/Channels/101"


@attrs.frozen
class MemoryHarness:
    """A camera in memory; at the host "nowhere" there is none."""

    recorder: Recorder
    storage: MemoryStorage
    clock: MemoryClock
    folder: PurePath
    camera: StreamSource = attrs.field(
        factory=lambda: StreamSource("camera", user="viewer", password=canary.PASSWORD), init=False
    )
    silent: StreamSource = attrs.field(factory=lambda: StreamSource("nowhere"), init=False)

    def segments(self) -> Mapping[str, int]:
        return {path.name: len(content) for path, content in self.storage.files(self.folder).items()}

    def monotonic_s(self) -> float:
        return self.clock.monotonic_s()


class _ByHost(MemoryRecorder):
    """The camera refuses at the host "nowhere"."""

    def record(self, source: StreamSource, /, **options: object) -> RecorderEnd:
        self.camera = MemoryCamera.REFUSES if source.host == "nowhere" else MemoryCamera.NORMAL
        return super().record(source, **options)  # type: ignore[arg-type]


class TestMemoryRecorder(RecorderContract):
    @pytest.fixture
    def harness(self) -> MemoryHarness:
        storage, clock = MemoryStorage(), MemoryClock()
        storage.put_folder("/live")
        return MemoryHarness(_ByHost(storage, clock), storage, clock, PurePath("/live"))


@attrs.frozen
class RealHarness:
    """A camera of the tests, by RTSP over TCP with digest authentication."""

    recorder: Recorder
    camera: StreamSource
    folder: PurePath
    silent: StreamSource = attrs.field(factory=lambda: StreamSource("127.0.0.1", port=9, path=PATH), init=False)

    def segments(self) -> Mapping[str, int]:
        return {path.name: path.stat().st_size for path in Path(self.folder).iterdir()}

    def monotonic_s(self) -> float:
        return time.monotonic()


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    return make_footage(FFMPEGS["9.0"], tmp_path_factory.mktemp("footage"), kbps=150)


class TestFfmpegRecorder(RecorderContract):
    @pytest.fixture(params=FFMPEGS)
    def harness(self, request: pytest.FixtureRequest, footage: Footage, tmp_path: Path) -> Iterator[RealHarness]:
        folder = tmp_path / "live"
        folder.mkdir()
        with FakeCamera(footage, user="viewer", password=canary.PASSWORD) as camera:
            source = StreamSource("127.0.0.1", camera.port, PATH, "viewer", canary.PASSWORD)
            yield RealHarness(FfmpegRecorder(PurePath(FFMPEGS[request.param])), source, PurePath(folder))
