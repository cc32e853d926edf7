"""The rig itself: what the other tests of the guest stand on."""

from tests.rig.fixtures import GUEST_PROJECT
from tests.rig.guest import Guest


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
