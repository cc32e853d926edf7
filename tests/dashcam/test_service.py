"""The service in memory and virtual time: the scenarios, each command failing in turn, and random worlds.

A world notes what must never happen: above all, that a port is cut off while its card is mounted (INV-40).
"""

from collections import Counter
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camvault.adapters.memory import MemoryCancellation
from camvault.core.dashcam.configuration import BoxConfig, CardConfig, LevelsConfig, PollConfig
from camvault.core.power.states import OBEYS_S
from camvault.core.power.table import Command
from camvault.core.workflows.dashcam.actions import ActionTaken
from camvault.core.workflows.dashcam.rehearsing import rehearsed
from camvault.core.workflows.dashcam.unfinished import UnfinishedRoundError
from camvault.ports.battery import PowerRegisters
from camvault.ports.camera_card import CardError, CardLostError, MountedCard
from camvault.ports.errors import (
    BusyError,
    CamvaultError,
    Cancelled,
    MissingToolError,
    StorageError,
    ToolError,
    UsageError,
)
from camvault.ports.usb import UsbPortError
from tests.dashcam.world import CRITICAL, DEAD, FULL, HALF, LOW, STAGING, SendEnd, World, WorldOffload

START = ["port_off", "power_on"]
OFFLOAD = ["data_on", "mount", "copy", "unmount"]
SENDING = ["upload", "verify", "remove_staged"]
UNKNOWN = PowerRegisters(words=("VBAT: the board does not answer",))


def battery(vbat_mv: int) -> PowerRegisters:
    return PowerRegisters(vbat_mv=vbat_mv, vin_mv=0, vin_threshold_mv=4498)


def mains(vbat_mv: int | None = FULL) -> PowerRegisters:
    return PowerRegisters(vbat_mv=vbat_mv, vin_mv=5100, vin_threshold_mv=4498)


def config(**camera: Any) -> BoxConfig:
    return BoxConfig(camera=CardConfig(**camera))


def at_home(**further: Any) -> World:
    return World(is_server_reached=True, card=[1, 2, 3], **further)


# --- scenarios -------------------------------------------------------------------------------------------------------


def test_a_without_the_server_the_camera_records_and_is_commanded_once() -> None:
    world = World(card=[1, 2, 3])
    world.run(seconds=3600)
    assert world.actions == START
    assert world.is_recording
    assert (world.card, world.violations) == ([1, 2, 3], [])


def test_b_at_the_server_clips_are_copied_and_sent_and_the_camera_records_again() -> None:
    world = at_home()
    world.run()
    assert world.actions == ["port_off", *OFFLOAD, "port_off", *SENDING, "power_on"]
    assert (world.card, world.staged, world.proven) == ([], [], [1, 2, 3])
    assert world.is_recording
    assert world.violations == []


def test_b_with_after_copy_recording_the_camera_records_while_clips_are_sent() -> None:
    world = at_home(config=config(after_copy="recording"))
    seen: list[bool] = []
    world.clock.after(200, lambda: seen.append(world.is_moving == "send" and world.is_recording))
    world.clip_s = 60
    world.clock.after(290, lambda: seen.append(world.is_moving == "send" and world.is_recording))
    world.run()
    assert world.actions == ["port_off", *OFFLOAD, "port_off", "power_on", *SENDING]
    assert any(seen)


def test_b_a_staging_that_is_too_small_is_filled_and_emptied_until_all_is_proven() -> None:
    world = World(is_server_reached=True, card=list(range(100)), room=3)
    world.run()
    assert world.proven == list(range(100))
    assert world.is_recording
    assert world.violations == []


def test_b_a_staging_that_nothing_leaves_does_not_end_copying_for_ever() -> None:
    """A spoiled clip stays in it, and somebody makes room, or the next clips are smaller."""
    world = World(
        is_server_reached=True, staged=[7], card=[1, 2], room=1, refusal_of_server="it is not what was copied"
    )
    world.clock.after(3000, lambda: setattr(world, "room", 3))
    world.run(seconds=4500)
    assert world.staged == [7, 1, 2]
    assert world.actions.count("copy") == 5
    assert world.is_recording
    assert world.violations == []


