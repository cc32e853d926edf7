"""FAT and exFAT, which cameras and sticks use: a real stick in the rig, whose power is cut right after each change."""

import hashlib
from pathlib import Path

import pytest

from tests.adapters.filesystem.fat_scene import CONTENT
from tests.rig.fixtures import IN_PROJECT
from tests.rig.guest import Guest

STICK = "/dev/disk/by-id/usb-QEMU_QEMU_HARDDISK_RIG0001-0:0"
CHANGES = ("copy", "publish", "write_text", "append_line", "refuse")


@pytest.mark.nightly
@pytest.mark.parametrize("kind", ["vfat", "exfat"])
def test_what_was_acknowledged_survives_a_power_cut(guest: Guest, kind: str) -> None:
    guest.shell("mkdir -p /mnt/stick /tmp/tests/adapters/filesystem")
    guest.put(Path(__file__).with_name("fat_scene.py").read_bytes(), "/tmp/tests/adapters/filesystem/fat_scene.py")
    environment, pythonpath, *python = IN_PROJECT
    wanted = hashlib.sha256(CONTENT).hexdigest()
    survived = {}
    for change in CHANGES:
        guest.check("uhubctl", "-l", "1-1", "-p", "2", "-a", "on")
        guest.wait_until(f"test -b {STICK}")
        guest.shell(f"umount -A {STICK} 2>/dev/null; wipefs -qa {STICK}; mkfs.{kind} {STICK} >/dev/null; sync")
        guest.shell(f"mount -t {kind} {STICK} /mnt/stick")
        scene = (
            environment,
            f"{pythonpath}:/tmp",
            *python,
            "tests.adapters.filesystem.fat_scene",
            change,
            "/mnt/stick",
        )
        assert guest.check(*scene) == "acknowledged\n"

        guest.wait_until(f"test ! -e {STICK}")
        guest.shell("umount -l /mnt/stick")
        guest.check("uhubctl", "-l", "1-1", "-p", "2", "-a", "on")
        guest.wait_until(f"test -b {STICK}")
        guest.shell(f"mount -t {kind} -o ro {STICK} /mnt/stick")
        survived[change] = guest.shell("sha256sum < /mnt/stick/file || true").split()[:1] == [
            wanted if change != "append_line" else hashlib.sha256(CONTENT[:-1] + b"\n").hexdigest()
        ]
        guest.shell("umount /mnt/stick")
    assert survived == dict.fromkeys(CHANGES, True)
