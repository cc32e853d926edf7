"""Workflow, private part: incidents of the recording folder and of the disk that it is on."""

import attrs

from camvault.core.health import alerts
from camvault.core.health.watchdog_state import MissingFolder
from camvault.core.workflows.recording.monitor.delivery import Delivery
from camvault.core.workflows.recording.monitor.options import MonitorOptions, MonitorPorts
from camvault.core.workflows.recording.monitor.state_files import Memory
from camvault.ports.events import Note, Warned

_DISK_RELIEF_PERCENT = 3
"""So far below its limit the usage must fall to end an incident: usage that varies about the limit is one incident."""


@attrs.frozen
class DiskWatch:
    """Looks at the recording folder and at the usage of its disk."""

    options: MonitorOptions
    ports: MonitorPorts
    memory: Memory
    delivery: Delivery

    def look_at_folder(self, problem: str) -> None:
        """Tell when the recording folder goes missing, and when it is back; `problem` says why it is missing, or ""."""
        known, now_s, boot = self.memory.state.missing, self.ports.clock.monotonic_s(), self.options.boot
        since = known.later(now_s, boot) if known is not None else None
        if problem and since is None:
            since = MissingFolder(0.0, now_s, boot)
            self.delivery.add(alerts.folder_missing(problem, host=self.delivery.origin()))
        elif not problem and since is not None:
            alert = alerts.folder_back(str(self.options.recording_dir), since.down_s, host=self.delivery.origin())
            self.ports.reporter.emit(Note(alert.body.partition("\n")[0]))
            self.delivery.add(alert)
            since = None
        self.memory.state = attrs.evolve(self.memory.state, missing=since)

    def look_at_usage(self) -> None:
        """Tell when the disk fills up, and when there is room again.

        Raises:
            StorageError: The disk cannot be asked.
        """
        storage, folder, limit = self.ports.storage, self.options.recording_dir, self.options.disk_limit_percent
        free_bytes, total_bytes = storage.free_bytes(folder), storage.total_bytes(folder)
        percent = 100 * (1 - free_bytes / total_bytes) if total_bytes else 100.0
        is_alerted = self.memory.state.is_disk_alerted
        if percent >= limit and not is_alerted:
            self.ports.reporter.emit(Warned(f"{folder}: {percent:.1f} % used, {free_bytes:,} bytes free"))
            tell = alerts.disk_filling
        elif percent < limit - _DISK_RELIEF_PERCENT and is_alerted:
            tell = alerts.disk_relieved
        else:
            return
        self.delivery.add(tell(str(folder), percent, free_bytes, host=self.delivery.origin()))
        self.memory.state = attrs.evolve(self.memory.state, is_disk_alerted=not is_alerted)