def test_b_a_proven_clip_that_cannot_be_removed_is_not_sent_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(is_server_reached=True, staged=[7])

    def send(_: WorldOffload, **__: Any) -> SendEnd:
        world.call("send")
        world.clock.sleep(1, cancel=world.cancel)
        return SendEnd(proven_count=1, waiting_count=1, problems=("it cannot be removed",), is_whole=False)

    monkeypatch.setattr(WorldOffload, "send", send)
    world.run(seconds=1800)
    assert sum(name == "send" for _, name in world.calls) in range(1, 4)
    assert world.is_recording


def test_b_clips_of_an_earlier_run_are_sent_first_if_the_camera_is_not_there() -> None:
    world = World(is_server_reached=True, staged=[7], is_plugged_in=False)
    with pytest.raises(UnfinishedRoundError, match="no camera is seen"):
        world.run()
    assert world.proven == [7]


def test_b_when_all_is_proven_the_camera_is_left_alone_for_recheck_minutes() -> None:
    world = at_home()
    world.run(seconds=16 * 60)
    assert world.actions.count("copy") == 1
    world = at_home()
    world.run(seconds=20 * 60)
    assert world.actions.count("copy") == 2


def test_c_below_disconnect_the_camera_is_off_and_stays_off() -> None:
    world = at_home(registers=battery(LOW))
    world.run(seconds=3600)
    assert world.actions == ["port_off"]
    assert not world.is_powered


def test_c_below_shutdown_the_camera_is_off_and_the_machine_is_told_once() -> None:
    world = World(registers=battery(DEAD), card=[1])
    world.run(seconds=600)
    assert world.actions == ["port_off", "shutdown"]
    assert len(world.host.reasons) == 1
    assert world.violations == []


def test_c_a_battery_that_runs_down_while_clips_are_copied_ends_the_copy_cleanly() -> None:
    world = World(is_server_reached=True, card=list(range(100)), registers=battery(HALF))
    world.clock.after(300, lambda: setattr(world, "registers", battery(LOW)))
    world.clock.after(2000, lambda: setattr(world, "registers", battery(DEAD)))
    world.run(seconds=2500)
    assert world.actions == ["port_off", *OFFLOAD, "port_off", "shutdown"]
    assert len(world.staged) + len(world.card) == 100
    assert world.staged
    assert world.violations == []


def test_c_a_charger_that_is_too_weak_for_the_camera_is_told_once_and_left_alone_for_longer_and_longer() -> None:
    world = World(registers=mains(LOW), is_charger_weak=True, is_powered=False)
    world.run(seconds=6 * 3600)
    assert 5 <= world.actions.count("power_on") <= 10
    assert world.told("ERROR the external power does not carry the camera: external power, lost 3 times in a row") == 1
    assert world.violations == []
    world = World(registers=mains(LOW), is_charger_weak=True, is_powered=False)
    world.clock.after(3600, lambda: setattr(world, "is_charger_weak", False))
    world.run(seconds=3 * 3600)
    assert world.is_recording
    assert world.ended == 1


def test_power_that_returns_before_the_shutdown_takes_it_back() -> None:
    world = World(registers=battery(DEAD))
    world.clock.after(5, lambda: setattr(world, "registers", mains()))
    world.run(seconds=600)
    assert world.actions == START
    assert world.host.reasons == []


def test_a_voltage_that_falls_as_soon_as_the_camera_has_power_ends_the_offload_before_the_copy() -> None:
    world = at_home(registers=battery(HALF), sag_mv=60, is_powered=False)
    with pytest.raises(UnfinishedRoundError):
        world.run()
    assert world.actions == ["port_off", "data_on", "mount", "unmount", "port_off"]
    assert world.violations == []


def test_a_server_that_goes_away_ends_the_copy_and_the_camera_records() -> None:
    world = World(is_server_reached=True, card=list(range(100)), registers=mains())
    world.clock.after(300, lambda: setattr(world, "is_server_reached", False))
    world.run(seconds=600)
    assert world.actions == ["port_off", *OFFLOAD, *START]
    assert world.is_recording


@pytest.mark.parametrize("after_copy", ["recording", "powered_off"])
def test_a_look_that_misses_the_server_once_ends_neither_a_copy_nor_an_upload(after_copy: str) -> None:
    """INV-35: whichever it is; the camera is not switched back for it, and no transfer is killed."""

    def lived(missed: int | None) -> World:
        world = at_home(config=config(after_copy=after_copy), registers=mains(), clip_s=35)
        world.missed = set() if missed is None else {missed}
        world.run()
        return world

    whole = lived(None)
    assert whole.count("reach") > 8
    for missed in range(1, whole.count("reach") - 1):
        world = lived(missed)
        assert world.actions == whole.actions
        assert (world.proven, world.violations) == ([1, 2, 3], [])


