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
from camvault.ports.pictures import PictureCounter
from camvault.ports.pulse import Pulse
from camvault.ports.services import Services


@attrs.frozen(kw_only=True)
class MonitorOptions:
    """What the user asked for.

    Attributes:
        recording_dir: The folder of all stations.
        segment_s: The length in seconds of the segments of stations that are not in `cameras`.
        multiplier: A station without progress for so many segment lengths is an incident.
        places: The other configured folders, each with why it cannot be used; "" if it can.
        jobs: The units that run now and then, each with the seconds from one run to the next.
        cameras: The configured stations; None without a configuration.
        state_paths: Where the state is kept: every one of them is written, the newest is read.
        boot: An opaque name of this start of the machine.
        host: The machine's name, for alerts.
        alert_after_s: So much later than a station is found to be down, the operator is told.
        low_percent: Less than this recorded of the last hour is an incident.
        disk_limit_percent: The usage of the recording disk from which on it is an incident.
        mounts: The mount points of the system: one with nothing mounted on it is no recording folder.
    """

    recording_dir: PurePath
    segment_s: int = 600
    multiplier: float = 2
    places: Mapping[PurePath, str] = attrs.field(factory=dict)
    jobs: Mapping[str, float] = attrs.field(factory=dict)
    cameras: tuple[Station, ...] | None = None
    state_paths: tuple[PurePath, ...]
    boot: str
    host: str
    alert_after_s: float = 0
    low_percent: float = 90
    disk_limit_percent: float = 85
    mounts: MountTable = attrs.field(factory=MountTable)


@attrs.frozen(kw_only=True)
class MonitorPorts:
    """What the watchdog works with.

    Attributes:
        pulse: Gets a sign of life after each look of which nothing waits to be told; None if nobody expects one.
        pictures: Counts the pictures in files whose recorder does not write down what it stores.
        mail_is_missing: Whether no mail server is configured; that is reported with each alert.
        answers: Whether a folder can be used at all, asked without touching it in this process: a process that touches
            a disk that hangs, hangs too.
    """

    storage: Storage
    documents: Documents
    pictures: PictureCounter
    services: Services
    channels: tuple[Alerts, ...]
    clock: Clock
    reporter: Reporter
    cancel: Cancellation
    pulse: Pulse | None = None
    mail_is_missing: bool = False
    answers: Callable[[PurePath], bool] = lambda _: True


@attrs.frozen
class MonitorReport:
    """What is remembered now, and by station the size of its segments that were seen.

    `closed`: the folders that cannot be used; whoever looks into one may hang.
    """

    state: MonitorState
    live_bytes: Mapping[str, int]
    closed: frozenset[PurePath] = frozenset()
