"""Disks of this machine behind a USB device: by their number, by their source, and below a mapper."""

import os
from pathlib import Path, PurePath

import pytest

from camvault.adapters._shared.disks_behind import MachineDisks
from camvault.adapters._shared.sysfs import Sysfs

NODE = "/dev/null"
"""Stands for the node of a disk: its number is 1:3."""
ROOT = "21 1 {device} / / rw,relatime shared:1 - {kind} {source} rw"
OTHER = "30 21 {device} / {point} rw,relatime - {kind} {source} rw"


class Machine:
    """A disk `sda` with a partition in the port, another one elsewhere, and lists of mounts and swaps."""

    def __init__(self, root: Path) -> None:
        self.root, self.sys = root, root / "sys"
        self.device = self.sys / "devices" / "usb1" / "1-1" / "1-1.2"
        self.disk = self.device / "host0" / "block" / "sda"
        self.elsewhere = self.sys / "devices" / "mmc" / "block" / "mmcblk0"
        for number, block in {"8:0": self.disk, "8:1": self.disk / "sda1", "179:2": self.elsewhere}.items():
            self.add(number, block)
        self.rows = [ROOT.format(device="179:2", kind="ext4", source="/dev/mmcblk0p2")]
        self.swaps: list[str] = []

    def add(self, number: str, block: Path, *, over: Path | None = None) -> Path:
        block.mkdir(parents=True, exist_ok=True)
        (self.sys / "dev" / "block").mkdir(parents=True, exist_ok=True)
        (self.sys / "dev" / "block" / number).symlink_to(block)
        if over is not None:
            (block / "slaves").mkdir()
            (block / "slaves" / over.name).symlink_to(over)
        return block

    def mount(self, point: str, *, device: str = "8:1", kind: str = "ext4", source: str = "/dev/none") -> None:
        self.rows.append(OTHER.format(point=point, device=device, kind=kind, source=source))

    def found(self, **disks: object) -> str:
        (self.root / "mountinfo").write_text("".join(f"{row}\n" for row in self.rows))
        (self.root / "swaps").write_text("".join(f"{row}\n" for row in ("Filename Type Size Used", *self.swaps)))
        lists = {"mountinfo": self.root / "mountinfo", "swaps": self.root / "swaps"}
        return MachineDisks(**{**lists, **disks}).behind(self.device, Sysfs(self.sys))  # type: ignore[arg-type]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_what_is_elsewhere_does_not_matter(machine: Machine) -> None:
    machine.mount("/data", device="179:2")
    machine.mount("/proc", device="0:5", kind="proc", source="proc")
    assert machine.found() == ""


def test_any_file_system_of_the_machine_speaks_against_it(machine: Machine) -> None:
    machine.mount("/data")
    assert machine.found() == "/data of this system is on it"


def test_the_card_of_the_camera_does_not(machine: Machine) -> None:
    machine.mount("/media/pi/DASHCAM", kind="vfat")
    machine.mount("/media/pi/CARD", kind="exfat")
    machine.mount("/mnt/cam-67EF9CED")
    machine.mount("/mnt/card")
    assert machine.found(card_base=PurePath("/mnt/cam"), card_path=PurePath("/mnt/card")) == ""


def test_fat_does_where_the_machine_needs_it(machine: Machine) -> None:
    machine.mount("/boot/firmware", kind="vfat")
    assert machine.found() == "/boot/firmware of this system is on it"
    machine.rows.pop()
    machine.mount("/srv/staging", kind="exfat")
    assert machine.found(needed=(PurePath("/srv/staging/clips"),)) == "/srv/staging of this system is on it"


def test_a_root_on_a_mapper_is_on_the_disk_below_it(machine: Machine) -> None:
    crypt = machine.add("253:0", machine.sys / "devices/virtual/block/dm-0", over=machine.disk / "sda1")
    machine.add("253:1", machine.sys / "devices/virtual/block/dm-1", over=crypt)
    machine.rows = [ROOT.format(device="253:1", kind="ext4", source="/dev/mapper/root")]
    assert machine.found() == "/ of this system is on it"


def test_a_partition_of_an_array_is_on_the_disks_of_the_array(machine: Machine) -> None:
    array = machine.add("9:0", machine.sys / "devices/virtual/block/md0", over=machine.disk)
    machine.add("259:0", array / "md0p1")
    machine.rows = [ROOT.format(device="259:0", kind="ext4", source="/dev/md0p1")]
    assert machine.found() == "/ of this system is on it"


def test_disks_in_a_circle_are_followed_to_an_end(machine: Machine) -> None:
    first = machine.add("253:0", machine.sys / "devices/virtual/block/dm-0")
    second = machine.add("253:1", machine.sys / "devices/virtual/block/dm-1", over=first)
    (first / "slaves").mkdir()
    (first / "slaves" / "dm-1").symlink_to(second)
    machine.mount("/data", device="253:0")
    assert machine.found() == ""


def test_btrfs_is_known_by_its_source(machine: Machine) -> None:
    number = os.stat(NODE).st_rdev  # noqa: PTH116
    machine.add(f"{os.major(number)}:{os.minor(number)}", machine.disk / "sda2")
    machine.rows = [ROOT.format(device="0:31", kind="btrfs", source=NODE)]
    assert machine.found() == "/ of this system is on it"


def test_swap_counts(machine: Machine) -> None:
    number = os.stat(NODE).st_rdev  # noqa: PTH116
    machine.add(f"{os.major(number)}:{os.minor(number)}", machine.disk / "sda3")
    machine.swaps = ["/var/swap file 102396 0 -2", f"{NODE} partition 102396 0 -3"]
    assert machine.found() == f"the swap {NODE} of this system is on it"


def test_a_kernel_without_swap_has_none(machine: Machine) -> None:
    assert machine.found(swaps=machine.root / "none") == ""


def test_without_the_list_of_mounts_nothing_can_be_told(machine: Machine) -> None:
    with pytest.raises(FileNotFoundError):
        machine.found(mountinfo=machine.root / "none")
