"""The contract of `PictureCounter`, on memory and on Matroska files as ffmpeg leaves them."""

import subprocess
from pathlib import Path, PurePath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.contracts.pictures import PictureCounterContract
from camvault.adapters.matroska import MatroskaPictures
from camvault.adapters.memory import MemoryStorage
from camvault.adapters.memory.pictures import MemoryPictures
from camvault.adapters.pyav import PyavProbe
from camvault.ports.pictures import PictureCounter, StoredPictures
from tests.contracts.conftest import RECORD
from tests.recording.record.helpers import FFMPEGS

NOTHING = StoredPictures()


@attrs.frozen
class MemoryHarness:
    storage: MemoryStorage
    counter: PictureCounter
    growing: PurePath = attrs.field(default=PurePath("/a.mkv"), init=False)
    sound: PurePath = attrs.field(default=PurePath("/sound.mkv"), init=False)
    foreign: PurePath = attrs.field(default=PurePath("/foreign.mkv"), init=False)
    missing: PurePath = attrs.field(default=PurePath("/gone.mkv"), init=False)

    def grow(self) -> int:
        self.storage.put(self.growing, b"1;2;a;3;4;")
        return 4


def memory_harness() -> MemoryHarness:
    storage = MemoryStorage()
    for name, content in (("a", b"1;2;a"), ("sound", b"a;a;a;"), ("foreign", b"x" * 20)):
        storage.put(PurePath(f"/{name}.mkv"), content)
    return MemoryHarness(storage, MemoryPictures(storage))


class TestMemoryPictures(PictureCounterContract):
    @pytest.fixture
    def harness(self) -> MemoryHarness:
        return memory_harness()


@attrs.frozen
class MatroskaHarness:
    whole: bytes
    folder: Path
    counter: PictureCounter = attrs.field(factory=MatroskaPictures)

    @property
    def growing(self) -> PurePath:
        return PurePath(self.folder / "a.mkv")

    @property
    def sound(self) -> PurePath:
        return PurePath(self.folder / "sound.mkv")

    @property
    def foreign(self) -> PurePath:
        return PurePath(self.folder / "foreign.mkv")

    @property
    def missing(self) -> PurePath:
        return PurePath(self.folder / "gone.mkv")

    def grow(self) -> int:
        Path(self.growing).write_bytes(self.whole)
        return 45


class TestMatroskaPictures(PictureCounterContract):
    @pytest.fixture(params=FFMPEGS)
    def harness(self, request: pytest.FixtureRequest, tmp_path: Path) -> MatroskaHarness:
        made, sound = tmp_path / "made.mkv", tmp_path / "sound.mkv"
        ffmpeg = FFMPEGS[request.param]
        subprocess.run([ffmpeg, *RECORD, "-t", "3", str(made)], check=True)
        tone = ("-v", "error", "-nostdin", "-f", "lavfi", "-i", "sine=d=2", "-f", "matroska")
        subprocess.run([ffmpeg, *tone, str(sound)], check=True)
        whole = made.read_bytes()
        (tmp_path / "a.mkv").write_bytes(whole[: len(whole) * 2 // 3])
        (tmp_path / "foreign.mkv").write_bytes(b"RIFF" * 30)
        return MatroskaHarness(whole, tmp_path)


def test_the_pictures_are_shown_when_ffmpeg_says(closed_segment: PurePath) -> None:
    found = MatroskaPictures().count(closed_segment, known=NOTHING)
    assert found.count == 45
    assert found.seconds + 1 / 15 == pytest.approx(PyavProbe().probe(closed_segment).duration_s, abs=0.01)


def test_the_segment_of_a_killed_recorder_is_counted(killed_segment: PurePath) -> None:
    found = MatroskaPictures().count(killed_segment, known=NOTHING)
    assert found.count > 10


@given(st.binary(max_size=200))
def test_no_content_breaks_the_walk(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    segment = b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff"
    path = tmp_path_factory.getbasetemp() / "noise.mkv"
    for content in (noise, segment + noise, segment + b"\x1f\x43\xb6\x75\xff" + noise):
        path.write_bytes(content)
        assert MatroskaPictures().count(PurePath(path), known=NOTHING).count >= 0


def test_blocks_in_groups_and_files_of_another_scale_are_read(tmp_path: Path) -> None:
    def element(name: str, content: bytes) -> bytes:
        return bytes.fromhex(name) + bytes([0x80 | len(content)]) + content

    info = element("1549a966", element("2ad7b1", (500_000).to_bytes(4, "big")))
    tracks = element("1654ae6b", element("ae", element("d7", b"\x01") + element("83", b"\x01")))
    empty = element("a3", b"") + element("a3", b"\x81") + element("a3", b"\x82\x00\x00\x80")
    group = element("a0", element("a1", b"\x81\x07\xd0\x80picture"))
    cluster = element("1f43b675", element("e7", b"\x0f\xa0") + empty + element("a3", b"\x81\x00\x00\x80") + group)
    path = tmp_path / "a.mkv"
    path.write_bytes(element("1a45dfa3", b"") + element("18538067", info + tracks + cluster))
    found = MatroskaPictures().count(PurePath(path), known=NOTHING)
    assert found.runs == ((2.0, 3.0),)
    assert found.count == 2
    assert found.last_key_s == 2.0, "the block in the group says nothing of that"


def test_a_hole_begins_a_new_run() -> None:
    def runs(*moments: float) -> tuple[tuple[float, float], ...]:
        found = NOTHING
        for at_s in moments:
            found = found.with_picture(at_s)
        return found.runs

    assert runs() == ()
    assert runs(0, 1, 2, 28_802, 28_803) == ((0, 2), (28_802, 28_803))
    assert runs(0, 10, 20, 30) == ((0, 30),), "a camera that sends a picture in ten seconds"
    assert runs(0, 60) == ((0, 0), (60, 60))
    assert runs(0.2, 0, 0.1) == ((0, 0.2),), "pictures that are shown before others"


def test_how_far_apart_key_frames_are_is_counted_within_a_run() -> None:
    def group_s(*moments: float) -> float:
        found = NOTHING
        for at_s in moments:
            found = found.with_picture(abs(at_s), is_key=at_s < 0)
        return found.group_s

    assert group_s(0.1, -1, 2, -3, 4, 5, 6, -7, 8) == 4
    assert group_s(-1, 2, 3) == 0
    assert group_s(-1, 2, 3, 28_802, -28_804) == 0, "the camera was away in between"
    assert group_s(-1, 2, -28_802, -28_804) == 2


def test_the_key_frames_of_a_segment_are_a_group_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    argv = [FFMPEGS["9.0"], *("-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=5:d=9")]
    subprocess.run([*argv, *("-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "20", str(path))], check=True)
    assert MatroskaPictures().count(PurePath(path), known=NOTHING).group_s == pytest.approx(4, abs=0.01)
