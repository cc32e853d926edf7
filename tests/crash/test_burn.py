"""burn_iso, cut off everywhere."""

from pathlib import PurePath

import attrs
import pytest

from camvault.adapters.memory import Calls, MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage
from camvault.adapters.memory.burner import MemoryBurner, MemoryDisc, MemoryDrives
from camvault.adapters.memory.calls import Call
from camvault.adapters.memory.explorer import explore, io_error
from camvault.core.workflows.bodycam.burn import BurnRequest, BurnSucceeded, burn_image
from camvault.ports.errors import BurnError, CamvaultError, DriveError, MediumError
from camvault.ports.medium import MediumState
from tests.bodycam.burn.helpers import NoMap

pytestmark = pytest.mark.no_cover  # thousands of runs of the same lines, three times as fast

IMAGE = PurePath("/v/images/1.iso")
CONTENT = bytes(range(256)) * 8 * 32 * 3


@attrs.define
class World:
    """An image, and a drive with a blank disc that survives every crash."""

    storage: MemoryStorage
    drives: MemoryDrives
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)

    def run(self) -> None:
        burn_image(
            BurnRequest(image=IMAGE, device=self.drives.device),
            storage=self.storage,
            drives=self.drives,
            burner=MemoryBurner(self.drives),
            image_map=NoMap(),
            clock=MemoryClock(),
            reporter=self.reporter,
            cancel=self.cancel,
        )

    def restart(self) -> None:
        self.storage.restart()
        self.cancel = MemoryCancellation()

    @property
    def disc(self) -> MemoryDisc:
        assert self.drives.disc is not None
        return self.drives.disc

    @property
    def is_told_only_if_true(self) -> bool:
        is_told = any(isinstance(event, BurnSucceeded) for event in self.reporter.events)
        return not is_told or (self.disc.state is MediumState.CLOSED and bytes(self.disc.content) == CONTENT)


def make_world(calls: Calls) -> World:
    storage = MemoryStorage(calls=calls)
    storage.put(IMAGE, CONTENT)
    return World(storage, MemoryDrives(lambda _: CONTENT, calls=calls))


def drive_error(call: Call) -> CamvaultError | None:
    """What a drive that hangs says."""
    if call.operation == "burner.burn":
        return BurnError("/dev/sr0", "it hangs", is_spoiled=False)
    return DriveError("/dev/sr0", "it hangs") if call.operation.startswith("drives.") else None


def refuses_the_begun_disc(world: World, error: CamvaultError) -> bool:
    """The disc is not blank any more, and that is what is said."""
    return isinstance(error, MediumError) and world.disc.state is not MediumState.BLANK


def test_cut_off_everywhere() -> None:
    """A burn that was cut off never reports success, and the next run burns a blank disc or refuses a begun one."""
    found = explore(
        make_world,
        World.run,
        snapshot=lambda world: (world.storage.files(), bytes(world.disc.content), world.disc.state),
        invariants={
            "success is told only of a disc that holds the image": lambda world: world.is_told_only_if_true,
            "the image stays": lambda world: world.storage.files() == {IMAGE: CONTENT},
            "nothing is written over": lambda world: len(world.disc.content) <= len(CONTENT),
        },
        restart=World.restart,
        stop=lambda world: world.cancel.request(),
        errors=(io_error, drive_error),
        may_refuse=refuses_the_begun_disc,
    )
    assert found.cut_count > 15
