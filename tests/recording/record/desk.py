"""A recorder's world in memory, for tests of the supervisor."""

import itertools
from datetime import UTC, datetime, tzinfo
from pathlib import PurePath

import attrs

from camvault.adapters.memory.calls import Calls
from camvault.adapters.memory.cancellation import MemoryCancellation
from camvault.adapters.memory.clock import MemoryClock
from camvault.adapters.memory.pictures import MemoryPictures
from camvault.adapters.memory.recorder import MemoryRecorder
from camvault.adapters.memory.reporter import MemoryReporter
from camvault.adapters.memory.storage import MemoryStorage
from camvault.adapters.memory.supervision import MemorySupervision
from camvault.core.segments.timeline import TimelineEntry, TimelineKind, parse_timeline
from camvault.core.workflows.recording.record import TIMELINE_NAME, RecordOptions, RecordPorts, record_camera
from camvault.ports.errors import Cancelled
from camvault.ports.recorder import StreamSource
from tests import canary

ROOT = PurePath("/cameras")
STATION = "ROST2"
FOLDER = ROOT / STATION
SOURCE = StreamSource("camera", user="u", password=canary.PASSWORD)


@attrs.define
class World:
    """One camera, one supervisor."""

    storage: MemoryStorage
    clock: MemoryClock
    cancel: MemoryCancellation
    recorder: MemoryRecorder
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)
    supervision: MemorySupervision = attrs.field(factory=MemorySupervision)
    options: RecordOptions = attrs.field(
        factory=lambda: RecordOptions(station=STATION, output_root=ROOT, segment_s=10, free_floor_bytes=20)
    )

    place_problem: str = ""
    key_every: int = 1

    def run_for(self, seconds: float) -> None:
        """Record until `seconds` have passed."""
        self.cancel = MemoryCancellation(self.clock)
        self.clock.after(seconds, self.cancel.request)
        try:
            self.run()
        except Cancelled:
            return
        raise AssertionError("a recorder only ends when it is stopped")

    def run(self) -> None:
        ports = RecordPorts(
            recorder=self.recorder,
            storage=self.storage,
            pictures=MemoryPictures(self.storage, self.recorder.tick_s, self.key_every),
            clock=self.clock,
            supervision=self.supervision,
            reporter=self.reporter,
            cancel=self.cancel,
            chance=lambda: 0.5,
            place_problem=lambda folder: self.place_problem if folder == ROOT else "",
        )
        record_camera(SOURCE, options=self.options, ports=ports)

    def restart(self) -> None:
        self.storage.restart()

    def segments(self) -> dict[str, bytes]:
        return {p.name: c for p, c in self.storage.files(FOLDER).items() if p.parent == FOLDER and p.suffix == ".mkv"}

    def kept(self) -> set[bytes]:
        """Every group of footage that is somewhere."""
        groups = (content.split(b";")[:-1] for path, content in self.storage.files(ROOT).items() if ".mkv" in path.name)
        return {group + b";" for group in itertools.chain.from_iterable(groups)}

    def lost(self) -> set[bytes]:
        return set(self.recorder.recorded) - self.kept()

    def timeline(self) -> tuple[TimelineEntry, ...]:
        return parse_timeline(self.storage.content(FOLDER / TIMELINE_NAME).decode())

    def kinds(self) -> list[TimelineKind]:
        return [entry.kind for entry in self.timeline()]


def make_world(
    calls: Calls | None = None, *, at: datetime = datetime(2025, 5, 28, 12, tzinfo=UTC), zone: tzinfo = UTC
) -> World:
    calls = calls or Calls()
    storage, clock = MemoryStorage(calls=calls), MemoryClock(wall=at)
    storage.put_folder(ROOT)
    world = World(storage, clock, MemoryCancellation(clock), MemoryRecorder(storage, clock))
    world.options = attrs.evolve(world.options, zone=zone)
    return world
