"""Workflow, private part: incidents of the configured folders, and of the disks that they are on."""

from collections.abc import Iterable
from pathlib import PurePath

import attrs

from camvault.core.health import alerts
from camvault.core.health.watchdog_state import MissingFolder
from camvault.core.workflows.recording.monitor.delivery import Delivery
from camvault.core.workflows.recording.monitor.options import MonitorOptions, MonitorPorts
from camvault.core.workflows.recording.monitor.state_files import Memory
from camvault.ports.errors import NotFoundError
from camvault.ports.events import Note, Warned

_DISK_RELIEF_PERCENT = 3
"""So far below its limit the usage must fall to end an incident: usage that varies about the limit is one incident."""


@attrs.frozen
class DiskWatch:
    """Looks at the configured folders and at the usage of their disks."""

    options: MonitorOptions
    ports: MonitorPorts
    memory: Memory
    delivery: Delivery

    def look_at_folder(self, problem: str) -> None:
        """Tell when the recording folder goes missing, and when it is back; `problem` says why it is missing, or ""."""
        known = self.memory.state.missing
        since = self._later(known)
        if problem and known is None:
            self.delivery.add(alerts.folder_missing(problem, host=self.delivery.origin()))
        elif not problem and since is not None:
            alert = alerts.folder_back(str(self.options.recording_dir), since.down_s, host=self.delivery.origin())
            self.ports.reporter.emit(Note(alert.body.partition("\n")[0]))
            self.delivery.add(alert)
        self.memory.state = attrs.evolve(self.memory.state, missing=self._since(since, problem))

    def look_at_place(self, folder: PurePath, problem: str) -> None:
        """The same of another configured folder."""
        closed = dict(self.memory.state.closed)
        known = closed.pop(str(folder), None)
        since = self._later(known)
        if problem and known is None:
            self.ports.reporter.emit(Warned(problem))
            self.delivery.add(alerts.place_closed(problem, host=self.delivery.origin()))
        elif not problem and since is not None:
            alert = alerts.place_open(str(folder), since.down_s, host=self.delivery.origin())
            self.ports.reporter.emit(Note(alert.body.partition("\n")[0]))
            self.delivery.add(alert)
        if (now := self._since(since, problem)) is not None:
            closed[str(folder)] = now
        self.memory.state = attrs.evolve(self.memory.state, closed=closed)

    def _later(self, known: MissingFolder | None) -> MissingFolder | None:
        return known.later(self.ports.clock.monotonic_s(), self.options.boot) if known is not None else None

    def _since(self, since: MissingFolder | None, problem: str) -> MissingFolder | None:
        if not problem:
            return None
        return since or MissingFolder(0.0, self.ports.clock.monotonic_s(), self.options.boot)

    def look_at_usage(self, folders: Iterable[PurePath]) -> None:
        """Tell when a disk fills up, and when there is room again; folders on one disk are one incident.

        Raises:
            StorageError: A disk cannot be asked.
        """
        seen = set[str]()
        for folder in folders:
            try:
                device = self.ports.storage.device_of(folder)
            except NotFoundError:
                continue  # it has not been made yet
            if device not in seen:
                seen.add(device)
                self._look_at_disk(folder)

    def _look_at_disk(self, folder: PurePath) -> None:
        storage, limit = self.ports.storage, self.options.disk_limit_percent
        free_bytes, total_bytes = storage.free_bytes(folder), storage.total_bytes(folder)
        percent = 100 * (1 - free_bytes / total_bytes) if total_bytes else 100.0
        is_alerted = self._is_alerted(folder)
        if percent >= limit and not is_alerted:
            self.ports.reporter.emit(Warned(f"{folder}: {percent:.1f} % used, {free_bytes:,} bytes free"))
            tell = alerts.disk_filling
        elif percent < limit - _DISK_RELIEF_PERCENT and is_alerted:
            tell = alerts.disk_relieved
        else:
            return
        self.delivery.add(tell(str(folder), percent, free_bytes, host=self.delivery.origin()))
        self._set_alerted(folder, is_alerted=not is_alerted)

    def _is_alerted(self, folder: PurePath) -> bool:
        state = self.memory.state
        return state.is_disk_alerted if folder == self.options.recording_dir else str(folder) in state.full

    def _set_alerted(self, folder: PurePath, *, is_alerted: bool) -> None:
        if folder == self.options.recording_dir:
            self.memory.state = attrs.evolve(self.memory.state, is_disk_alerted=is_alerted)
            return
        rest = tuple(each for each in self.memory.state.full if each != str(folder))
        full = (*rest, str(folder)) if is_alerted else rest
        self.memory.state = attrs.evolve(self.memory.state, full=full)
