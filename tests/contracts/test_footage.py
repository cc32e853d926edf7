"""The contracts of `FootageCheck` and `ContentSampler`, on memory, on files, and on clips."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath

import pytest

from camvault.adapters.clipcheck import Mp4Footage
from camvault.adapters.contracts.footage import ContentSamplerContract, FootageCheckContract
from camvault.adapters.filesystem import LocalSampler
from camvault.adapters.memory import MemoryStorage
from camvault.adapters.memory.footage import MemoryFootage
from camvault.adapters.memory.sampler import MemorySampler
from camvault.adapters.segmentcheck import MatroskaFootage
from camvault.ports.errors import StorageError
from tests.adapters.ffmpeg.tools import make_clip, run_ffmpeg


class TestMemoryFootage(FootageCheckContract):
    @pytest.fixture
    def check(self) -> MemoryFootage:
        return MemoryFootage(MemoryStorage())

    @pytest.fixture
    def playable(self, check: MemoryFootage) -> Sequence[PurePath]:
        return [check.storage.put("/ready/a.mkv", b"footage").path]

    @pytest.fixture
    def broken(self, check: MemoryFootage) -> Sequence[PurePath]:
        return [check.storage.put(f"/ready/{at}.mkv", content).path for at, content in enumerate((b"", b"broken"))]

    @pytest.fixture
    def missing(self) -> PurePath:
        return PurePath("/ready/gone.mkv")


class TestMatroskaFootage(FootageCheckContract):
    @pytest.fixture
    def check(self) -> MatroskaFootage:
        return MatroskaFootage()

    @pytest.fixture
    def playable(self, closed_segment: PurePath, killed_segment: PurePath) -> Sequence[PurePath]:
        return [closed_segment, killed_segment]

    @pytest.fixture
    def broken(self, closed_segment: PurePath, tmp_path: Path) -> Sequence[PurePath]:
        header = Path(closed_segment).read_bytes().partition(b"\x1f\x43\xb6\x75")[0]
        paths = []
        for at, content in enumerate((b"", b"RIFF" * 30, bytes(100_000), header)):
            (tmp_path / f"{at}.mkv").write_bytes(content)
            paths.append(PurePath(tmp_path / f"{at}.mkv"))
        return paths

    @pytest.fixture
    def missing(self, tmp_path: Path) -> PurePath:
        return PurePath(tmp_path / "gone.mkv")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MP4 with its tables at the beginning."""
    path = tmp_path_factory.mktemp("clips") / "a.mp4"
    make_clip(path, more=("-movflags", "+faststart"))
    return path


class TestMp4Footage(FootageCheckContract):
    @pytest.fixture
    def check(self) -> Mp4Footage:
        return Mp4Footage()

    @pytest.fixture
    def playable(self, clip: Path, tmp_path: Path) -> Sequence[PurePath]:
        fragments, killed, late = (tmp_path / name for name in ("fragments.mp4", "killed.mp4", "late.mov"))
        flags = ("-movflags", "+frag_every_frame+empty_moov")
        run_ffmpeg("-i", str(clip), "-c", "copy", *flags, str(fragments))
        killed.write_bytes(fragments.read_bytes()[:-3_000])
        run_ffmpeg("-i", str(clip), "-c", "copy", str(late))
        return [PurePath(path) for path in (clip, fragments, killed, late)]

    @pytest.fixture
    def broken(self, clip: Path, tmp_path: Path) -> Sequence[PurePath]:
        whole = clip.read_bytes()
        begin = whole.index(b"mdat") - 4
        tables, footage = whole[:begin], whole[begin:]
        contents = {
            "empty": b"",
            "zeros": bytes(5_000),
            "rubbish": b"not a clip\n" * 500,
            "Matroska": b"\x1a\x45\xdf\xa3" + bytes(500),
            "no tables": whole[:32] + footage,
            "half its tables": whole[: len(tables) // 2],
            "no footage": tables + b"\0\0\0\x08mdat",
            "half its footage": tables + footage[: len(footage) // 2],
        }
        for name, content in contents.items():
            (tmp_path / name).write_bytes(content)
        return [PurePath(tmp_path / name) for name in contents]

    @pytest.fixture
    def missing(self, tmp_path: Path) -> PurePath:
        return PurePath(tmp_path / "gone.mp4")

    def test_what_is_missing_is_said(self, check: Mp4Footage, broken: Sequence[PurePath]) -> None:
        """An upload that goes on is told from rubbish."""
        said = {path.name: check.defect(path) for path in broken}
        assert said["empty"] == "it is empty"
        assert said["zeros"] == said["rubbish"] == said["Matroska"] == "it is no MP4"
        assert said["no tables"] == said["half its tables"] == "it has no tables (box moov): it was never finished"
        assert said["no footage"] == "it has tables and no footage"
        assert said["half its footage"].startswith("it is cut: ")

    def test_a_pipe_is_not_waited_for(self, check: Mp4Footage, tmp_path: Path) -> None:
        """Nor is a link followed."""
        os.mkfifo(tmp_path / "pipe.mp4")
        (tmp_path / "link.mp4").symlink_to(tmp_path / "pipe.mp4")
        for name in ("pipe.mp4", "link.mp4"):
            with pytest.raises(StorageError):
                check.defect(PurePath(tmp_path / name))


class TestMemorySampler(ContentSamplerContract):
    @pytest.fixture
    def samples(self) -> MemorySampler:
        return MemorySampler(MemoryStorage())

    @pytest.fixture
    def put(self, samples: MemorySampler) -> Callable[[str, bytes], PurePath]:
        return lambda name, content: samples.storage.put(f"/card/{name}", content).path

    @pytest.fixture
    def unfit(self, samples: MemorySampler) -> Sequence[PurePath]:
        samples.storage.put("/card/a.mp4", b"footage")
        samples.storage.put_link("/card/link", "a.mp4")
        return [PurePath("/card/gone"), PurePath("/card/link"), PurePath("/card")]

    def test_a_damaged_file_has_none(self, samples: MemorySampler) -> None:
        path = samples.storage.put("/card/a.mp4", b"footage").path
        samples.storage.damage[path] = 0
        with pytest.raises(StorageError):
            samples.sample(path)


class TestLocalSampler(ContentSamplerContract):
    @pytest.fixture
    def samples(self) -> LocalSampler:
        return LocalSampler()

    @pytest.fixture
    def put(self, tmp_path: Path) -> Callable[[str, bytes], PurePath]:
        def written(name: str, content: bytes) -> PurePath:
            (tmp_path / name).write_bytes(content)
            return PurePath(tmp_path / name)

        return written

    @pytest.fixture
    def unfit(self, tmp_path: Path) -> Sequence[PurePath]:
        (tmp_path / "a.mp4").write_bytes(b"footage")
        (tmp_path / "link").symlink_to("a.mp4")
        os.mkfifo(tmp_path / "pipe")
        return [PurePath(tmp_path / name) for name in ("gone", "link", "pipe", ".")]

    def test_memory_gives_the_same(self, samples: LocalSampler, put: Callable[[str, bytes], PurePath]) -> None:
        storage = MemoryStorage()
        for content in (b"", b"short", bytes(range(256)) * 700):
            inside = MemorySampler(storage).sample(storage.put("/a", content).path)
            assert samples.sample(put("a", content)) == inside
