"""A machine with cameras in memory, looked at every five minutes."""

from pathlib import PurePath

import attrs

from camvault.adapters.jsonfile import JsonDocuments
from camvault.adapters.memory.alerts import MemoryAlerts
from camvault.adapters.memory.calls import Calls, watched
from camvault.adapters.memory.cancellation import MemoryCancellation
from camvault.adapters.memory.clock import MemoryClock
from camvault.adapters.memory.pulse import MemoryPulse
from camvault.adapters.memory.reporter import MemoryReporter
from camvault.adapters.memory.services import MemoryServices
from camvault.adapters.memory.storage import MemoryStorage
from camvault.core.stations.site import Station
from camvault.core.workflows.recording.monitor import (
    MonitorOptions,
    MonitorPorts,
    MonitorReport,
    monitor,
    unit_of,
)
from camvault.ports.alerts import Alerts
from camvault.ports.pictures import StoredPictures

ROOT = PurePath("/cameras")
STATE = PurePath("/cameras/.monitor_recordings.json")
SPARE = PurePath("/run/camvault/monitor_recordings.json")
EVERY_S = 300
HEADER = b"header"
SEGMENT_S = 600


@attrs.frozen
class BytePictures:
    """Each byte of a segment is a picture, but those of headers."""

    storage: MemoryStorage

    def count(self, path: PurePath, /, *, known: StoredPictures) -> StoredPictures:
        return attrs.evolve(known, count=len(self.storage.content(path).replace(HEADER, b"")))


@attrs.define
class World:
    """Cameras that write while time passes, and a watchdog that is started again for each look."""

    calls: Calls
    storage: MemoryStorage
    clock: MemoryClock
    services: MemoryServices = attrs.field(factory=MemoryServices)
    mail: MemoryAlerts = attrs.field(factory=lambda: MemoryAlerts(name="mail"))
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)
    recording: set[str] = attrs.field(factory=set)
    options: MonitorOptions = attrs.field(
        factory=lambda: MonitorOptions(recording_dir=ROOT, state_paths=(STATE, SPARE), boot="boot 1", host="morus-vm")
    )
    channels: tuple[Alerts, ...] | None = None
    pulse: MemoryPulse | None = None
    mail_is_missing: bool = False
    answers: bool = True
    silent: set[PurePath] = attrs.field(factory=set)
    """Folders that do not answer."""
    cures: bool = False
    """Whether a restart makes the recorder record again."""
    settled_most: int = 2
    _serial: int = 0
    _written: dict[str, tuple[str, int]] = attrs.field(factory=dict)

    def add(self, *stations: str, is_recording: bool = True) -> None:
        for station in stations:
            self.services.known.add(unit_of(station))
            self.services.active.add(unit_of(station))
            self.services.enabled.add(unit_of(station))
            self.storage.put_folder(ROOT / station)
            if is_recording:
                self.recording.add(station)

    def configure(self, *stations: str, segment_s: int = SEGMENT_S) -> None:
        cameras = tuple(Station(name, ROOT / name, segment_s) for name in stations)
        self.options = attrs.evolve(self.options, cameras=cameras)

    def write(self, seconds: float) -> None:
        """What the recorders have written after some more seconds: their segment grows, or the next one begins."""
        for station in sorted(self.recording):
            name, grown = self._written.get(station, ("", SEGMENT_S))
            if grown >= SEGMENT_S:
                if name:
                    live = ROOT / station / ".live/1" / name
                    self.storage.tree.move(live, ROOT / station / name)
                self._serial += 1
                name, grown = f"{station}_{self._serial:06}.mkv", 0
            grown += int(seconds)
            self.organize(station)
            mtime_ns = int(self.clock.wall.timestamp() * 1e9)
            self.storage.put(ROOT / station / ".live/1" / name, b"x" * (grown // 60), mtime_ns=mtime_ns)
            self._written[station] = (name, grown)

    def organize(self, station: str) -> None:
        """Finished segments go elsewhere."""
        settled = sorted(p for p in self.storage.tree.nodes if p.parent == ROOT / station and p.suffix == ".mkv")
        for path in settled[: -self.settled_most]:
            del self.storage.tree.nodes[path]

    def live(self, seconds: float, *, looks: bool = True) -> None:
        """Time passes, and every five minutes somebody looks."""
        for _ in range(int(seconds // EVERY_S)):
            self.clock.advance(EVERY_S)
            self.write(EVERY_S)
            if looks:
                self.look()

    def look(self) -> MonitorReport:
        before = len(self.restarts())
        report = monitor(self.options, self.ports())
        if self.cures:
            self.recording |= {unit.removeprefix("record_camera_")[:-8] for unit in self.restarts()[before:]}
        return report

    def ports(self) -> MonitorPorts:
        channels = (self.mail,) if self.channels is None else self.channels
        return MonitorPorts(
            storage=self.storage,
            documents=JsonDocuments(self.storage),
            pictures=BytePictures(self.storage),
            services=watched(self.services, calls=self.calls, name="services"),
            channels=tuple(watched(channel, calls=self.calls, name="alerts") for channel in channels),
            clock=self.clock,
            reporter=self.reporter,
            cancel=self.cancel,
            pulse=self.pulse,
            mail_is_missing=self.mail_is_missing,
            answers=lambda folder: self.answers and folder not in self.silent,
        )

    def restarts(self) -> list[str]:
        return [action[1] for action in self.services.actions if action[0] == "restart"]

    def subjects(self) -> list[str]:
        return [alert.subject for alert in self.mail.sent]

    def restart_machine(self) -> None:
        self.storage.restart()
        self.cancel = MemoryCancellation()


def make_world(*stations: str, calls: Calls | None = None) -> World:
    calls = calls or Calls()
    storage, clock = MemoryStorage(calls=calls), MemoryClock()
    storage.put_folder(ROOT)
    storage.put_folder(SPARE.parent)
    world = World(calls, storage, clock)
    world.add(*stations)
    return world
