"""A box in memory with a camera's card: what visits to the card are tried on."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.adapters.memory import Calls, MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage
from camvault.adapters.memory.camera_card import MemoryCameraCard
from camvault.adapters.memory.footage import MemoryFootage
from camvault.adapters.memory.sampler import MemorySampler
from camvault.core.dashcam.configuration import BoxConfig, CardConfig, TransferConfig
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.dashcam.copy_ports import CopyPorts, CopyReport
from camvault.core.workflows.dashcam.copying import copy_clips
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.ports.camera_card import MountedCard

FOLDERS = BoxFolders(PurePath("/staging"))
START_NS = 1_752_800_000 * 10**9
"""Some hours before the clock in memory starts."""
SECOND_NS = 10**9


@attrs.define
class Box:
    """The staging, and a card with clips."""

    calls: Calls = attrs.field(factory=Calls)
    storage: MemoryStorage = attrs.field(init=False)
    card: MemoryCameraCard = attrs.field(init=False)
    clock: MemoryClock = attrs.field(factory=MemoryClock)
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)
    subdirs: list[str] = attrs.field(factory=list)
    order: str = "events-oldest"
    target: str = ""

    def __attrs_post_init__(self) -> None:
        self.storage = MemoryStorage(calls=self.calls)
        self.card = MemoryCameraCard(self.storage, self.clock)
        self.storage.mount(FOLDERS.staging, name="0:9")

    def record(self, path: str, content: bytes | str, *, at_s: int = 0) -> None:
        """Let the camera have recorded a clip."""
        self.card.put(path, content, mtime_ns=START_NS + at_s * SECOND_NS)

    def mounted(self) -> MountedCard:
        """The card, mounted."""
        return self.card.mount(self.card.find(within_s=1, cancel=self.cancel), cancel=self.cancel)

    @property
    def ports(self) -> CopyPorts:
        """All in memory."""
        return CopyPorts(
            storage=self.storage,
            card=self.card,
            footage=MemoryFootage(self.storage),
            samples=MemorySampler(self.storage),
            clock=self.clock,
            reporter=self.reporter,
            cancel=self.cancel,
            target=self.target,
        )

    @property
    def config(self) -> BoxConfig:
        """What is asked of the copy."""
        return BoxConfig(camera=CardConfig(copy_subdirs=self.subdirs), transfer=TransferConfig(order=self.order))

    def visit(self, stop: Callable[[], str] = lambda: "") -> CopyReport:
        """One visit to the card."""
        mounted = self.mounted()
        return copy_clips(mounted, ports=self.ports, folders=FOLDERS, config=self.config, stop=stop)

    def restart(self) -> None:
        """Switch the box on again."""
        self.cancel = MemoryCancellation(self.clock)
        self.storage.restart()
        self.card.restart()

    def staged(self) -> dict[str, bytes]:
        """What lies in the staging."""
        files = self.storage.files(FOLDERS.staging)
        return {
            str(path.relative_to(FOLDERS.staging)): content
            for path, content in files.items()
            if not path.is_relative_to(FOLDERS.records)
        }

    def life(self, path: str) -> Sequence[LedgerEntry]:
        """What is written down of a clip."""
        return ClipRecords(FOLDERS, self.storage).life(PurePosixPath(path))

    def kinds(self, path: str) -> list[ProofKind]:
        """The same, in short."""
        return [entry.kind for entry in self.life(path)]

    def prove(self, path: str, *, is_removed: bool = True) -> None:
        """Let a staged clip be sent, proven, and removed."""
        records = ClipRecords(FOLDERS, self.storage)
        clip = next(each for each in records.staged() if str(each.path) == path)
        assert clip.entry is not None
        line = attrs.evolve(clip.entry, kind=ProofKind.REMOTE_HASH, where="5f8d", note="pi@nas:/data")
        records.add(line)
        if is_removed:
            self.storage.tree.discard(FOLDERS.staging / path)
            records.add(attrs.evolve(line, kind=ProofKind.UNSTAGED))

    def untrue(self) -> list[str]:
        """Lines that say that a clip is staged which is not there as it was recorded, and files without any line."""
        records = ClipRecords(FOLDERS, self.storage)
        said = {str(clip.path): clip.sha256 for clip in records.staged()}
        found = {path: hashlib.sha256(content).hexdigest() for path, content in self.staged().items()}
        return [path for path, sha256 in said.items() if sha256 and found[path] != sha256]