def test_two_looks_in_a_row_that_miss_the_server_end_a_copy() -> None:
    world = at_home(registers=mains(), clip_s=35, missed={2, 3})
    world.run(seconds=600)
    assert world.actions == ["port_off", *OFFLOAD, *START, *OFFLOAD, "port_off", *SENDING, "power_on"]
    assert (world.told("not reached"), world.told("; one such look ends nothing")) == (2, 1)


def test_a_server_that_is_gone_when_the_copy_ends_gets_no_upload_and_the_camera_records() -> None:
    world = at_home(registers=mains(), clip_s=35)
    world.clock.after(100, lambda: setattr(world, "is_server_reached", False))
    world.run(seconds=400)
    assert world.actions == ["port_off", *OFFLOAD, *START]
    assert (world.staged, world.is_recording) == ([1, 2, 3], True)


# --- the power is not known ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "registers",
    [
        UNKNOWN,
        PowerRegisters(vbat_mv=41_981, vin_mv=41_981, vin_threshold_mv=4498),
        PowerRegisters(vbat_mv=None, vin_mv=0, vin_threshold_mv=4498),
        PowerRegisters(vbat_mv=4_197_813, vin_mv=None, vin_threshold_mv=4498),
    ],
)
def test_what_is_not_known_switches_nothing_and_is_told_once(registers: PowerRegisters) -> None:
    world = at_home(registers=registers)
    world.run(seconds=3600)
    assert world.actions == []
    assert world.host.reasons == []
    assert world.told("nothing is switched") == 1


def test_one_round_in_which_the_power_is_not_known_is_not_finished() -> None:
    with pytest.raises(UnfinishedRoundError, match="The power is not known"):
        at_home(registers=UNKNOWN).run()


def test_a_register_that_is_not_believed_does_not_hold_up_what_the_others_allow() -> None:
    world = at_home(registers=mains(41_981))
    world.run()
    assert world.proven == [1, 2, 3]
    assert world.told("WARNING Not all of the power is known: VBAT: found 41981 mV") == 1


def test_a_bus_that_is_disturbed_every_other_look_is_one_incident() -> None:
    world = World(registers=battery(HALF))
    for number in range(101):
        found = UNKNOWN if number % 2 else battery(HALF)
        world.clock.after(30 * number + 60, lambda found=found: setattr(world, "registers", found))  # type: ignore[misc]
    world.run(seconds=3600)
    assert world.told("nothing is switched") == 1
    assert world.ended == 1
    assert world.actions == START


def test_power_that_is_not_known_any_more_ends_a_copy_and_switches_nothing() -> None:
    world = World(is_server_reached=True, card=list(range(100)), registers=mains())
    world.clock.after(300, lambda: setattr(world, "registers", UNKNOWN))
    seen: list[bool] = []
    world.clock.after(590, lambda: seen.append(world.is_mounted or not world.is_data_on))
    world.run(seconds=600)
    assert world.actions == ["port_off", *OFFLOAD, "power_on"]
    assert seen == [False]
    assert world.violations == []


def test_a_battery_whose_tool_is_gone_is_not_known() -> None:
    world = World(registers=battery(HALF))
    missing = MissingToolError("lifepo4wered-cli", "installed, and on PATH")
    world.clock.after(100, lambda: world.faults.update(registers=missing))
    world.run(seconds=600)
    assert world.actions == START
    assert world.told("Required tool not found: lifepo4wered-cli") == 1


# --- each command failing in turn ------------------------------------------------------------------------------------


