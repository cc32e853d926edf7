"""FAT and exFAT, which cameras and sticks use: a real stick in the rig, whose power is cut without a sync."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.rig.fixtures import GUEST_PROJECT, IN_PROJECT
from tests.rig.guest import Guest

STICK = "/dev/disk/by-id/usb-QEMU_QEMU_HARDDISK_RIG0001-0:0"


@pytest.mark.parametrize("kind", ["vfat", "exfat"])
def test_what_was_acknowledged_survives_a_power_cut(guest: Guest, kind: str) -> None:
    guest.wait_until(f"test -b {STICK}")
    guest.shell(f"umount -A {STICK} 2>/dev/null; wipefs -qa {STICK}; mkfs.{kind} {STICK} >/dev/null")
    guest.shell(f"mkdir -p /mnt/stick && mount -t {kind} {STICK} /mnt/stick && mkdir -p /tmp/tests/filesystem")
    guest.put(Path(__file__).with_name("fat_scene.py").read_bytes(), "/tmp/tests/filesystem/fat_scene.py")
    environment, pythonpath, *python = IN_PROJECT
    scene = (environment, f"{pythonpath}:/tmp", *python, "tests.filesystem.fat_scene", "/mnt/stick")
    said = json.loads(guest.check(*scene))
    assert GUEST_PROJECT in pythonpath

    guest.check("uhubctl", "-l", "1-1", "-p", "2", "-a", "off")
    guest.wait_until(f"test ! -e {STICK}")
    guest.shell("umount -l /mnt/stick")
    guest.check("uhubctl", "-l", "1-1", "-p", "2", "-a", "on")
    guest.wait_until(f"test -b {STICK}")
    guest.shell(f"mount -t {kind} -o ro {STICK} /mnt/stick")

    assert said["refused"] == ["ExistsError", "NoSpaceError"]
    assert said["is_same"]
    assert said["names"] == ["copied.mp4", "encoded.mp4", "log", "progress.json"]
    assert said["texts"] == {"progress.json": "new", "log": "one\ntwo\n"}
    expected = {"copied.mp4": b"footage!" * 50_000, "encoded.mp4": b"encoded!" * 40_000}
    for name, content in expected.items():
        sha256 = hashlib.sha256(content).hexdigest()
        assert said["digests"][name] == sha256
        assert guest.check("sha256sum", f"/mnt/stick/{name}").split()[0] == sha256, f"{name} did not survive"
    assert guest.check("cat", "/mnt/stick/progress.json") == "new"
    assert guest.check("cat", "/mnt/stick/log") == "one\ntwo\n"
