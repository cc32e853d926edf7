"""The rig itself: what the other tests of the guest stand on."""

import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.rig.fixtures import GUEST_PROJECT, PROJECT, Rig
from tests.rig.guest import Guest

OWNER = """
import sys, time
from pathlib import Path
from tests.rig.machine import Machine

image, folder, saved = map(Path, sys.argv[1:])
with Machine(image=image, folder=folder).running(saved=saved):
    print("it runs", flush=True)
    time.sleep(600)
"""


def test_the_guest_runs_systemd_and_this_project(guest: Guest) -> None:
    assert guest.check("ps", "-p", "1", "-o", "comm=") == "systemd\n"
    assert "burner.py" in guest.check("ls", f"{GUEST_PROJECT}/ports/camvault/ports")


def test_each_test_begins_with_an_empty_writer_and_its_own_files(guest: Guest) -> None:
    assert "no media mounted" in guest.run("dvd+rw-mediainfo", "/dev/sr0").stderr
    guest.shell("test ! -e /root/left-behind && touch /root/left-behind")


def test_a_port_of_the_hub_can_be_switched_off_and_on(guest: Guest) -> None:
    stick = "/dev/disk/by-id/usb-QEMU_QEMU_HARDDISK_RIG0001-0:0"
    guest.wait_until(f"test -b {stick}")
    guest.check("uhubctl", "-l", "1-1", "-p", "2", "-a", "off")
    guest.wait_until(f"test ! -e {stick}")
    guest.check("uhubctl", "-l", "1-1", "-p", "2", "-a", "on")
    guest.wait_until(f"test -b {stick}")


def test_a_guest_dies_with_the_process_that_started_it(rig: Rig, tmp_path: Path) -> None:
    argv = (sys.executable, "-c", OWNER, rig.machine.image, tmp_path, rig.saved)
    with subprocess.Popen(argv, cwd=PROJECT, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"it runs\n"
        owner.kill()
    deadline_s = time.monotonic() + 30
    while answers(tmp_path / "monitor.sock"):
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


def answers(monitor: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return not probe.connect_ex(str(monitor))