FAULTS: dict[str, CamvaultError] = {
    "power_off": UsbPortError("1-1 port 1", "it still has power"),
    "power_on": UsbPortError("1-1 port 1", "it still has no power"),
    "data_on": UsbPortError("1-1 port 1", "the device is not there"),
    "data_off": UsbPortError("1-1 port 1", "authorized is still 1"),
    "find": CardError("1-1 port 1", "two disks"),
    "mount": CardError("/mnt/cam", "wrong fs type"),
    "copy": CardLostError("/mnt/cam", "gone"),
    "send": ToolError("rsync", 255, ("Host key verification failed.",)),
    "unmount": CardError("/mnt/cam", "target is busy"),
    "shutdown": ToolError("shutdown", 1, ("no",)),
    "count": StorageError(PurePath("/staging")),
    "state": MissingToolError("uhubctl", "installed"),
    "reach": ToolError("ssh", 1, ("no",)),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("registers", [mains(), battery(HALF), battery(LOW), battery(DEAD)])
def test_whatever_fails_all_the_time_nothing_is_cut_lost_or_repeated_without_end(
    name: str, registers: PowerRegisters
) -> None:
    world = at_home(registers=registers, faults={name: FAULTS[name]}, staged=[9])
    world.run(seconds=7200)
    assert world.violations == []
    assert sorted(world.card + world.staged + world.proven) == [1, 2, 3, 9]
    assert len(world.actions) < 100
    errors = Counter(line for line in world.reporter.lines() if line.startswith("ERROR"))
    assert max(errors.values(), default=0) <= 3  # by as many commands


@pytest.mark.parametrize("name", ["data_on", "find", "mount", "copy", "send"])
def test_while_an_offload_fails_the_camera_records(name: str) -> None:
    world = at_home(registers=mains(), faults={name: FAULTS[name]}, staged=[9])
    recording_s = 0
    for second in range(600, 7200):
        world.clock.after(second, lambda: count.update([world.is_recording]))
    count: Counter[bool] = Counter()
    world.run(seconds=7200)
    recording_s = count[True]
    assert recording_s > 0.8 * 6600
    assert world.is_recording


@pytest.mark.parametrize("name", [*FAULTS])
def test_what_failed_once_is_made_good_later(name: str) -> None:
    world = at_home(registers=mains(), faults={name: FAULTS[name]})
    world.clock.after(700, world.faults.clear)
    world.run(seconds=7200)
    assert (world.proven, world.violations) == ([1, 2, 3], [])
    assert world.is_recording


@pytest.mark.parametrize("name", ["power_off", "find", "mount", "copy", "send", "unmount", "power_on"])
def test_one_round_in_which_a_command_fails_is_not_finished(name: str) -> None:
    world = at_home(registers=mains(), faults={name: FAULTS[name]})
    with pytest.raises(UnfinishedRoundError):
        world.run()
    assert world.violations == []


def test_a_card_that_is_in_use_is_never_cut_off() -> None:
    world = at_home(registers=mains(), is_busy=True)
    world.clock.after(500, lambda: setattr(world, "registers", battery(LOW)))
    world.run(seconds=3600)
    assert world.is_powered
    assert world.is_mounted
    assert world.violations == []
    assert world.told("ERROR /mnt/cam: in use") == 1


def test_a_card_that_is_in_use_does_not_hold_a_shutdown_back() -> None:
    world = at_home(registers=mains(), is_busy=True)
    world.clock.after(500, lambda: setattr(world, "registers", battery(DEAD)))
    world.run(seconds=1000)
    assert len(world.host.reasons) == 1
    assert world.is_powered
    assert world.violations == []


def test_a_mount_of_the_system_that_outlives_the_power_of_the_port_is_told_once_and_the_camera_records() -> None:
    """INV-36: that it looks empty says nothing of the camera's clips."""
    world = at_home(config=config(path="/media/card"), registers=mains(), is_mount_left=True)
    world.run(seconds=3600)
    assert "copy" not in world.actions
    assert world.told("is dead: No such device; unmount it") == 1
    assert world.card == [1, 2, 3]
    assert world.is_recording


def test_a_camera_that_does_not_come_up_as_a_disk_is_reset_once_for_each_try() -> None:
    world = at_home(registers=mains(), faults={"find": FAULTS["find"]})
    world.run(seconds=600)
    assert world.actions == ["port_off", "data_on", "port_off", "data_on", *START]
    assert world.is_recording


def test_a_server_that_takes_nothing_is_told_once_an_incident_and_the_camera_records() -> None:
    world = at_home(registers=mains(), refusal_of_server="no space left")
    world.clock.after(2000, lambda: setattr(world, "refusal_of_server", ""))
    world.clock.after(6000, lambda: setattr(world, "refusal_of_server", "no space left"))
    world.clock.after(6000, lambda: world.staged.append(9))
    world.run(seconds=10_000)
    assert world.actions.count("upload") > 4
    assert world.told("ERROR no space left") == 2
    assert world.told("WARNING the server is slow") == 1
    assert world.proven == [1, 2, 3]
    assert world.is_recording


def test_a_clip_that_cannot_be_read_is_told_once_and_stops_no_other() -> None:
    world = at_home(registers=mains(), unreadable=("4.MP4 cannot be read: input/output error",))
    world.clock.after(2500, lambda: setattr(world, "unreadable", ()))
    world.run(seconds=6000)
    assert world.told("ERROR 4.MP4 cannot be read") == 1
    assert world.ended == 1
    assert world.proven == [1, 2, 3]


def test_one_round_with_a_clip_that_cannot_be_read_is_not_finished() -> None:
    world = at_home(registers=mains(), unreadable=("4.MP4 cannot be read: input/output error",))
    with pytest.raises(UnfinishedRoundError, match="cannot be read"):
        world.run()
    assert world.proven == [1, 2, 3]


def test_the_power_is_looked_at_again_before_something_is_switched_on_after_a_wait() -> None:
    world = World(registers=battery(HALF))
    world.clock.after(20, lambda: setattr(world, "registers", battery(LOW)))
    world.run(seconds=600)
    assert world.actions == ["port_off"]
    world = World(registers=battery(HALF))
    world.clock.after(20, lambda: setattr(world, "registers", UNKNOWN))
    world.run(seconds=600)
    assert world.actions == ["port_off", "power_on"]  # the last one at the end, to leave it as configured


def test_a_shutdown_that_is_refused_is_tried_again() -> None:
    world = World(registers=battery(DEAD), faults={"shutdown": FAULTS["shutdown"]})
    world.clock.after(300, world.faults.clear)
    world.run(seconds=1000)
    assert len(world.host.reasons) == 1
    assert world.told("cannot be shut down") == 1


def test_a_port_that_switches_itself_on_again_is_commanded_again_and_told() -> None:
    world = World(registers=battery(LOW))
    world.clock.after(100, lambda: setattr(world, "is_powered", True))
    world.run(seconds=600)
    assert world.actions == ["port_off", "port_off"]
    assert world.told("is not as it was commanded: port_off is commanded again") == 1
    assert not world.is_powered


def test_a_camera_that_is_plugged_in_later_records() -> None:
    world = World(is_plugged_in=False, registers=mains())

    def plug_in() -> None:
        world.is_plugged_in, world.is_data_on = True, True

    world.clock.after(300, plug_in)
    world.run(seconds=600)
    assert world.actions == ["port_off", "power_on", "power_on"]
    assert world.is_recording
    assert world.told("no camera is seen") == 1


def test_a_port_that_cannot_be_told_is_not_commanded_at_every_look() -> None:
    world = World(registers=mains())
    world.clock.after(100, lambda: world.faults.update(state=FAULTS["state"]))
    world.run(seconds=3600)
    assert world.actions == [*START, "power_on"]  # the last one at the end, to leave it as configured
    assert world.told("its power is not known") == 1


# --- once, dry, starting and ending ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        World,
        at_home,
        lambda: at_home(config=config(after_copy="recording")),
        lambda: at_home(config=config(path="/media/card")),
        lambda: World(is_server_reached=True, staged=[1], is_powered=False),
        lambda: at_home(registers=battery(LOW)),
        lambda: at_home(registers=battery(DEAD)),
        lambda: at_home(registers=UNKNOWN),
        lambda: World(leftovers=[MountedCard(folder=PurePath("/mnt/cam-1"), card=None, is_ours=True, device_number=1)]),
    ],
)
def test_a_dry_run_tells_the_commands_of_the_live_run_and_does_nothing(make: Callable[[], World]) -> None:
    dry, live = make(), make()
    for world, is_dry in ((dry, True), (live, False)):
        try:
            world.run(is_dry=is_dry)
        except UnfinishedRoundError:
            assert world.registers == UNKNOWN
    assert dry.actions == live.actions
    assert all(event.is_dry for event in dry.reporter.of(ActionTaken))
    reading = {"registers", "reach", "state", "refusal", "count"}
    assert {name for _, name in dry.calls} <= reading
    assert dry.storage.files() == {}
    assert dry.storage.tree.find(STAGING) is None


