"""The contract of `Archiver`, on memory, on ffmpeg 7.1 with ffprobe, on 9.0 with PyAV, and by a farm of threads."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePath

import attrs
import pytest

from camvault.adapters.contracts.archiving import ArchiverContract, ArchiverHarness
from camvault.adapters.farm import Farm, FarmArchiver
from camvault.adapters.memory import MemoryCancellation, MemoryStorage
from camvault.adapters.memory.archiving import MemoryArchiver
from camvault.adapters.memory.calls import Phase
from camvault.adapters.memory.media import MemoryClip
from camvault.adapters.system import EventCancellation
from camvault.ports.archiving import Archiver
from camvault.ports.cancellation import Cancellation
from tests.adapters.ffmpeg.tools import archiver, make_clip, punch_hole

LONG_AGO_NS = 1_704_700_000_123_456_789


@attrs.define
class MemoryArchives:
    storage: MemoryStorage = attrs.field(factory=MemoryStorage)
    folder: PurePath = attrs.field(default=PurePath("/clips"))
    archiver: MemoryArchiver = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.storage.put_folder(self.folder)
        self.archiver = MemoryArchiver(self.storage)

    def clip(self, name: str, *, seconds: float = 1.0, picture: str = "one") -> PurePath:
        content = MemoryClip(seconds).content(50_000 + len(picture))
        return self.storage.put(self.folder / name, content, mtime_ns=LONG_AGO_NS).path

    def hardly_larger(self, name: str) -> PurePath:
        self.archiver.share = 1.5
        return self.clip(name)

    def damaged(self, name: str) -> PurePath:
        return self.storage.put(self.folder / name, MemoryClip(2.0, damage="a hole").content(50_000)).path

    def rubbish(self, name: str, content: bytes) -> PurePath:
        return self.storage.put(self.folder / name, content).path

    def cut(self, path: PurePath) -> PurePath:
        content = self.storage.content(path)
        return self.storage.put(self.folder / "cut.mp4", content[:20]).path

    def size_of(self, path: PurePath) -> int:
        return len(self.storage.content(path))

    def mtime_ns_of(self, path: PurePath) -> int:
        return self.storage.tree.get(path).mtime_ns

    def names(self) -> set[str]:
        return {path.name for path in self.storage.files(self.folder)}

    def full_folder(self) -> PurePath:
        self.storage.mount("/full", name="small", capacity_bytes=4096)
        return PurePath("/full")

    def stop_in_the_middle(self) -> Cancellation:
        cancel = MemoryCancellation()
        self.storage.calls.hook("archiver.archive", cancel.request, when=Phase.DURING)
        return cancel


@attrs.define
class RealArchives:
    folder: Path
    full: Path
    archiver: Archiver

    def _plain(self, name: str, make: Callable[[Path], None]) -> Path:
        # Made once and under a plain name: what is tested is how the adapter reads it
        path = self.folder.parents[1] / f"{name}.mp4"
        if not path.exists():
            making = path.with_suffix(f".{os.getpid()}")
            make(making)
            os.utime(making, ns=(LONG_AGO_NS, LONG_AGO_NS))
            making.rename(path)
        return path

    def _linked(self, name: str, path: Path) -> PurePath:
        (self.folder / name).hardlink_to(path)
        return PurePath(self.folder / name)

    def clip(self, name: str, *, seconds: float = 1.0, picture: str = "one") -> PurePath:
        more = ("-vf", "negate") if picture == "other" else ()
        plain = self._plain(f"clip-{seconds:g}-{picture}", lambda path: make_clip(path, seconds=seconds, more=more))
        return self._linked(name, plain)

    def hardly_larger(self, name: str) -> PurePath:
        more = ("-vf", "noise=alls=40:allf=t:all_seed=1", "-crf", "51", "-b:a", "16k")
        return self._linked(name, self._plain("noise", lambda path: make_clip(path, more=more)))

    def damaged(self, name: str) -> PurePath:
        path = self.folder / name
        make_clip(path, seconds=2.0)
        punch_hole(path)
        return PurePath(path)

    def rubbish(self, name: str, content: bytes) -> PurePath:
        (self.folder / name).write_bytes(content)
        return PurePath(self.folder / name)

    def cut(self, path: PurePath) -> PurePath:
        content = Path(path).read_bytes()
        return self.rubbish("cut.mp4", content[: len(content) // 2])

    def size_of(self, path: PurePath) -> int:
        return Path(path).stat().st_size

    def mtime_ns_of(self, path: PurePath) -> int:
        return Path(path).stat().st_mtime_ns

    def names(self) -> set[str]:
        return set(os.listdir(self.folder))  # noqa: PTH208 - names as they are

    def full_folder(self) -> PurePath:
        return PurePath(self.full)

    def stop_in_the_middle(self) -> Cancellation:
        cancel = EventCancellation()
        threading.Timer(0.4, cancel.request).start()
        return cancel


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture(params=["memory", "7.1", "9.0", "farm"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> MemoryArchives | RealArchives:
    if request.param == "memory":
        return MemoryArchives()
    folder = tmp_path / "clips"
    folder.mkdir()
    full = request.getfixturevalue("full_folder")
    if request.param == "farm":
        farm = Farm(request.getfixturevalue("threads"), "threads")
        return RealArchives(folder, full, FarmArchiver(archiver("9.0"), farm, partial(archiver, "9.0")))
    return RealArchives(folder, full, archiver(request.param))


class TestArchiver(ArchiverContract):
    @pytest.fixture
    def harness(self, world: MemoryArchives | RealArchives) -> ArchiverHarness:
        return world
