"""Adapter for USB disks: what sysfs says of the device in a port, and of its disks."""

import os
from pathlib import Path, PurePath

import attrs

_HEX_DIGITS = 4


@attrs.frozen
class BlockDevice:
    """A disk or a partition.

    Attributes:
        folder: Its folder in sysfs, links followed.
        node: Its path in /dev.
        number: As `st_rdev` has it.
    """

    folder: Path
    node: Path
    number: int

    @property
    def name(self) -> str:
        """As the kernel calls it: `sda1`."""
        return self.folder.name

    @property
    def is_partition(self) -> bool:
        """Whether it is a part of a disk."""
        return (self.folder / "partition").exists()

    @property
    def has_medium(self) -> bool:
        """Whether there is anything in it: card readers have a disk for each slot, also for the empty ones."""
        return _text(self.folder / "size") not in {"", "0"}


@attrs.frozen
class UsbNode:
    """The device that is plugged into a port of a hub.

    Attributes:
        sysfs: Where sysfs is mounted.
        dev: Where the nodes of devices are.
        name: As the kernel calls it: `1-1.1` is in port 1 of the hub `1-1`.
    """

    sysfs: Path
    dev: Path
    name: str

    @property
    def folder(self) -> Path:
        """Its folder in sysfs, links followed."""
        return (self.sysfs / "bus/usb/devices" / self.name).resolve()

    @property
    def is_there(self) -> bool:
        """Whether there is a device."""
        return self.folder.exists()

    @property
    def is_data_on(self) -> bool:
        """Whether the device may be used."""
        return _text(self.folder / "authorized") != "0"

    @property
    def ids(self) -> tuple[str, str]:
        """Vendor and product, four lowercase hexadecimal digits each; "" if they cannot be read."""
        vendor, product = (_text(self.folder / name).lower() for name in ("idVendor", "idProduct"))
        return vendor, product

    def disks(self) -> tuple[BlockDevice, ...]:
        """Its disks that have a medium, in the order of their names."""
        # only the interfaces of this very device: behind a hub there would be others
        below = self.folder.glob(f"{self.folder.name}:*/host*/target*/*/block/*")
        found = (self.block(path) for path in sorted(below))
        return tuple(disk for disk in found if disk is not None and disk.has_medium)

    def partitions(self, disk: BlockDevice) -> tuple[BlockDevice, ...]:
        """Of this disk."""
        found = (self.block(path.parent) for path in sorted(disk.folder.glob("*/partition")))
        return tuple(part for part in found if part is not None)

    def block(self, folder: Path) -> BlockDevice | None:
        """What this folder of sysfs describes; None if it is gone, or describes none."""
        major, _, minor = _text(folder / "dev").partition(":")
        if not (major.isdecimal() and minor.isdecimal()):
            return None
        named = [line.removeprefix("DEVNAME=") for line in _text(folder / "uevent").splitlines() if "DEVNAME=" in line]
        node = self.dev / (named[0] if named else folder.name.replace("!", "/"))
        return BlockDevice(folder.resolve(), node, os.makedev(int(major), int(minor)))

    def block_of(self, number: int) -> BlockDevice | None:
        """The block device with this number, wherever it is plugged in; None if there is none any more."""
        return self.block(self.sysfs / "dev/block" / f"{os.major(number)}:{os.minor(number)}")

    def is_mine(self, block: BlockDevice) -> bool:
        """Whether this block device belongs to this very device."""
        place = PurePath(block.folder)
        interface = self.folder / f"{self.folder.name}:"
        return any(str(parent).startswith(str(interface)) for parent in place.parents)

    def attachment(self, block: BlockDevice) -> str:
        """A number for this attachment: the disk's DISKSEQ (Linux 5.15), or else what the bus called the device.

        The latter begins again at 1 after 127.
        """
        disk = block.folder.parent if block.is_partition else block.folder
        sequence, bus_number = _text(disk / "diskseq"), _text(self.folder / "devnum")
        return sequence or (f"devnum {bus_number}" if bus_number else "")


def _text(path: Path) -> str:
    """What a file of sysfs says; "" if it is not there."""
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
