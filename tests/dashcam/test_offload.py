"""The service with its real copy and upload, on the adapters in memory that keep the contracts of the real ones."""

from pathlib import PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters.jsonfile import JsonDocuments
from camvault.adapters.memory import MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage
from camvault.adapters.memory.battery import MemoryBattery
from camvault.adapters.memory.camera_card import MemoryCameraCard
from camvault.adapters.memory.footage import MemoryFootage
from camvault.adapters.memory.host import MemoryHost
from camvault.adapters.memory.reach import MemoryReach
from camvault.adapters.memory.sampler import MemorySampler
from camvault.adapters.memory.supervision import MemorySupervision
from camvault.adapters.memory.transfer import MemoryTransfer
from camvault.adapters.memory.usb import MemoryUsbPort
from camvault.core.dashcam.configuration import BoxConfig, CardConfig
from camvault.core.segments.ledger import ProofKind
from camvault.core.workflows.dashcam.actions import ActionTaken
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.offload import ClipOffload
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.core.workflows.dashcam.service import run_service
from camvault.core.workflows.dashcam.service_ports import ServiceOptions, ServicePorts
from camvault.core.workflows.dashcam.unfinished import UnfinishedRoundError
from camvault.ports.transfer import EvidenceKind

FOLDERS = BoxFolders(PurePath("/staging"))
START_NS, MINUTE_NS = 1_752_800_000 * 10**9, 60 * 10**9


@attrs.define
class Box:
    """All of a box in memory."""

    config: BoxConfig = attrs.field(factory=lambda: BoxConfig(camera=CardConfig(off_seconds=1)))
    clock: MemoryClock = attrs.field(factory=MemoryClock)
    storage: MemoryStorage = attrs.field(factory=MemoryStorage)
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)
    reach: MemoryReach = attrs.field(factory=MemoryReach)
    battery: MemoryBattery = attrs.field(factory=MemoryBattery)
    usb: MemoryUsbPort = attrs.field(init=False)
    card: MemoryCameraCard = attrs.field(init=False)
    transfer: MemoryTransfer = attrs.field(init=False)
    cancel: MemoryCancellation = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.usb = MemoryUsbPort(clock=self.clock, calls=self.storage.calls)
        self.card = MemoryCameraCard(self.storage, self.clock)
        self.transfer = MemoryTransfer(self.storage, kind=EvidenceKind.REMOTE_HASH)
        self.cancel = MemoryCancellation(self.clock)
        self.storage.mount(FOLDERS.staging, name="0:9")

    def record(self, count: int) -> list[PurePosixPath]:
        names = [PurePosixPath(f"Normal/{number:04}.MP4") for number in range(count)]
        for number, name in enumerate(names):
            self.card.put(name, b"clip %d" % number, mtime_ns=START_NS + number * MINUTE_NS)
        return names

    def final_cancel(self, seconds: float) -> MemoryCancellation:
        cancel = MemoryCancellation(self.clock)
        self.clock.after(seconds, cancel.request)
        return cancel

    def run(self, *, is_dry: bool = False) -> None:
        offload = ClipOffload(
            config=self.config,
            folders=FOLDERS,
            storage=self.storage,
            card=self.card,
            footage=MemoryFootage(self.storage),
            samples=MemorySampler(self.storage),
            transfer=self.transfer,
            clock=self.clock,
            chance=lambda: 0.5,
        )
        ports = ServicePorts(
            battery=self.battery,
            reach=self.reach,
            usb=self.usb,
            card=self.card,
            host=MemoryHost(),
            offload=offload,
            storage=self.storage,
            documents=JsonDocuments(self.storage),
            clock=self.clock,
            reporter=self.reporter,
            cancel=self.cancel,
            supervision=MemorySupervision(),
            final_cancel=self.final_cancel,
        )
        options = ServiceOptions(config=self.config, folders=FOLDERS, is_once=True, is_dry=is_dry)
        run_service(ports, options)

    @property
    def actions(self) -> list[str]:
        return [event.command.value for event in self.reporter.of(ActionTaken)]

    def kinds(self, name: PurePosixPath) -> list[ProofKind]:
        return [entry.kind for entry in ClipRecords(FOLDERS, self.storage).life(name)]


@pytest.fixture
def box() -> Box:
    return Box()


def test_clips_go_from_the_card_to_the_server_and_their_life_is_written_down(box: Box) -> None:
    names = box.record(40)
    box.run()
    assert set(names) <= set(box.transfer.remote)
    assert box.actions == [
        *("port_off", "data_on", "mount", "copy", "unmount"),
        *("port_off", "upload", "verify", "remove_staged", "power_on"),
    ]
    assert [*box.storage.files(FOLDERS.staging / "Normal")] == []
    assert box.kinds(names[0])[-2:] == [ProofKind.REMOTE_HASH, ProofKind.UNSTAGED]
    assert box.usb.is_powered
    assert not box.usb.is_data_on
    assert any("plan: Waiting: 40 clips on the card" in line for line in box.reporter.lines())


def test_a_second_round_sends_nothing_twice(box: Box) -> None:
    names = box.record(3)
    box.run()
    again = attrs.evolve(box, reporter=MemoryReporter())
    again.card, again.transfer = box.card, box.transfer
    again.run()
    assert "upload" not in again.actions
    assert not [path for path, _ in box.transfer.replaced]
    assert set(names) <= set(box.transfer.remote)


def test_a_clip_that_does_not_arrive_whole_stays_and_the_round_is_not_proven(box: Box) -> None:
    names = box.record(3)
    box.transfer.lies.add(names[1])
    with pytest.raises(UnfinishedRoundError):
        box.run()
    assert [path.name for path in box.storage.files(FOLDERS.staging / "Normal")] == [names[1].name]
    assert not box.usb.is_data_on
    assert box.usb.is_powered


def test_a_dry_run_before_anything_was_made_tells_the_same(box: Box) -> None:
    box.record(3)
    before = box.storage.files()
    box.run(is_dry=True)
    dry = box.actions
    assert box.storage.files() == before
    box.reporter.events.clear()
    box.run()
    assert box.actions == dry
