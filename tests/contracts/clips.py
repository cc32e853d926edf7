"""Folders of clips for the contracts about media: in memory, and on a disk."""

import os
import threading
from pathlib import Path, PurePath

import attrs

from camvault.adapters.memory import MemoryCancellation, MemoryStorage
from camvault.adapters.memory.calls import Phase
from camvault.adapters.memory.media import MemoryClip
from camvault.adapters.system import EventCancellation
from camvault.ports.cancellation import Cancellation
from tests.adapters.ffmpeg.tools import make_clip, punch_hole


@attrs.define(kw_only=True)
class MemoryClips:
    """`stops_at` is the call in which `stop_in_the_middle` asks to stop."""

    stops_at: str
    storage: MemoryStorage = attrs.field(factory=MemoryStorage)
    folder: PurePath = attrs.field(default=PurePath("/clips"))

    def __attrs_post_init__(self) -> None:
        self.storage.put_folder(self.folder)

    def damaged(self, name: str) -> PurePath:
        return self.rubbish(name, MemoryClip(2.0, damage="a hole").content(50_000))

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
        self.storage.calls.hook(self.stops_at, cancel.request, when=Phase.DURING)
        return cancel


@attrs.define(kw_only=True)
class DiskClips:
    """`full` is a folder on a full disk."""

    folder: Path
    full: Path

    def damaged(self, name: str) -> PurePath:
        path = self.folder / name
        make_clip(path, seconds=2.0)
        punch_hole(path)
        return PurePath(path)

    def rubbish(self, name: str, content: bytes) -> PurePath:
        (self.folder / name).write_bytes(content)
        return PurePath(self.folder / name)

    def linked(self, name: str, path: Path) -> PurePath:
        """A name for a clip that was made under a plain one: what is tested is how the adapter reads it."""
        (self.folder / name).hardlink_to(path)
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
