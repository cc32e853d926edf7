"""camera_service under systemd in the guest: the scenarios of a drive, each as a dry run foresees it."""

import subprocess
import time
from contextlib import suppress
from pathlib import PurePath

import pytest

from tests.dashcam.guest_box import LOG, LOGROTATE_FILE, STATE, GuestBox, actions, foreseen, words
from tests.rig.fixtures import Rig
from tests.rig.guest import GuestError

OFFLOAD = [
    "port_off",
    "data_on",
    "mount",
    "copy",
    "unmount",
    "port_off",
    "upload",
    "verify",
    "remove_staged",
    "power_on",
]


def does_as_planned(box: GuestBox) -> list[str]:
    """Start the service; it must do what a dry run says for this state, and nothing more."""
    plan = box.plan()
    box.start()
    assert foreseen(box.wait_until_told(len(plan))) == foreseen(plan), box.said()
    return words(plan)


def wait_until_off(box: GuestBox) -> None:
    """Wait until the machine has switched itself off."""
    deadline_s = time.monotonic() + 300
    with suppress(GuestError, OSError):
        while time.monotonic() < deadline_s:
            box.guest.monitor.command("query-status")
            time.sleep(0.5)
    assert time.monotonic() < deadline_s


def left_behind(rig: Rig) -> tuple[str, str]:
    """What is known of the disk of a box that is off, and its log."""
    disk = str(rig.machine.folder / "data.img")
    argv = (("dumpe2fs", "-h", disk), ("debugfs", "-R", f"cat {PurePath(LOG).relative_to(STATE)}", disk))
    state, log = (subprocess.run(each, check=True, capture_output=True, text=True).stdout for each in argv)
    return state, log.rpartition("Script started")[2]


def test_b_at_home_all_clips_come_to_the_server(box: GuestBox) -> None:
    box.camera.record(3, size_bytes=500_000)
    box.set_up()
    assert does_as_planned(box) == OFFLOAD
    assert box.home.digests() == box.camera.clips
    assert box.untrue() == []
    assert box.staged() == {}
    box.wait_until(box.is_recording)
    # the service goes on, and so does its log
    box.guest.check("logrotate", "--force", LOGROTATE_FILE)
    before = box.guest.check("cat", f"{LOG}.1")
    box.power({"VIN": 0, "VBAT": 3340})
    box.wait_until(box.is_off)
    assert words(box.told()) == [*OFFLOAD, "port_off"]
    assert "action=remove_staged" in before
    assert actions(box.guest.check("cat", LOG)) == ["port_off 1-1 port 2"]


@pytest.mark.nightly
def test_a_and_c_without_a_server_it_records_and_on_a_low_battery_it_is_off(box: GuestBox, rig: Rig) -> None:
    box.camera.record(3, size_bytes=500_000)
    box.set_up()
    box.network(is_up=False)
    assert does_as_planned(box) == ["port_off", "power_on"]
    box.wait_until(box.is_recording)
    box.stop()
    assert box.is_recording()
    box.network(is_up=True)
    box.power({"VIN": 0, "VBAT": 3340})  # below disconnect
    assert does_as_planned(box) == ["port_off"]
    box.wait_until(box.is_off)
    box.stop()
    box.power({"VIN": 0, "VBAT": 3200})  # below shutdown
    plan = box.plan()
    box.start()
    wait_until_off(box)
    state, log = left_behind(rig)
    assert foreseen(actions(log)) == foreseen(plan)
    assert words(plan) == ["port_off", "shutdown"]
    assert "Script exited" in log
    assert "needs_recovery" not in state
    assert box.home.digests() == {}


@pytest.mark.nightly
def test_c_a_battery_that_falls_in_the_middle_of_a_copy_ends_it_before_the_box_shuts_down(
    box: GuestBox, rig: Rig
) -> None:
    box.camera.record(12, size_bytes=1_000_000)
    box.set_up()
    box.power({"VIN": 0})
    box.read_at(1_000_000)
    box.start()
    box.wait_until(lambda: len(box.staged()) >= 2)
    box.power({"VBAT": 3150})
    wait_until_off(box)
    state, log = left_behind(rig)
    assert words(actions(log)) == ["port_off", "data_on", "mount", "copy", "unmount", "port_off", "shutdown"]
    assert "Script exited" in log
    assert "needs_recovery" not in state
