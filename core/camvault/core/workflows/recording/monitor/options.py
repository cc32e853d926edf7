"""Workflow, private part: what the watchdog is asked for, what it works with, and what it returns."""

from collections.abc import Callable, Mapping
from pathlib import PurePath

import attrs

from camvault.core.health.watchdog_state import MonitorState
from camvault.core.stations.site import Station
from camvault.ports.alerts import Alerts
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.documents import Documents
from camvault.ports.events import Reporter
from camvault.ports.files import Storage
from camvault.ports.mounts import MountTable
from camvault.ports.services import Services


@attrs.frozen(kw_only=True)
class MonitorOptions:
    """What the user asked for.

    Attributes:
        recording_dir: The folder of all stations.
        segment_s: The length in seconds of the segments of stations that are not in `cameras`.
        multiplier: A station without progress for so many segment lengths is an incident.
        cameras: The configured stations; None without a configuration.
        state_paths: Where the state is kept: every one of them is written, the newest is read.
        boot: An opaque name of this start of the machine.
        host: The machine's name, for alerts.
        disk_limit_percent: The usage of the recording disk from which on it is an incident.
        mounts: The mount points of the system: one with nothing mounted on it is no recording folder.
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
    """What the watchdog works with.

    Attributes:
        mail_is_missing: Whether no mail server is configured; that is reported with each alert.
        answers: Whether a folder can be used at all, asked without touching it in this process: a process that touches
            a disk that hangs, hangs too.
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
    """What is remembered now, and by station the size of its segments that were seen."""

    state: MonitorState
    live_bytes: Mapping[str, int]
