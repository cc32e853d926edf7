"""The battery is guarded whatever else is wrong: where the service cannot begin, and where nothing can be written."""

from collections.abc import Callable

import attrs
import pytest

from camvault.adapters.memory import MemoryCancellation
from camvault.core.power.remembered import SPARED_S
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.service import run_service
from camvault.core.workflows.dashcam.service_ports import ServiceOptions
from camvault.ports.battery import PowerRegisters
from camvault.ports.errors import BusyError, CamvaultError, MissingToolError, StorageError, UsageError
from tests.dashcam.world import DEAD, FULL, STAGING, World

UNKNOWN = PowerRegisters(words=("VBAT: the board does not answer",))


def battery(vbat_mv: int) -> PowerRegisters:
    return PowerRegisters(vbat_mv=vbat_mv, vin_mv=0, vin_threshold_mv=4498)


def mains() -> PowerRegisters:
    return PowerRegisters(vbat_mv=FULL, vin_mv=5100, vin_threshold_mv=4498)


def without_records(world: World) -> None:
    world.storage.put(STAGING, b"no folder")


def full(world: World) -> None:
    world.storage.put_folder(STAGING / ".camvault")
    world.storage.put(STAGING / ".camvault" / "lock", b"")
    world.storage.mount(STAGING, name="0:9", capacity_bytes=0)


def without_hub(world: World) -> None:
    world.refusal = "there is no USB hub at 1-1"


def begins_not(world: World, error: type[CamvaultError], *, is_dry: bool = False) -> None:
    with pytest.raises(error):
        world.run(seconds=600, is_dry=is_dry)


@pytest.mark.parametrize(("spoil", "error"), [(without_hub, UsageError), (without_records, StorageError)])
def test_a_service_that_cannot_begin_shuts_down_on_an_empty_battery(
    spoil: Callable[[World], None], error: type[CamvaultError]
) -> None:
    world = World(registers=battery(DEAD))
    world.clock.advance(SPARED_S)  # where nothing can be kept, the first minutes are spared
    spoil(world)
    begins_not(world, error)
    assert (world.actions, len(world.host.reasons), world.violations) == (["shutdown"], 1, [])
    registers = [at_s for at_s, name in world.calls if name == "registers"][-2:]
    assert registers[1] - registers[0] > 10


def test_so_it_does_without_what_sends() -> None:
    def missing() -> None:
        raise MissingToolError("rsync", "installed")

    world = World(registers=battery(DEAD))
    with pytest.raises(MissingToolError):
        run_service(
            attrs.evolve(world.ports(), check_tools=missing),
            ServiceOptions(config=world.config, folders=BoxFolders(STAGING)),
        )
    assert world.actions == ["shutdown"]


@pytest.mark.parametrize("registers", [battery(FULL), UNKNOWN, mains()])
def test_it_does_nothing_else_than_that(registers: PowerRegisters) -> None:
    world = World(registers=registers)
    without_hub(world)
    begins_not(world, UsageError)
    assert world.actions == []


def test_power_that_comes_back_meanwhile_counts() -> None:
    world = World(registers=battery(DEAD))
    without_hub(world)
    world.clock.after(5, lambda: setattr(world, "registers", mains()))
    begins_not(world, UsageError)
    assert world.actions == []


def test_a_dry_run_that_cannot_begin_guards_nothing() -> None:
    world = World(registers=battery(DEAD))
    without_hub(world)
    begins_not(world, UsageError, is_dry=True)
    assert world.actions == []


def test_beside_another_instance_nothing_is_looked_at() -> None:
    world = World(registers=battery(DEAD))
    world.storage.put_folder(STAGING / ".camvault")
    with world.storage.lock(STAGING / ".camvault" / "lock"):
        begins_not(world, BusyError)
    assert world.calls == []


def test_where_no_record_can_be_kept_each_start_of_the_machine_is_spared() -> None:
    world = World(registers=battery(DEAD))
    full(world)
    world.run(seconds=SPARED_S - 60)
    assert world.host.reasons == []
    assert world.told("A record cannot be written")
    world.cancel = MemoryCancellation(world.clock)
    world.run(seconds=120)  # the service starts again, the machine does not: it is not spared anew
    assert len(world.host.reasons) == 1