def test_a_dry_run_says_once_that_it_is_the_plan_of_one_batch() -> None:
    """What waits on the card is not known before it is mounted; a live run with a small staging takes turns."""
    dry, live = at_home(room=2), at_home(room=2)
    dry.run(seconds=3600, is_dry=True)
    live.run()
    assert dry.actions[:10] == ["port_off", *OFFLOAD, "port_off", *SENDING, "power_on"]
    assert live.actions.count("copy") == 2
    assert dry.told("this is the first batch alone; staging takes 100,000,000 bytes; of what is more") == 1
    assert not live.told("first batch")


def test_a_dry_run_does_not_need_to_know_the_room_in_staging() -> None:
    class Unknown(WorldOffload):
        def room_bytes(self) -> int:
            raise StorageError(STAGING, "input/output error")

    world = World()
    offload = rehearsed(attrs.evolve(world.ports(), offload=Unknown(world))).offload
    mounted = MountedCard(folder=PurePath("/mnt/cam"), card=None, is_ours=True, device_number=1)
    offload.copy(mounted, stop=str, on_plan=lambda _: None, reporter=world.reporter, cancel=world.cancel)
    assert world.told("how much staging takes is not known: /staging: input/output error") == 1


def test_a_card_of_a_dry_run_is_fine() -> None:
    card = rehearsed(World().ports()).card
    mounted = card.mount(card.find(within_s=1, cancel=MemoryCancellation()), cancel=MemoryCancellation())
    assert card.problem(mounted) == ""


