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
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import (
    BusyError,
    CamvaultError,
    Cancelled,
    MissingToolError,
    StorageError,
    ToolError,
    UsageError,
)
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


# --- what must not stay so for ever ----------------------------------------------------------------------------------


def test_a_shutdown_that_did_nothing_is_given_again_and_told() -> None:
    world = World(registers=battery(DEAD))
    world.run(seconds=1500)
    assert world.actions == ["port_off", "shutdown", "shutdown", "shutdown"]
    assert world.told("The machine was told to shut down at 2025-07-18") == 2
    assert world.violations == []


def test_a_machine_that_goes_on_after_it_was_told_to_shut_down_records_once_there_is_power() -> None:
    world = World(registers=battery(DEAD))
    world.clock.after(60, lambda: setattr(world, "registers", mains()))
    seen: list[bool] = []
    world.clock.after(590, lambda: seen.append(world.is_powered))
    world.run(seconds=700)
    assert (seen, world.is_recording, world.violations) == ([False], True, [])


@pytest.mark.parametrize("second", [40, 75, 105, 150])
def test_a_board_that_does_not_answer_any_more_leaves_no_camera_off_or_a_disk(second: int) -> None:
    """In the wait before it records, in a copy, before and in an upload."""
    world = World(is_server_reached=second > 40, card=[1, 2, 3], registers=mains(), clip_s=20)
    world.clock.after(second if second > 40 else 2, lambda: setattr(world, "registers", UNKNOWN))
    seen: list[bool] = []
    world.clock.after(second + 290, lambda: seen.append(world.is_recording))
    world.clock.after(second + 390, lambda: seen.append(world.is_recording))
    world.run(seconds=second + 400)
    assert (seen, world.violations) == ([False, True], [])


def test_a_camera_that_starts_anew_by_itself_loses_its_power_before_it_records_again() -> None:
    world = World()
    world.clock.after(100, lambda: setattr(world, "is_data_on", True))
    world.run(seconds=300)
    assert world.actions == ["port_off", "power_on", "port_off", "power_on"]
    assert world.is_recording


def test_a_camera_that_comes_up_late_is_not_switched_off_for_that() -> None:
    world = World(is_plugged_in=False)
    world.clock.after(100, lambda: setattr(world, "is_plugged_in", True))
    world.run(seconds=300)
    assert world.actions == ["port_off", "power_on", "power_on"]
    assert world.is_recording


def test_at_the_end_the_card_is_unmounted_before_a_port_is_looked_at_that_hangs() -> None:
    world = World(is_server_reached=True, card=list(range(100)), registers=mains())
    world.clock.after(99, lambda: world.faults.update(state=Cancelled()))  # it hangs until the time is over
    world.run(seconds=100)
    assert world.told("not left as configured") == 1
    assert not world.is_mounted


def test_a_shutdown_that_hangs_is_not_followed_by_a_look_at_the_port() -> None:
    world = World(registers=battery(DEAD), faults={"shutdown": ToolError("shutdown", -15, ("it hangs",))})
    world.run(seconds=15)
    names = [name for _, name in world.calls]
    assert "shutdown" in names
    assert "state" not in names[names.index("shutdown") :]


def test_the_more_of_the_time_is_gone_the_less_is_left_for_the_camera() -> None:
    world, limits = World(registers=mains()), list[float]()

    class Hanging:
        """A board whose program is told to end, and takes its time."""

        def registers(self, *, cancel: Cancellation) -> PowerRegisters:
            if world.clock.elapsed_s < 60:
                return mains()
            world.cancel.request()
            assert cancel.is_requested
            world.clock.advance(10)
            raise Cancelled

    def final_cancel(seconds: float) -> MemoryCancellation:
        limits.append(seconds)
        return world.final_cancel(seconds)

    ports = attrs.evolve(world.ports(), battery=Hanging(), final_cancel=final_cancel)
    run_service(ports, ServiceOptions(config=world.config, folders=BoxFolders(STAGING)))
    assert limits == [7]
