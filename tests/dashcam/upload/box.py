"""A box in memory: clips that were staged, and a server."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.adapters.memory import Calls, MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage
from camvault.adapters.memory.transfer import MemoryTransfer
from camvault.core.dashcam.configuration import BoxConfig, PollConfig
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.core.workflows.dashcam.send_report import SendPorts, SendReport
from camvault.core.workflows.dashcam.sending import send_clips
from camvault.ports.transfer import EvidenceKind

STAGING = PurePath("/staging")
FOLDERS = BoxFolders(STAGING)
MTIME_NS = 1_779_960_000_000_000_000
WHEN = "2025-07-17T12:00:00+00:00"


@attrs.define
class Box:
    """Everything in memory, on one `Calls`."""

    calls: Calls = attrs.field(factory=Calls)
    clock: MemoryClock = attrs.field(factory=MemoryClock)
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)
    config: BoxConfig = attrs.field(factory=BoxConfig)
    reason: str = ""
    chances: list[float] = attrs.field(factory=list)
    storage: MemoryStorage = attrs.field(init=False)
    transfer: MemoryTransfer = attrs.field(init=False)
    cancel: MemoryCancellation = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.storage = MemoryStorage(calls=self.calls)
        self.transfer = MemoryTransfer(self.storage, kind=EvidenceKind.REMOTE_HASH)
        self.cancel = MemoryCancellation(self.clock)
        self.storage.put_folder(FOLDERS.records)

    def retries(self, count: int) -> None:
        self.config = attrs.evolve(self.config, poll=PollConfig(upload_retries=count))

    def stage(self, name: str, content: bytes, *, is_recorded: bool = True) -> PurePosixPath:
        """Put a clip as it is copied from a card."""
        path = PurePosixPath(name)
        entry = self.storage.put(STAGING / path, content, mtime_ns=MTIME_NS)
        if is_recorded:
            line = LedgerEntry(path, entry.identity, sha256(content).hexdigest(), ProofKind.STAGED, WHEN, "")
            ClipRecords(FOLDERS, self.storage).add(line)
        return path

    def flip(self, path: PurePosixPath) -> None:
        """Another content of the same size, time, and number: a bit fell over."""
        self.storage.corrupt(STAGING / path)

    def send(self, stop: Callable[[], str] | None = None, *, may_begin: bool = False) -> SendReport:
        return send_clips(
            ports=SendPorts(
                storage=self.storage,
                transfer=self.transfer,
                clock=self.clock,
                reporter=self.reporter,
                cancel=self.cancel,
                chance=lambda: self.chances.pop(0) if self.chances else 0.5,
            ),
            folders=FOLDERS,
            config=self.config,
            stop=stop or (lambda: self.reason),
            may_begin=may_begin,
        )

    def staged(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(STAGING)): content
            for path, content in self.storage.files(STAGING).items()
            if not path.is_relative_to(FOLDERS.records)
        }

    def there(self) -> dict[str, bytes]:
        return {str(path): content for path, (content, _) in self.transfer.remote.items()}

    def kinds(self, path: PurePosixPath) -> list[ProofKind]:
        """What the ledger says of the clip, in its order."""
        return [entry.kind for entry in ClipRecords(FOLDERS, self.storage).life(path)]

    def said(self) -> str:
        return "\n".join(map(str, self.reporter.events))

    def pushes(self) -> list[tuple[object, ...]]:
        return [call.arguments for call in self.calls.log if call.operation == "transfer.push"]

    def restart(self) -> None:
        """A new process: nothing is asked to stop."""
        self.cancel = MemoryCancellation(self.clock)
        self.storage.restart()
