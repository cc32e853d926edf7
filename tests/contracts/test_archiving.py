"""The contract of `Archiver`, on memory, on ffmpeg 7.1 with ffprobe, on 9.0 with PyAV, and by a farm of threads."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePath

import attrs
import pytest

from camvault.adapters.contracts.archiving import ArchiverContract, ArchiverHarness
from camvault.adapters.farm import Farm, FarmArchiver
from camvault.adapters.memory.archiving import MemoryArchiver
from camvault.adapters.memory.media import MemoryClip
from camvault.ports.archiving import Archiver
from tests.adapters.ffmpeg.tools import archiver, make_clip
from tests.contracts.clips import DiskClips, MemoryClips

LONG_AGO_NS = 1_704_700_000_123_456_789


@attrs.define(kw_only=True)
class MemoryArchives(MemoryClips):
    stops_at: str = "archiver.archive"
    archiver: MemoryArchiver = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.archiver = MemoryArchiver(self.storage)

    def clip(self, name: str, *, seconds: float = 1.0, picture: str = "one") -> PurePath:
        content = MemoryClip(seconds).content(50_000 + len(picture))
        return self.storage.put(self.folder / name, content, mtime_ns=LONG_AGO_NS).path

    def hardly_larger(self, name: str) -> PurePath:
        self.archiver.share = 1.5
        return self.clip(name)

    def cut(self, path: PurePath) -> PurePath:
        content = self.storage.content(path)
        return self.storage.put(self.folder / "cut.mp4", content[:20]).path

    def mtime_ns_of(self, path: PurePath) -> int:
        return self.storage.tree.get(path).mtime_ns

    def content_of(self, path: PurePath) -> bytes:
        return self.storage.content(path)


@attrs.define(kw_only=True)
class RealArchives(DiskClips):
    archiver: Archiver

    def _plain(self, name: str, make: Callable[[Path], None]) -> Path:
        path = self.folder.parents[1] / f"{name}.mp4"
        if not path.exists():
            making = path.with_suffix(f".{os.getpid()}")
            make(making)
            os.utime(making, ns=(LONG_AGO_NS, LONG_AGO_NS))
            making.rename(path)
        return path

    def clip(self, name: str, *, seconds: float = 1.0, picture: str = "one") -> PurePath:
        more = ("-vf", "negate") if picture == "other" else ()
        plain = self._plain(f"clip-{seconds:g}-{picture}", lambda path: make_clip(path, seconds=seconds, more=more))
        return self.linked(name, plain)

    def hardly_larger(self, name: str) -> PurePath:
        more = ("-vf", "noise=alls=40:allf=t:all_seed=1", "-crf", "51", "-b:a", "16k")
        return self.linked(name, self._plain("noise", lambda path: make_clip(path, more=more)))

    def cut(self, path: PurePath) -> PurePath:
        content = Path(path).read_bytes()
        return self.rubbish("cut.mp4", content[: len(content) // 2])

    def mtime_ns_of(self, path: PurePath) -> int:
        return Path(path).stat().st_mtime_ns

    def content_of(self, path: PurePath) -> bytes:
        return Path(path).read_bytes()


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture(params=["memory", "9.0", *(pytest.param(name, marks=pytest.mark.nightly) for name in ("7.1", "farm"))])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> MemoryArchives | RealArchives:
    if request.param == "memory":
        return MemoryArchives()
    folder = tmp_path / "clips"
    folder.mkdir()
    full = request.getfixturevalue("full_folder")
    if request.param == "farm":
        farm = Farm(request.getfixturevalue("threads"), "threads")
        return RealArchives(
            folder=folder, full=full, archiver=FarmArchiver(archiver("9.0"), farm, partial(archiver, "9.0"))
        )
    return RealArchives(folder=folder, full=full, archiver=archiver(request.param))


class TestArchiver(ArchiverContract):
    @pytest.fixture
    def harness(self, world: MemoryArchives | RealArchives) -> ArchiverHarness:
        return world