def test_a_dry_run_does_not_wait_for_a_camera_that_is_not_switched() -> None:
    world = at_home()
    world.run(is_dry=True)
    assert world.clock.elapsed_s < 10


def test_a_dry_daemon_looks_on_and_ends_when_it_is_told_to() -> None:
    world = at_home()
    world.run(seconds=600, is_dry=True)
    assert world.actions[:5] == ["port_off", *OFFLOAD]
    assert world.clock.elapsed_s < 620


def test_a_port_that_may_not_be_switched_is_a_wrong_configuration() -> None:
    world = World(refusal="it carries eth0")
    with pytest.raises(UsageError, match=r"1-1 port 1: it carries eth0"):
        world.run()
    assert world.actions == []


def test_a_second_instance_is_refused_and_switches_nothing() -> None:
    world = World()
    world.storage.put_folder(STAGING / ".camvault")
    with world.storage.lock(STAGING / ".camvault" / "lock"), pytest.raises(BusyError):
        world.run()
    assert world.calls == []


def test_a_port_that_another_box_has_is_refused_and_nothing_is_switched() -> None:
    world = World(port_lock=PurePath("/sys/1-1-port1"))
    world.storage.put_folder(PurePath("/sys/1-1-port1"))
    with world.storage.lock(PurePath("/sys/1-1-port1")), pytest.raises(BusyError, match="1-1-port1"):
        world.run()
    assert world.calls == []
    world.run()
    assert world.actions == START


@pytest.mark.parametrize("is_powered", [True, False])
def test_another_device_in_the_port_is_told_once_and_its_data_is_never_switched(is_powered: bool) -> None:
    world = at_home(config=config(vendor="2CA3", product="001f"), ids=("0781", "5567"), is_powered=is_powered)
    world.run(seconds=3600)
    told = "1-1 port 1: another device is in it: 0781:5567, expected 2ca3:001f"
    assert world.told(f"ERROR USB port {told}; its data is not switched") == 1
    assert world.is_data_on
    assert (world.card, world.violations) == ([1, 2, 3], [])
    assert world.actions.count("power_on") < 5
    assert world.actions.count("mount") == 0
    world = at_home(config=config(vendor="2CA3"), ids=("0781", "5567"), is_powered=is_powered)
    world.clock.after(1800, lambda: setattr(world, "ids", ("2ca3", "001f")))
    world.run(seconds=7200)
    assert world.proven == [1, 2, 3]
    assert world.is_recording


def test_a_card_that_an_earlier_run_left_mounted_is_unmounted_before_the_port_is_switched() -> None:
    left = MountedCard(folder=PurePath("/mnt/cam-1"), card=None, is_ours=True, device_number=1)
    world = World(leftovers=[left])
    world.run()
    assert world.actions == ["unmount", *START]
    assert world.violations == []


