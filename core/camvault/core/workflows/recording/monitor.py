"""Workflow: one look at all stations: restart what stands still, and tell the operator once for each incident.

Durable steps, in crash order: restart; one write of what is remembered together with the messages; each message is
handed over; one write after each. Power fails before the first write: the next run decides the same again, and nothing
was said. After it: every message is in the queue. Between handing one over and the write after it: it is said twice,
at most once more for each power cut (INV-20).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.core.health import alerts as alerting
from camvault.core.health.memory import Missing, State, Watched, document_of, newest, orphan, remembered, state_of
from camvault.core.mounts import missing_mount
from camvault.core.segments.names import is_station
from camvault.core.segments.sessions import LIVE_FOLDER
from camvault.core.segments.ledger import is_footage
from camvault.core.health.watchdog import Act, Judged, UnitState, WatchdogPolicy, Witnesses, judge
from camvault.core.workflows.recording.stream_check import read_notice
from camvault.ports.alerts import Alert, Alerts
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.documents import Documents
from camvault.ports.entries import FileIdentity, FileKind, ListedFile, Listing
from camvault.ports.errors import (
    AlertError,
    CamvaultError,
    NotFoundError,
    RecordError,
    StorageError,
    ToolError,
    UsageError,
)
from camvault.ports.events import Event, Failed, Level, Note, Reporter, Warned
from camvault.ports.files import Storage
from camvault.ports.mounts import MountTable
from camvault.ports.services import Services

_DISK_RELIEF_PERCENT = 3
"""So far below the limit an incident of the disk ends, so that a disk at the limit is one incident."""

_REFUSALS_A_RUN = 2


@attrs.frozen
class Station:
    """A camera of the configuration: it is watched even if it never made a folder."""

    name: str
    folder: PurePath
    segment_s: int


@attrs.frozen(kw_only=True)
class MonitorOptions:
    """What the user asked for.

    Attributes:
        recording_dir: The folder of all stations.
        segment_s: For stations that are not in `cameras`.
        multiplier: So many segments without progress are an incident.
        cameras: The cameras of the configuration; None without one.
        state_paths: Where memory is kept: each of them is written, the newest is read.
        boot: An opaque name of this start of the machine.
        host: The machine's name, for messages.
        disk_limit_percent: Usage of the recording disk that is an incident.
        mounts: What belongs where: a mount point with nothing mounted is no recording folder.
    """

    recording_dir: PurePath
    segment_s: int = 600
    multiplier: float = 2
    cameras: tuple[Station, ...] | None = None
    state_paths: tuple[PurePath, ...]
    boot: str
    host: str
    disk_limit_percent: float = 85
    mounts: MountTable = attrs.field(factory=MountTable)


@attrs.frozen(kw_only=True)
class MonitorPorts:
    """The world of the watchdog.

    Attributes:
        mail_is_missing: Nobody set up mail, which is said when there is something to send.
        answers: Whether a folder can be used at all: on a disk that hangs, whoever touches it hangs too.
    """

    storage: Storage
    documents: Documents
    services: Services
    channels: tuple[Alerts, ...]
    clock: Clock
    reporter: Reporter
    cancel: Cancellation
    mail_is_missing: bool = False
    answers: Callable[[PurePath], bool] = lambda _: True


@attrs.frozen
class MonitorReport:
    """How it is: what is remembered now, and the size of what was seen of each station."""

    state: State
    live_bytes: Mapping[str, int]


@attrs.frozen
class Restarted(Event):
    """A recorder was restarted."""

    unit: str

    def __str__(self) -> str:
        return f"Restarted {self.unit}"


@attrs.frozen
class StationIdle(Event):
    """A station does not record."""

    level: ClassVar[Level] = Level.WARNING

    station: str
    reason: str

    def __str__(self) -> str:
        return f"{self.station} {self.reason}"


@attrs.frozen
class StationRecovered(Event):
    """A station records again."""

    station: str
    reason: str

    def __str__(self) -> str:
        return f"{self.station} {self.reason}"


@attrs.frozen
class AlertSent(Event):
    """Somebody else is responsible for a message now."""

    channel: str
    subject: str

    def __str__(self) -> str:
        return f"Alert sent by {self.channel}: {self.subject}"


def unit_of(station: str) -> str:
    """The unit that records a station."""
    return f"record_camera_{station}.service"


def monitor(options: MonitorOptions, ports: MonitorPorts) -> MonitorReport:
    """Look once, and deliver what still has to be delivered.

    A recording folder that is not there is an incident like others. The cameras below it are not looked at meanwhile:
    one message says it for all of them.

    Raises:
        UsageError: There is no recording folder; the operator was told.
        BusyError: Another watchdog is looking at it.
        Cancelled: Stopped; what was not written down is decided again by the next run.
    """
    ports.reporter.emit(Note("Running monitor_recordings check..."))
    problem = _problem_of(options, ports)
    with _lock(options, ports.storage, is_missing=bool(problem)):
        report = _Run(options, ports, problem).run()
    ports.reporter.emit(Note("monitor_recordings check complete."))
    if problem:
        raise UsageError(problem)
    return report


def _problem_of(options: MonitorOptions, ports: MonitorPorts) -> str:
    """Why the recording folder cannot be what it should be; "" if it can."""
    if not ports.answers(options.recording_dir):
        return f"Recording directory does not answer: {options.recording_dir}"
    storage = ports.storage
    folder = storage.resolve(options.recording_dir)
    point = missing_mount(folder, table=options.mounts)
    if point is not None:
        return f"Recording directory not mounted: {options.recording_dir} ({point})"
    entry = storage.entry(folder)
    if entry is None or entry.kind is not FileKind.FOLDER:
        return f"Recording directory not found: {options.recording_dir}"
    return ""


def _lock(options: MonitorOptions, storage: Storage, *, is_missing: bool) -> AbstractContextManager[None]:
    """Of a folder: nothing has to be written on a full disk. Without any folder to remember in, nobody is kept out."""
    folder = options.state_paths[-1].parent if is_missing else options.recording_dir
    if is_missing and storage.entry(storage.resolve(folder)) is None:
        return nullcontext()
    return storage.lock(folder)


@attrs.define
class _Run:
    options: MonitorOptions
    ports: MonitorPorts
    missing: str
    state: State = attrs.field(init=False, factory=State)
    live_bytes: dict[str, int] = attrs.field(init=False, factory=dict)
    is_unsaved_told: bool = attrs.field(init=False, default=False)

    def run(self) -> MonitorReport:
        self.load()
        self.look_at_folder()
        stations = list(self.stations())
        known = dict(self.state.stations)
        for station in stations:
            self.ports.cancel.check()
            self.guarded(lambda station=station: self.look_after(station))  # type: ignore[misc]
        if not self.missing:
            self.guarded(self.look_at_disk)
            kept = {station.name for station in stations}
            self.forget({name for name in known if name not in kept})
        self.save()  # power fails before: all of this is decided again; after: every message is in the queue
        self.deliver()
        return MonitorReport(self.state, self.live_bytes)

    def guarded(self, look: Callable[[], None]) -> None:
        """What cannot be seen at one place keeps nobody from the others; it is said, and what is known stays."""
        try:
            look()
        except (StorageError, ToolError) as error:
            self.ports.reporter.emit(Failed(str(error)))

    # --- which stations ---

    def stations(self) -> Iterator[Station]:
        cameras = {camera.name: camera for camera in self.options.cameras or ()}
        if self.missing:
            root = self.options.recording_dir
            yield from (each for each in cameras.values() if not each.folder.is_relative_to(root))
            return
        yield from cameras.values()
        folders = set(self.ports.storage.listing(self.options.recording_dir).folders)
        for name in sorted({*folders, *self.state.stations} - {*cameras}):
            if name.startswith("."):
                continue
            if not is_station(name):
                self.ports.reporter.emit(Failed(f"Stray folder, no station can have this name: {name}"))
            elif self.is_ours(name, has_folder=name in folders):
                folder = self.options.recording_dir / name
                yield Station(name, folder, self.options.segment_s)

    def is_ours(self, name: str, *, has_folder: bool) -> bool:
        """Whether a name that is in no configuration is a station."""
        if has_folder and self.options.cameras is None:
            return True
        unit, _ = self.unit_state(name)
        if unit is not UnitState.MISSING:
            return True  # organize_video and others prune empty folders; a unit that is there is still to be watched
        if has_folder:
            self.ports.reporter.emit(
                Failed(f"Stray folder, no camera of the configuration and no {unit_of(name)}: {name}")
            )
        return False

    def forget(self, names: set[str]) -> None:
        if names:
            rest = {name: each for name, each in self.state.stations.items() if name not in names}
            self.state = attrs.evolve(self.state, stations=rest)

    def unit_state(self, station: str) -> tuple[UnitState, float | None]:
        """What the manager says, and for how long the unit has been running."""
        try:
            (state,) = self.ports.services.states((unit_of(station),))
        except ToolError as error:
            self.ports.reporter.emit(Failed(str(error)))
            return UnitState.UP, None  # nobody knows; what can be done is tried, and what fails is said
        if not state.is_known:
            return UnitState.MISSING, None
        if state.is_active:
            return UnitState.UP, state.active_s
        return (UnitState.DOWN if state.is_enabled else UnitState.STOPPED), None

    # --- one station ---

    def look_after(self, station: Station) -> None:
        watched = self.state.stations.get(station.name)
        files, left_out_ns = self.files(station, watched)
        unit, active_s = self.unit_state(station.name)
        seen = Witnesses(
            files=files,
            unit=unit,
            unit_active_s=active_s,
            monotonic_s=self.ports.clock.monotonic_s(),
            boot=self.options.boot,
            wall_s=self.ports.clock.now().timestamp(),
        )
        policy = WatchdogPolicy(threshold_s=station.segment_s * self.options.multiplier)
        judged = judge(watched.memory if watched else None, seen, policy=policy)
        restarts = (watched.restarts if watched else 0) + self.act(station.name, seen.unit, judged)
        kept, floor_ns = remembered(judged.memory.files)
        streams = self.look_at_streams(station, watched.streams if watched else "")
        now = Watched(attrs.evolve(judged.memory, files=kept), max(floor_ns, left_out_ns), restarts, streams)
        self.state = attrs.evolve(self.state, stations={**self.state.stations, station.name: now})

    def look_at_streams(self, station: Station, told: str) -> str:
        """Say once when a camera sends something else than it should, and once when it is right again; what is told."""
        try:
            differs = read_notice(station.folder, self.ports.storage)
        except StorageError as error:
            self.ports.reporter.emit(Failed(str(error)))
            return told
        if differs == told:
            return told
        if differs:
            self.ports.reporter.emit(Warned(f"{station.name} records something else: {differs}"))
            self.tell(alerting.unexpected_streams(station.name, differs, host=self.host()))
        else:
            self.ports.reporter.emit(Note(f"{station.name} records what is expected again"))
            self.tell(alerting.expected_streams(station.name, host=self.host()))
        return differs

    def files(self, station: Station, watched: Watched | None) -> tuple[Mapping[str, FileIdentity], int]:
        """Name and identity of each segment of the station, in all its sessions; up to which mtime they were left out.

        Where so many were there that the oldest are not remembered, these are left out again: they are not new.
        """
        old, floor_ns = (watched.memory.files, watched.floor_ns) if watched else ({}, -1)
        settled = self.segments(station.folder)
        new = [file for file in settled if file.mtime_ns > floor_ns or file.name in old]
        files = {file.name: file.identity for file in new}
        live = station.folder / LIVE_FOLDER
        for session in self.listing(live).folders:
            files.update({file.name: file.identity for file in self.segments(live / session)})
        self.live_bytes[station.name] = sum(identity.size_bytes for identity in files.values())
        return files, floor_ns if len(new) < len(settled) else -1

    def segments(self, folder: PurePath) -> list[ListedFile]:
        return [file for file in self.listing(folder).files if is_footage(file.name)]

    def listing(self, folder: PurePath) -> Listing:
        """What is in the folder; nothing if there never was one, or the session ended just now."""
        try:
            return self.ports.storage.listing(folder)
        except NotFoundError:
            return Listing()

    def act(self, station: str, unit: UnitState, judged: Judged) -> int:
        """Do what was decided; how many restarts there were."""
        restarted, action = 0, f"{unit_of(station)} is not restarted"
        for act in judged.acts:
            match act:
                case Act.RESTART:
                    self.ports.reporter.emit(StationIdle(station, judged.reason))
                    problem = self.restart(station)
                    restarted = not problem
                    action = f"restarting {unit_of(station)}" + (f" failed: {problem}" if problem else "")
                case Act.REPORT_MISSING_UNIT:
                    self.ports.reporter.emit(Failed(f"{station} {judged.reason}: {unit_of(station)}"))
                case Act.ALERT_DOWN if unit in (UnitState.MISSING, UnitState.STOPPED):
                    reason = f"{judged.reason} ({unit_of(station)})"
                    self.ports.reporter.emit(StationIdle(station, reason))
                    self.tell(alerting.not_recording(station, reason, host=self.host()))
                case Act.ALERT_DOWN:
                    self.tell(alerting.down(station, judged.reason, action=action, host=self.host()))
                case _:  # recovered
                    self.ports.reporter.emit(StationRecovered(station, judged.reason))
                    self.tell(alerting.recovered(station, judged.reason, host=self.host()))
        return restarted

    def restart(self, station: str) -> str:
        """Restart; what went wrong, "" if nothing."""
        try:
            self.ports.services.restart(unit_of(station))
        except (ToolError, NotFoundError) as error:
            self.ports.reporter.emit(Failed(f"Could not restart {unit_of(station)}: {error}"))
            return str(error)
        self.ports.reporter.emit(Restarted(unit_of(station)))
        return ""

    # --- the disk ---

    def look_at_folder(self) -> None:
        known, now_s, boot = self.state.missing, self.ports.clock.monotonic_s(), self.options.boot
        since = known.later(now_s, boot) if known is not None else None
        if self.missing and since is None:
            since = Missing(0.0, now_s, boot)
            self.tell(alerting.folder_missing(self.missing, host=self.host()))
        elif not self.missing and since is not None:
            alert = alerting.folder_back(str(self.options.recording_dir), since.down_s, host=self.host())
            self.ports.reporter.emit(Note(alert.body.partition("\n")[0]))
            self.tell(alert)
            since = None
        self.state = attrs.evolve(self.state, missing=since)

    def look_at_disk(self) -> None:
        folder, limit = self.options.recording_dir, self.options.disk_limit_percent
        free_bytes, total_bytes = self.ports.storage.free_bytes(folder), self.ports.storage.total_bytes(folder)
        percent = 100 * (1 - free_bytes / total_bytes) if total_bytes else 100.0
        is_alerted = self.state.is_disk_alerted
        if percent >= limit and not is_alerted:
            self.ports.reporter.emit(Warned(f"{folder}: {percent:.1f} % used, {free_bytes:,} bytes free"))
            self.tell(alerting.disk_filling(str(folder), percent, free_bytes, host=self.host()))
        elif percent < limit - _DISK_RELIEF_PERCENT and is_alerted:
            self.tell(alerting.disk_relieved(str(folder), percent, free_bytes, host=self.host()))
        else:
            return
        self.state = attrs.evolve(self.state, is_disk_alerted=not is_alerted)

    # --- messages ---

    def host(self) -> alerting.Host:
        return alerting.Host(self.options.host, self.ports.clock.now())

    def tell(self, alert: Alert) -> None:
        if self.ports.mail_is_missing:
            self.ports.reporter.emit(Warned("Email config incomplete — skipping alert."))
        names = tuple(channel.name for channel in self.ports.channels)
        queue, dropped = self.state.queue.with_alert(alert, names).within()
        for item in dropped:
            self.ports.reporter.emit(Failed(f"The queue of alerts is full, dropped: {item.alert.subject}"))
        self.state = attrs.evolve(self.state, queue=queue)

    def deliver(self) -> None:
        for channel in self.ports.channels:
            refusals = 0
            for item in self.state.queue.waiting_for(channel.name):
                self.ports.cancel.check()
                try:
                    channel.send(item.alert)
                except AlertError as error:
                    self.ports.reporter.emit(Failed(str(error)))
                    if not error.is_final:
                        break  # nobody there: the next run begins with the same one
                    self.state = attrs.evolve(self.state, queue=self.state.queue.refused(item.number))
                    refusals += 1
                    if refusals == _REFUSALS_A_RUN:
                        break  # no good password, rather than one bad message
                else:
                    self.ports.reporter.emit(AlertSent(channel.name, item.alert.subject))
                    self.state = attrs.evolve(self.state, queue=self.state.queue.delivered(item.number, channel.name))
                self.save()  # power fails before: this one message is sent once more

    # --- memory ---

    def load(self) -> None:
        found = [state for path in self.places() if (state := self.state_at(path)) is not None]
        self.state = newest(found) if found or not self.missing else orphan()

    def places(self) -> tuple[PurePath, ...]:
        """Where memory is kept; while the recording folder is not what it should be, nothing in it counts."""
        root, paths = self.options.recording_dir, self.options.state_paths
        return tuple(path for path in paths if not (self.missing and path.is_relative_to(root)))

    def state_at(self, path: PurePath) -> State | None:
        try:
            document = self.ports.documents.read(path)
        except (RecordError, StorageError) as error:
            self.ports.reporter.emit(Warned(f"What was remembered cannot be read: {error}"))
            return None
        state = state_of(document)
        if state is None and document is not None:
            self.ports.reporter.emit(Warned(f"What was remembered cannot be understood: {path}"))
        return state

    def save(self) -> None:
        """Write to every place that takes it: the recording disk may be full, or gone the next time."""
        self.state = attrs.evolve(self.state, serial=self.state.serial + 1)
        problems: list[CamvaultError] = []
        places = self.places()
        for path in places:
            try:
                self.ports.documents.write(path, document_of(self.state))
            except StorageError as error:
                problems.append(error)
        if len(problems) < len(places):
            return
        if not self.is_unsaved_told:
            self.is_unsaved_told = True
            said = "; ".join(map(str, problems)) or "there is no place for it outside the recording folder"
            self.ports.reporter.emit(Failed(f"Nothing can be remembered until the next run: {said}"))
