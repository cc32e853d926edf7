"""Private to adapters: whether a disk that this machine uses is behind a USB device, and loses its power with it.

A file system is on a disk directly, or by way of a mapper (LUKS, LVM, RAID: `slaves`); Btrfs has a device number of its
own, which sysfs does not know, so that its source is looked up. Where the root is an overlay, what lies below it is
mounted too. The card of the camera is not of this machine; FAT and exFAT are, only where the machine needs them.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePath

import attrs

from camvault.adapters._shared.mount_lists import MountRow, mount_point_of, mount_rows
from camvault.adapters._shared.sysfs import Sysfs, is_below

_SYSTEM_FOLDERS = tuple(map(PurePath, ("/", "/boot", "/boot/efi", "/boot/firmware", "/usr", "/var", "/home")))
_CARD_KINDS = frozenset({"vfat", "exfat", "autofs"})
_LAYERS_MOST = 8
_MOUNTINFO, _SWAPS = Path("/proc/self/mountinfo"), Path("/proc/swaps")


@attrs.frozen(kw_only=True)
class MachineDisks:
    """The file systems and the swap of this machine.

    Attributes:
        needed: Folders that the machine needs whatever file system they are on: where clips are staged, say.
        card_base: The camera's card is mounted by us at this path with its number behind it; None: nowhere.
        card_path: Where the system mounts the camera's card; None: nowhere.
        mountinfo: The kernel's list of mounts.
        swaps: The kernel's list of swap areas.
    """

    needed: tuple[PurePath, ...] = ()
    card_base: PurePath | None = None
    card_path: PurePath | None = None
    mountinfo: Path = _MOUNTINFO
    swaps: Path = _SWAPS

    def behind(self, device: PurePath, sysfs: Sysfs) -> str:
        """What of this machine is on a disk behind the device, in words; "" if nothing is.

        Raises:
            OSError: That cannot be told.
        """
        rows = mount_rows(os.fsdecode(self.mountinfo.read_bytes()))
        points = frozenset(row.point for row in rows)
        folders = (*_SYSTEM_FOLDERS, *(PurePath(os.path.realpath(folder)) for folder in self.needed))
        needed = {mount_point_of(folder, points) for folder in folders}
        for row in rows:
            is_ours = row.point in needed or not (row.kind in _CARD_KINDS or self._is_card(row))
            if is_ours and any(is_below(block, device) for block in _blocks(row.device, row.source, sysfs)):
                return f"{row.point} of this system is on it"
        for name in self._swap_names():
            if any(is_below(block, device) for block in _blocks("", name, sysfs)):
                return f"the swap {name} of this system is on it"
        return ""

    def _is_card(self, row: MountRow) -> bool:
        if self.card_path is not None and row.point == PurePath(os.path.realpath(self.card_path)):
            return True
        return self.card_base is not None and str(row.point).startswith(f"{os.path.realpath(self.card_base)}-")

    def _swap_names(self) -> Iterator[str]:
        with suppress(FileNotFoundError):  # a kernel without swap
            for line in os.fsdecode(self.swaps.read_bytes()).splitlines()[1:]:
                yield line.split()[0]


def _blocks(device: str, source: str, sysfs: Sysfs) -> Iterator[PurePath]:
    """The block device of a file system, by its number or else by its source, and those that it lies on."""
    named = [device]
    if source.startswith("/dev/"):
        with suppress(OSError):  # it has no node here: then its number says it, or nothing does
            number = os.stat(source).st_rdev  # noqa: PTH116 - a text of the kernel
            named.append(f"{os.major(number)}:{os.minor(number)}")
    for name in filter(None, named):
        block = sysfs.root / "dev" / "block" / name
        if sysfs.is_there(block):
            yield from _layers(block, sysfs, _LAYERS_MOST)


def _layers(block: PurePath, sysfs: Sysfs, left: int) -> Iterator[PurePath]:
    yield block
    whole = PurePath(os.path.realpath(block))
    for folder in (whole / "slaves", whole.parent / "slaves"):  # a partition's are those of its disk
        for name in sysfs.names(folder) if left else ():
            yield from _layers(folder / name, sysfs, left - 1)
