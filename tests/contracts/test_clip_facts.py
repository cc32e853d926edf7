"""The contract of `ClipReader`, on PyAV and in memory."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath

import attrs
import pytest

from camvault.adapters._shared.wheel import wheel_program
from camvault.adapters.contracts.clip_facts import ClipFactsContract, ClipFactsHarness
from camvault.adapters.memory import MemoryStorage
from camvault.adapters.memory.clip_facts import MemoryClipReader
from camvault.adapters.pyav import PyavClipReader


@attrs.frozen
class OnDisk:
    folder: Path
    reader: PyavClipReader = attrs.field(factory=PyavClipReader)

    def clip(self, path: PurePath, *, duration_s: float, tags: Mapping[str, str]) -> None:
        program = wheel_program()
        assert program is not None
        picture = ("-f", "lavfi", "-i", f"testsrc=duration={duration_s}:size=64x48:rate=10")
        said = (part for name, value in tags.items() for part in ("-metadata", f"{name}={value}"))
        out = ("-f", "mp4", f"file:{path}")
        subprocess.run((program, "-v", "error", "-y", *picture, *said, *out), check=True)

    def rubbish(self, path: PurePath) -> None:
        Path(path).write_text("not a clip\n")


@attrs.frozen
class InMemory:
    storage: MemoryStorage = attrs.field(factory=MemoryStorage)
    folder: PurePath = attrs.field(factory=lambda: PurePath("/clips"))
    reader: MemoryClipReader = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "reader", MemoryClipReader(self.storage))

    def clip(self, path: PurePath, *, duration_s: float, tags: Mapping[str, str]) -> None:
        self.reader.put(path, duration_s=duration_s, tags=tags)

    def rubbish(self, path: PurePath) -> None:
        self.storage.put(path, b"not a clip")


class TestClipFacts(ClipFactsContract):
    @pytest.fixture(params=["pyav", "memory"])
    def harness(self, request: pytest.FixtureRequest, tmp_path: Path) -> ClipFactsHarness:
        make: Callable[[], ClipFactsHarness] = InMemory if request.param == "memory" else lambda: OnDisk(tmp_path)
        return make()
