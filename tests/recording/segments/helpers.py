"""A small recording machine in memory: one station, a target, and the three jobs."""

from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import PurePath, PurePosixPath
from typing import Literal

import attrs

from camvault.adapters.jsonfile import JsonDocuments
from camvault.adapters.memory import Calls, MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage
from camvault.adapters.memory.durations import MemoryDurations
from camvault.adapters.memory.footage import MemoryFootage
from camvault.adapters.memory.pictures import MemoryPictures
from camvault.adapters.memory.transfer import MemoryTransfer
from camvault.core.retention.rules import Rule, Safety
from camvault.core.segments.coverage import Coverage, Span
from camvault.core.stations.site import Station
from camvault.core.workflows.recording.backup import BackupFolders, BackupPorts, BackupReport, back_up
from camvault.core.workflows.recording.cleanup import CleanupPorts, CleanupReport, free_space, look_at
from camvault.core.workflows.recording.coverage import CoverageOptions, CoveragePorts, Places, report_coverage
from camvault.core.workflows.recording.monitor import MonitorOptions, MonitorPorts, monitor
from camvault.core.workflows.recording.organize import OrganizePorts, OrganizeReport, organize
from camvault.core.workflows.steps.ledger_files import SyncRecords
from camvault.ports.alerts import Alerts
from camvault.ports.cancellation import Cancellation
from camvault.ports.services import Services
from camvault.ports.transfer import Transfer

OUT = PurePath("/pi/cameras")
READY = PurePath("/pi/ready")
SUCCESS = PurePath("/pi/logs")
QUARANTINE = PurePath("/pi/quarantine")
LOCKS = PurePath("/pi/locks")
RUN = PurePath("/run/camvault")
NOW = datetime(2025, 5, 28, 15, 40, tzinfo=UTC)
TODAY = "2025-05-28"


@attrs.frozen
class _SinceBoot:
    """A clock of which the monotonic time begins when the machine is started."""

    clock: MemoryClock
    begun_s: float

    def now(self) -> datetime:
        return self.clock.now()

    def monotonic_s(self) -> float:
        return self.clock.monotonic_s() - self.begun_s

    def boot_s(self) -> float:
        return self.clock.boot_s() - self.begun_s

    def sleep(self, seconds: float, *, cancel: Cancellation) -> None:
        self.clock.sleep(seconds, cancel=cancel)


@attrs.define
class Machine:
    """Everything that a job touches, in memory."""

    calls: Calls = attrs.field(factory=Calls)
    storage: MemoryStorage = attrs.field(init=False)
    transfer: MemoryTransfer = attrs.field(init=False)
    clock: MemoryClock = attrs.field(factory=lambda: MemoryClock(NOW))
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)
    zone: tzinfo = UTC

    def __attrs_post_init__(self) -> None:
        self.storage = MemoryStorage(calls=self.calls)
        self.transfer = MemoryTransfer(self.storage)
        for folder in (OUT / "ROST1", READY, SUCCESS, LOCKS, RUN):
            self.storage.put_folder(folder)

    @property
    def records(self) -> SyncRecords:
        return SyncRecords(SUCCESS, self.storage)

    def record(self, name: str, content: str | bytes = b"footage", *, minutes_ago: float = 60) -> PurePath:
        """A file that the recorder wrote."""
        path = OUT / "ROST1" / name
        self.storage.put(path, content, mtime_ns=self.ns(minutes_ago))
        return path

    def wait(self, name: str, content: str | bytes = b"footage", *, minutes_ago: float = 60) -> PurePosixPath:
        """A file that waits for the backup; its path below READY."""
        path = PurePosixPath("ROST1", TODAY, name)
        self.storage.put(READY / path, content, mtime_ns=self.ns(minutes_ago))
        return path

    def ns(self, minutes_ago: float) -> int:
        return int((self.clock.wall - timedelta(minutes=minutes_ago)).timestamp()) * 10**9

    def organize(self, *stations: Station) -> OrganizeReport:
        ports = OrganizePorts(
            storage=self.storage,
            footage=MemoryFootage(self.storage),
            pictures=MemoryPictures(self.storage),
            clock=self.clock,
            reporter=self.reporter,
            cancel=self.cancel,
            ledger_of_day=self.records.ledger_of_day,
            zone=self.zone,
        )
        wanted = stations or (Station("ROST1", OUT / "ROST1", 600),)
        return organize(wanted, ready=READY, quarantine=QUARANTINE, ports=ports)

    def backup_ports(self) -> BackupPorts:
        return BackupPorts(
            storage=self.storage,
            transfer=self.transfer,
            clock=self.clock,
            reporter=self.reporter,
            cancel=self.cancel,
        )

    def back_up(self, *, may_begin: bool = False) -> BackupReport:
        folders = BackupFolders(ready=READY, success=SUCCESS, lock=LOCKS)
        return back_up(folders=folders, ports=self.backup_ports(), may_begin=may_begin)

    def watch(
        self, services: Services, mail: Alerts, *, boot: str, begun_s: float = 0, station: tuple[str, int]
    ) -> None:
        """A look of the watchdog, at a card of which 85 % may be full; `begun_s`: when the machine was started."""
        options = MonitorOptions(
            recording_dir=OUT,
            cameras=(Station(station[0], OUT / station[0], station[1]),),
            state_paths=(OUT / ".monitor_recordings.json", RUN / "monitor_recordings.json"),
            boot=boot,
            host="pi",
        )
        ports = MonitorPorts(
            storage=self.storage,
            documents=JsonDocuments(self.storage),
            pictures=MemoryPictures(self.storage),
            services=services,
            channels=(mail,),
            clock=_SinceBoot(self.clock, begun_s),
            reporter=self.reporter,
            cancel=self.cancel,
        )
        monitor(options, ports)

    def cover(self, station: str, start_at: datetime, *, segment_s: int) -> Coverage:
        """The report from `start_at` until now."""
        options = CoverageOptions(
            places=Places(stations={station: OUT / station}, ready=READY, quarantine=QUARANTINE, ledgers=SUCCESS),
            period=Span(start_at, self.clock.now()),
            zone=self.zone,
            segment_s=segment_s,
        )
        ports = CoveragePorts(
            storage=self.storage,
            durations=MemoryDurations(),
            pictures=MemoryPictures(self.storage),
            clock=self.clock,
            reporter=self.reporter,
            cancel=self.cancel,
        )
        (covered,) = report_coverage(options, ports).stations
        return covered

    def clean(
        self, *rules: Rule, safety: Safety | None = None, target: Transfer | Literal["own"] | None = "own"
    ) -> CleanupReport:
        ports = CleanupPorts(storage=self.storage, clock=self.clock, reporter=self.reporter, cancel=self.cancel)
        target = self.transfer if target == "own" else target
        records = self.records
        asleep = self.transfer.wanted().number if target is None else None
        look = look_at(target or self.transfer, READY, records=records, ports=ports, asleep=asleep)
        return free_space(
            READY,
            records=records,
            rules=rules,
            ports=ports,
            number=self.transfer.wanted().number,
            safety=safety,
            look=look,
        )

    def said(self) -> str:
        return "\n".join(map(str, self.reporter.events))

    def ready(self) -> dict[str, bytes]:
        """The segments below READY."""
        return {str(p.relative_to(READY)): content for p, content in self.storage.files(READY).items()}

    def restart(self) -> None:
        self.storage.restart()
        self.cancel = MemoryCancellation()
