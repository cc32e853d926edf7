"""Workflow, private part: the look at each station: which ones there are, whether each records, and what is done."""

from collections.abc import Iterator

import attrs

from camvault.core.health import alerts
from camvault.core.health.station_signs import StationSigns, UnitState
from camvault.core.health.watchdog import StationVerdict, WatchdogAct, WatchdogPolicy, judge_station
from camvault.core.health.watchdog_state import WatchedStation, newest_files
from camvault.core.stations.site import Station, site_of
from camvault.core.workflows.recording.monitor.delivery import Delivery
from camvault.core.workflows.recording.monitor.events import StationIdle, StationRecovered
from camvault.core.workflows.recording.monitor.options import MonitorOptions, MonitorPorts
from camvault.core.workflows.recording.monitor.recorders import Recorders, unit_of
from camvault.core.workflows.recording.monitor.segments import SeenSegments, seen_segments
from camvault.core.workflows.recording.monitor.state_files import Memory
from camvault.core.workflows.recording.stream_check import read_notice
from camvault.core.workflows.steps.station_folders import folders_seen, unknown_links
from camvault.ports.errors import StorageError
from camvault.ports.events import Failed, Note, Warned


@attrs.define
class StationWatch:
    """Looks at stations, one after the other.

    Attributes:
        live_bytes: By station, the size of the segments that were seen.
    """

    options: MonitorOptions
    ports: MonitorPorts
    memory: Memory
    delivery: Delivery
    recorders: Recorders
    live_bytes: dict[str, int] = attrs.field(init=False, factory=dict)

    # --- which stations ---

    def stations(self) -> Iterator[Station]:
        """The configured stations, and others that have a folder or a unit.

        Raises:
            StorageError: The recording folder cannot be listed.
        """
        cameras, root = self.options.cameras or (), self.options.recording_dir
        if self.memory.is_folder_missing:
            yield from (each for each in cameras if not each.folder.is_relative_to(root))
            return
        (folders,) = folders_seen((root,), self.ports.storage).values()
        named = {root: {*folders, *self.memory.state.stations}}
        site = site_of(cameras, folders=named, segment_s=self.options.segment_s)
        for stray in site.strays:
            self.ports.reporter.emit(Failed(f"Stray folder, no station can have this name: {stray.name}"))
        for link in unknown_links(root, [station.folder for station in site.stations], self.ports.storage):
            self.ports.reporter.emit(Failed(f"Stray link, no camera of the configuration: {link.name}"))
        for station in site.by_name().values():
            if station.is_configured or self._is_watched(station.name, has_folder=station.name in folders):
                yield station

    def _is_watched(self, name: str, *, has_folder: bool) -> bool:
        """Whether a station that is not configured is watched."""
        if has_folder and self.options.cameras is None:
            return True
        unit, _ = self.recorders.state(name)
        if unit is not UnitState.MISSING:
            return True  # also without a folder: organize_video removes empty ones, and the unit still has to record
        if has_folder:
            self.ports.reporter.emit(
                Failed(f"Stray folder, no camera of the configuration and no {unit_of(name)}: {name}")
            )
        return False

    # --- one station ---

    def look_at(self, station: Station) -> None:
        """Judge one station, do what is decided, and remember what was seen."""
        watched = self.memory.state.stations.get(station.name)
        problem = ""
        try:
            segments = seen_segments(station.folder, watched, self.ports, boot=self.options.boot)
            self.live_bytes[station.name] = segments.size_bytes
        except StorageError as error:
            problem = str(error)
            self.ports.reporter.emit(Failed(problem))
            segments = SeenSegments(watched.memory.files if watched else {}, watched.floor_ns if watched else -1)
        unit, active_s = self.recorders.state(station.name)
        seen = StationSigns(
            files=segments.files,
            stored=segments.stored,
            problem=problem,
            unit=unit,
            unit_active_s=active_s,
            monotonic_s=self.ports.clock.monotonic_s(),
            boot=self.options.boot,
            wall_s=self.ports.clock.now().timestamp(),
        )
        policy = WatchdogPolicy(
            threshold_s=station.segment_s * self.options.multiplier,
            alert_after_s=self.options.alert_after_s,
            low_percent=self.options.low_percent,
        )
        judged = judge_station(watched.memory if watched else None, seen, policy=policy)
        restarts = (watched.restarts if watched else 0) + self._act(station.name, unit, judged)
        kept, floor_ns = newest_files(judged.memory.files)
        streams = self._look_at_streams(station, watched.streams if watched else "")
        memory = attrs.evolve(judged.memory, files=kept)
        now = WatchedStation(memory, max(floor_ns, segments.left_out_ns), restarts, streams)
        self.memory.remember(station.name, now)

    def _look_at_streams(self, station: Station, told: str) -> str:
        """Tell when a camera begins to send other streams than expected, and when it sends the expected ones again.

        Returns what the operator knows now; `told` is what the operator knew before.
        """
        try:
            differs = read_notice(station.folder, self.ports.storage)
        except StorageError as error:
            self.ports.reporter.emit(Failed(str(error)))
            return told
        if differs == told:
            return told
        if differs:
            self.ports.reporter.emit(Warned(f"{station.name} sends other streams than expected: {differs}"))
            self.delivery.add(alerts.unexpected_streams(station.name, differs, host=self.delivery.origin()))
        else:
            self.ports.reporter.emit(Note(f"{station.name} sends the expected streams again"))
            self.delivery.add(alerts.expected_streams(station.name, host=self.delivery.origin()))
        return differs

    def _act(self, station: str, unit: UnitState, judged: StationVerdict) -> int:
        """Do what was decided; return how many restarts there were."""
        restarted, action = 0, f"{unit_of(station)} is not restarted"
        for act in judged.acts:
            match act:
                case WatchdogAct.RESTART:
                    self.ports.reporter.emit(StationIdle(station, judged.reason))
                    problem = self.recorders.restart(station)
                    restarted = not problem
                    action = f"restarting {unit_of(station)}" + (f" failed: {problem}" if problem else "")
                case WatchdogAct.REPORT_MISSING_UNIT:
                    self.ports.reporter.emit(Failed(f"{station} {judged.reason}: {unit_of(station)}"))
                case WatchdogAct.ALERT_DOWN if unit in (UnitState.MISSING, UnitState.STOPPED):
                    reason = f"{judged.reason} ({unit_of(station)})"
                    self.ports.reporter.emit(StationIdle(station, reason))
                    self.delivery.add(alerts.not_recording(station, reason, host=self.delivery.origin()))
                case WatchdogAct.ALERT_DOWN:
                    self.delivery.add(alerts.down(station, judged.reason, action=action, host=self.delivery.origin()))
                case WatchdogAct.ALERT_LOW:
                    self.ports.reporter.emit(StationIdle(station, judged.reason))
                    self.delivery.add(alerts.low(station, judged.reason, host=self.delivery.origin()))
                case WatchdogAct.ALERT_UNSEEN:
                    self.delivery.add(alerts.unseen(station, judged.reason, host=self.delivery.origin()))
                case _:  # recovered
                    self.ports.reporter.emit(StationRecovered(station, judged.reason))
                    self.delivery.add(alerts.recovered(station, judged.reason, host=self.delivery.origin()))
        return restarted
