"""Adapter for tests and library users: a camera and its recorder in memory, in the time of a `MemoryClock`."""

import enum
from collections.abc import Callable
from datetime import datetime
from pathlib import PurePath

import attrs

from camvault.adapters.memory.clock import MemoryClock
from camvault.adapters.memory.pictures import SOUND
from camvault.adapters.memory.storage import MemoryStorage
from camvault.ports.errors import NoSpaceError
from camvault.ports.recorder import (
    MediaProgress,
    Recorder,
    RecorderEnd,
    RecorderSettings,
    StreamSource,
    StreamWay,
    Trouble,
)


class MemoryCamera(enum.Enum):
    """What the camera does from now on."""

    NORMAL = "normal"
    SILENT = "silent"
    AUDIO_ONLY = "audio only"
    UNSTORABLE = "unstorable"
    """Its pictures arrive, and cannot be written into a file."""
    CLOSES = "closes"
    REFUSES = "refuses"


@attrs.define
class MemoryRecorder:
    """Writes one numbered byte group per tick, so that whoever looks can tell which footage is where.

    Attributes:
        camera: What the camera does; may be set at any time, also from the clock's own events.
        stumbles: What it stumbles over in a stream that is taken in this way; over nothing by default.
        ways: In which way each session took the stream.
        group_bytes: The size of a group.
        recorded: Every group that was written, in order: what must be found again.
        moments: When each group was complete, by the wall clock.
        sessions: When each session began, on the monotonic clock.
        overwritten: What was truncated because a segment got its name once more, as ffmpeg does it.
    """

    storage: MemoryStorage
    clock: MemoryClock
    camera: MemoryCamera = MemoryCamera.NORMAL
    stumbles: Callable[[StreamWay], Trouble | None] = lambda _: None
    ways: list[StreamWay] = attrs.field(factory=list)
    tick_s: float = 0.2
    frames_per_tick: int = 5
    group_bytes: int = 9
    recorded: list[bytes] = attrs.field(factory=list)
    moments: list[datetime] = attrs.field(factory=list)
    sessions: list[float] = attrs.field(factory=list)
    overwritten: list[PurePath] = attrs.field(factory=list)
    _path: PurePath = attrs.field(factory=PurePath, init=False)
    _inode: int = attrs.field(default=0, init=False)

    def record(
        self,
        source: StreamSource,
        /,
        *,
        settings: RecorderSettings,
        on_progress: Callable[[MediaProgress], None],
        on_log: Callable[[str], None],
        on_tick: Callable[[], bool],
    ) -> RecorderEnd:
        """See `Recorder`."""
        self.sessions.append(self.clock.monotonic_s())
        self.ways.append(settings.way)
        with self.storage.calls.call("recorder.record", source.host):
            if self.camera is MemoryCamera.REFUSES:
                on_log("Connection refused")
                return RecorderEnd(1, "Connection refused")
            if trouble := self.stumbles(settings.way):
                self.clock.advance(self.tick_s)
                return RecorderEnd(1, "No tag found", trouble)
            return self._record(settings, on_progress, on_tick)

    def _record(
        self,
        settings: RecorderSettings,
        on_progress: Callable[[MediaProgress], None],
        on_tick: Callable[[], bool],
    ) -> RecorderEnd:
        frames, cut, number = 0, None, 0
        while on_tick():
            begun = self.clock.now()
            self.clock.advance(self.tick_s)
            if self.camera is MemoryCamera.CLOSES:
                return RecorderEnd(0)
            if self.camera is MemoryCamera.SILENT:
                continue
            if self.camera in (MemoryCamera.NORMAL, MemoryCamera.UNSTORABLE):
                frames += self.frames_per_tick
            if (slot := int(begun.timestamp()) // settings.segment_s) != cut:
                cut, number = slot, number + 1
                self._open(settings.folder / settings.name_pattern.replace("%d", str(number)), begun)
            try:
                if self.camera is not MemoryCamera.UNSTORABLE:
                    self._write(int(self.clock.now().timestamp() * 1e9))
            except NoSpaceError:
                return RecorderEnd(228, "No space left on device")
            on_progress(MediaProgress(frames, int(self.clock.monotonic_s() * 1e6)))
        return RecorderEnd(255)

    def _open(self, path: PurePath, begun: datetime) -> None:
        """Make the file when its first group begins to arrive, not when that group is complete."""
        if self.storage.tree.find(path) is not None:
            self.overwritten.append(path)
        begun_ns = int(begun.timestamp() * 1e9)
        self.storage.put(path, b"", mtime_ns=begun_ns)
        self.storage.tree.touch(path.parent, begun_ns)
        self._path, self._inode = path, self.storage.tree.listed(path).number

    def _write(self, mtime_ns: int) -> None:
        """Like ffmpeg: into the file that was opened, whatever it is called now."""
        kind = b"0" if self.camera is MemoryCamera.NORMAL else SOUND
        group = b"%b%07d;" % (kind, len(self.recorded))
        group = group.rjust(self.group_bytes, b".")
        path = self.storage.tree.path_of(self._inode, known=self._path)
        if path is None:
            self.recorded.append(group)  # it has no name any more
            return
        self._path = path
        content = self.storage.content(path)
        if self.storage.tree.free_bytes(path.parent) < len(group):
            raise NoSpaceError(path)
        self.storage.put(path, content + group, mtime_ns=mtime_ns)
        self.recorded.append(group)
        self.moments.append(self.clock.now())


_: Callable[[MemoryStorage, MemoryClock], Recorder] = MemoryRecorder