def test_a_card_that_an_earlier_run_left_mounted_and_that_is_in_use_is_not_cut_off() -> None:
    left = MountedCard(folder=PurePath("/mnt/cam-1"), card=None, is_ours=True, device_number=1)
    world = at_home(leftovers=[left], is_busy=True, staged=[9])
    world.run(seconds=600)
    assert world.violations == []
    assert set(world.actions) == {"unmount", *SENDING}
    assert world.proven == [9]


@pytest.mark.parametrize("on_exit", ["recording", "powered_off"])
@pytest.mark.parametrize("second", [5, 35, 45, 80, 115, 128, 150, 200, 400])
def test_a_service_that_is_told_to_end_unmounts_and_leaves_the_camera_as_configured(on_exit: str, second: int) -> None:
    world = at_home(config=config(on_exit=on_exit), registers=mains())
    world.run(seconds=second)
    assert not world.is_mounted
    assert world.is_powered is (on_exit == "recording")
    assert world.is_recording is (on_exit == "recording")
    assert world.clock.elapsed_s - second < 20
    assert world.violations == []
    assert world.supervision.said[-1] == "stopping"


READING = ["refusal", "registers", "reach", "state"]
CHANGING = ["power_off", "power_on", "data_off", "find", "mount", "copy", "send"]


@pytest.mark.parametrize("name", [*READING, *CHANGING])
def test_a_stop_in_any_call_ends_it_cleanly(name: str) -> None:
    world = at_home(registers=mains(), stops={name})
    world.run(seconds=600)
    assert not world.stops
    assert not world.is_mounted
    assert world.violations == []
    assert world.is_recording or name in READING
    assert world.told("ERROR") == 0


def test_a_card_that_is_in_use_when_the_battery_is_low_is_told_and_stays_on() -> None:
    world = World(is_server_reached=True, card=list(range(100)), registers=battery(HALF))

    def happen() -> None:
        world.registers, world.is_busy = battery(LOW), True

    world.clock.after(300, happen)
    world.run(seconds=1200)
    assert world.is_powered
    assert world.violations == []
    assert world.told("ERROR /mnt/cam: in use") == 1


def test_a_camera_that_is_off_because_of_the_battery_stays_off_at_the_end() -> None:
    world = World(registers=battery(LOW), config=config(on_exit="recording"))
    world.run(seconds=600)
    assert not world.is_powered


def test_one_round_that_is_told_to_end_says_so() -> None:
    world = at_home(registers=mains())
    world.clock.after(80, world.cancel.request)
    with pytest.raises(Cancelled):
        world.run()
    assert not world.is_mounted
    assert world.is_recording


def test_a_fault_of_the_program_leaves_the_camera_as_configured() -> None:
    world = at_home(registers=mains())

    def burst() -> None:
        raise ZeroDivisionError

    world.clock.after(80, burst)
    with pytest.raises(ZeroDivisionError):
        world.run(seconds=600)
    assert not world.is_mounted
    assert world.is_recording


def test_a_camera_that_is_not_left_as_configured_is_told() -> None:
    world = at_home(registers=mains())
    world.clock.after(80, lambda: world.faults.update(data_off=FAULTS["data_off"]))
    world.run(seconds=85)
    assert world.told("not left as configured") == 1


def test_what_is_known_of_the_port_is_told_at_the_start() -> None:
    world = World(port_proof="it was never proven")
    world.run()
    assert world.told("it was never proven") == 1


# --- what is remembered ----------------------------------------------------------------------------------------------


def again(world: World) -> World:
    """The same box, started again."""
    return World(config=world.config, storage=world.storage, clock=world.clock, host=world.host)


def test_a_shutdown_is_not_given_twice_in_one_boot() -> None:
    first = World(registers=battery(DEAD))
    first.run(seconds=300)
    second = again(first)
    second.registers = battery(DEAD)
    second.run(seconds=200)
    assert second.actions == []
    assert len(second.host.reasons) == 1


def test_after_a_boot_on_a_low_battery_nothing_is_switched_on_until_it_is_recovered() -> None:
    first = World(registers=battery(LOW))
    first.run(seconds=600)
    second = again(first)
    second.host.boot, second.registers = "another", battery(3350)
    second.run(seconds=600)
    assert second.actions == ["port_off"]
    third = again(second)
    third.registers = battery(FULL)
    third.run(seconds=600)
    assert third.actions == START


