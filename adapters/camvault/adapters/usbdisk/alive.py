"""Adapter for USB disks: whether what is mounted at a folder is alive, and the card that was mounted there."""

import os
from pathlib import Path, PurePath

import attrs

from camvault.adapters._shared.mount_lists import MountRow, mount_rows
from camvault.adapters.usbdisk.limits import within
from camvault.adapters.usbdisk.medium import first_block
from camvault.adapters.usbdisk.sysfs import BlockDevice, UsbNode
from camvault.ports.camera_card import CardError, MountedCard


@attrs.frozen
class Mounts:
    """The kernel's list of mounts, read anew each time: it answers also where a file system does not."""

    mountinfo: Path

    def rows(self) -> tuple[MountRow, ...]:
        """All of it.

        Raises:
            CardError: It cannot be read.
        """
        try:
            return mount_rows(os.fsdecode(self.mountinfo.read_bytes()))
        except OSError as error:
            raise CardError(str(self.mountinfo), str(error.strerror)) from error

    def at(self, folder: PurePath) -> MountRow | None:
        """What is to be seen at the folder, whose links are followed; None if nothing is mounted there."""
        return next((row for row in reversed(self.rows()) if row.point == folder), None)


def device_name(number: int) -> str:
    """As the list of mounts writes it."""
    return f"{os.major(number)}:{os.minor(number)}"


def number_of(device: str) -> int:
    """The other way round."""
    major, _, minor = device.partition(":")
    return os.makedev(int(major), int(minor))


def mount_problem(mounted: MountedCard, mounts: Mounts) -> str:
    """Why the folder does not show what was mounted there; "" if it does."""
    row = mounts.at(mounted.folder)
    if row is None:
        return f"{mounted.folder}: nothing is mounted there any more"
    if row.device != device_name(mounted.device_number):
        return f"{mounted.folder}: something else is mounted there: {row.kind} from {row.source}"
    return ""


def device_problem(block: BlockDevice, *, node: UsbNode, attachment: str, limit_s: float) -> str:
    """Why the block device is not known to be the card, and alive; "" if it is."""
    if not node.is_mine(block):
        return f"{block.node}: it is not in the camera's port, but at {block.folder}"
    found = node.attachment(block)
    if found != attachment:
        return f"{block.node}: it was plugged in again (attachment {found or 'unknown'}, expected {attachment})"
    try:
        within(limit_s, lambda: first_block(block.node, number=block.number))
    except OSError as error:
        return f"{block.node}: it cannot be read: {error.strerror}"
    return ""


def folder_problem(mounted: MountedCard, *, limit_s: float) -> str:
    """Why a folder of which no device is known is not the same any more, or says nothing; "" if it may be believed."""

    def look() -> str:
        if os.stat(mounted.folder).st_dev != mounted.device_number:  # noqa: PTH116 - PurePath
            return f"{mounted.folder}: it is on another file system now"
        return "" if os.listdir(mounted.folder) else f"{mounted.folder}: it is empty"  # noqa: PTH208 - PurePath

    try:
        return within(limit_s, look)
    except OSError as error:
        return f"{mounted.folder}: it cannot be listed: {error.strerror}"
