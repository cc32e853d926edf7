"""A small recording machine in memory: one station, a target, and the three jobs."""

from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.adapters.memory import Calls, MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage
from camvault.adapters.memory.footage import MemoryFootage
from camvault.adapters.memory.transfer import MemoryTransfer
from camvault.core.retention_rules import Rule, Safety
from camvault.core.workflows.backup import BackupFolders, BackupPorts, BackupReport, back_up
from camvault.core.workflows.cleanup_plan import CleanupPorts
from camvault.core.workflows.cleanup_video import CleanupReport, free_space
from camvault.core.workflows.organize import OrganizePorts, OrganizeReport, Station, organize
from camvault.core.workflows.sync_records import SyncRecords

OUT = PurePath("/pi/cameras")
READY = PurePath("/pi/ready")
SUCCESS = PurePath("/pi/logs")
QUARANTINE = PurePath("/pi/quarantine")
LOCKS = PurePath("/pi/locks")
NOW = datetime(2025, 5, 28, 15, 40, tzinfo=UTC)
TODAY = "2025-05-28"


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
        for folder in (OUT / "ROST1", READY, SUCCESS, LOCKS):
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
            clock=self.clock,
            reporter=self.reporter,
            cancel=self.cancel,
            ledger_of_day=self.records.ledger_of_day,
            zone=self.zone,
        )
        wanted = stations or (Station("ROST1", OUT / "ROST1", 600),)
        return organize(wanted, ready=READY, quarantine=QUARANTINE, ports=ports)

    def back_up(self, *, may_begin: bool = False) -> BackupReport:
        ports = BackupPorts(
            storage=self.storage,
            transfer=self.transfer,
            clock=self.clock,
            reporter=self.reporter,
            cancel=self.cancel,
        )
        folders = BackupFolders(ready=READY, success=SUCCESS, lock=LOCKS)
        return back_up(folders=folders, ports=ports, may_begin=may_begin)

    def clean(self, *rules: Rule, safety: Safety | None = None) -> CleanupReport:
        ports = CleanupPorts(storage=self.storage, clock=self.clock, reporter=self.reporter, cancel=self.cancel)
        return free_space(READY, records=self.records, rules=rules, ports=ports, safety=safety, target=self.transfer)

    def said(self) -> str:
        return "\n".join(map(str, self.reporter.events))

    def ready(self) -> dict[str, bytes]:
        """The segments below READY."""
        return {str(p.relative_to(READY)): content for p, content in self.storage.files(READY).items()}

    def restart(self) -> None:
        self.storage.restart()
        self.cancel = MemoryCancellation()