@pytest.mark.parametrize("content", ["", "{", '{"version": 99}'])
def test_what_cannot_be_read_counts_as_a_battery_that_was_low(content: str) -> None:
    world = World(registers=battery(3350))
    world.storage.put(STAGING / ".camvault" / "power.json", content)
    world.run(seconds=600)
    assert world.actions == ["port_off"]


def test_the_reason_of_a_shutdown_is_on_disk_before_it_is_given() -> None:
    world = World(registers=battery(DEAD), faults={"shutdown": FAULTS["shutdown"]})
    world.run(seconds=30)
    assert b"battery below shutdown" in world.storage.content(STAGING / ".camvault" / "shutdown.json")


def test_records_that_cannot_be_written_stop_nothing() -> None:
    world = at_home(registers=mains())
    world.storage.calls.fail("storage.write_text", StorageError(STAGING, "read-only"))
    world.run(seconds=600)
    assert world.proven == [1, 2, 3]
    assert world.told("cannot be written") == 1


def test_a_record_is_written_when_it_changes_and_not_at_every_look() -> None:
    world = World(registers=mains())
    world.run(seconds=3600)
    written = [call for call in world.storage.calls.log if call.operation == "storage.write_text"]
    assert len(written) < 5


# --- random worlds ---------------------------------------------------------------------------------------------------

GARBAGE = PowerRegisters(vbat_mv=41_981, vin_mv=-1, vin_threshold_mv=4498)
BATTERIES = tuple(map(battery, (FULL, HALF, LOW, CRITICAL, DEAD)))
POWER = st.sampled_from((mains(), mains(None), *BATTERIES, UNKNOWN, GARBAGE))
CHANGES = st.one_of(
    st.tuples(st.just("registers"), POWER),
    st.tuples(st.just("is_server_reached"), st.booleans()),
    st.tuples(st.just("is_plugged_in"), st.booleans()),
    st.tuples(st.just("is_busy"), st.booleans()),
    st.tuples(st.just("is_powered"), st.just(True)),
    st.tuples(st.just("sag_mv"), st.sampled_from([0, 30, 120])),
    st.tuples(st.just("card"), st.lists(st.integers(100, 199), max_size=5)),
    st.tuples(st.just("fault"), st.sampled_from(sorted(FAULTS))),
    st.tuples(st.just("no fault"), st.none()),
)


def happen(world: World, name: str, value: Any) -> None:
    if name == "fault":
        world.faults[value] = FAULTS[value]
    elif name == "no fault":
        world.faults.clear()
    elif name == "card":
        world.card.extend(value)
    elif name == "is_plugged_in" and not value and world.is_mounted:
        pass  # a device that is gone is no violation of ours, and tested above
    else:
        setattr(world, name, value)


BOXES = st.builds(
    lambda after_copy, on_exit, dwell_s, recheck: BoxConfig(
        camera=CardConfig(after_copy=after_copy, on_exit=on_exit),
        thresholds=LevelsConfig(dwell_seconds=dwell_s),
        poll=PollConfig(recheck_minutes=recheck),
    ),
    st.sampled_from(["recording", "powered_off"]),
    st.sampled_from(["recording", "powered_off"]),
    st.sampled_from([0, 45]),
    st.sampled_from([0, 15]),
)


@settings(max_examples=60, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 3600), CHANGES), max_size=25), end_s=st.integers(1, 3600), box=BOXES)
def test_in_a_random_world_nothing_is_cut_off_or_shut_down_wrongly_and_nothing_turns_in_circles(
    changes: list[tuple[int, tuple[str, Any]]], end_s: int, box: BoxConfig
) -> None:
    """INV-32, INV-34, INV-35, INV-40, INV-41 and INV-42, whatever happens."""
    world = World(config=box, card=[1, 2, 3], registers=battery(HALF))
    for at_s, (name, value) in changes:
        world.clock.after(at_s, lambda name=name, value=value: happen(world, name, value))  # type: ignore[misc]
    world.run(seconds=end_s)
    assert world.violations == []
    assert not world.is_moving
    assert not world.is_mounted or world.is_busy or "unmount" in world.faults
    assert world.clock.elapsed_s - end_s < 21
    per_minute = Counter(int(at_s // 60) for at_s, name in world.calls if name not in {"registers", "reach", "count"})
    assert max(per_minute.values(), default=0) <= 60
    assert len(world.host.reasons) <= 1 + world.clock.elapsed_s // OBEYS_S
    assert {command.value for command in Command} - {"after_copy"} >= set(world.actions)
