"""Adapter for USB disks: the folder at which the system mounts the card (`camera.path`)."""

import os
from pathlib import Path, PurePath

import attrs

from camvault.adapters._shared.mount_lists import AUTOMOUNT, MountRow, mount_points, resolved_points
from camvault.adapters.usbdisk.alive import Mounts, device_problem, number_of
from camvault.adapters.usbdisk.finding import NoCardError
from camvault.adapters.usbdisk.limits import within
from camvault.adapters.usbdisk.medium import first_block
from camvault.adapters.usbdisk.superblock import file_systems_in
from camvault.adapters.usbdisk.sysfs import BlockDevice, UsbNode
from camvault.ports.camera_card import Card, MountedCard

_OUTLIVED = (
    "what stays mounted while its port is switched off is dead, and may look empty: unmount it, and let udisks or an "
    "automount of systemd mount the card, or leave camera.path out"
)


@attrs.frozen
class GivenFolder:
    """One folder, which is what the card is when it is mounted there.

    The system has to unmount it when its device vanishes. What does not is dead once the port was off: its device is
    not that of the card which comes up then, and does not answer. Nothing is read of it.

    That what is there may be a folder like others, or a file system of which sysfs knows no device, is a doubt: what
    is found there is footage, that nothing is found means nothing.
    """

    path: PurePath
    node: UsbNode
    mounts: Mounts
    fstab: Path
    limit_s: float

    def look(self) -> MountedCard:
        """What is there now.

        Raises:
            NoCardError: Nothing is mounted where it should be, it is empty or dead, or is in another port.
        """
        folder = PurePath(os.path.realpath(self.path))
        names = self._names(folder)  # the system mounts it now, if it does so when somebody looks
        row = self.mounts.at(folder)
        if row is None or row.kind == AUTOMOUNT:
            return self._plain(folder, row, names)
        number = number_of(row.device)
        block = self.node.block_of(number)
        if block is None:
            return self._without_sysfs(folder, row, number)
        attachment = self.node.attachment(block)
        problem = device_problem(block, node=self.node, attachment=attachment, limit_s=self.limit_s)
        if problem:
            raise NoCardError(problem)
        card = Card(device=block.node, filesystem=row.kind, uuid=self._number(block), attachment=attachment)
        return MountedCard(folder=folder, card=card, is_ours=False, device_number=number)

    def _number(self, block: BlockDevice) -> str:
        """Tells this card from another one that is put in later; "" where it has none, or cannot be told."""
        try:
            found = file_systems_in(within(self.limit_s, lambda: first_block(block.node, number=block.number)))
        except OSError as error:
            raise NoCardError(f"{block.node} cannot be read: {error.strerror}") from error
        return found[0].uuid if len(found) == 1 else ""

    def _names(self, folder: PurePath) -> list[str]:
        try:
            return within(self.limit_s, lambda: os.listdir(folder))  # noqa: PTH208 - PurePath
        except OSError as error:
            row = self.mounts.at(folder)
            advice = "" if row is None or row.kind == AUTOMOUNT else f"; {_OUTLIVED}"
            raise NoCardError(f"it cannot be listed: {error.strerror}{advice}") from error

    def _plain(self, folder: PurePath, row: MountRow | None, names: list[str]) -> MountedCard:
        if row is not None or folder in self._configured():
            raise NoCardError("nothing is mounted there")
        if not names:
            raise NoCardError("nothing is mounted there, and it is empty")
        return self._doubtful(folder, f"{folder} is no mount point")

    def _configured(self) -> frozenset[PurePath]:
        try:
            points = mount_points(self.fstab.read_text("utf-8", "surrogateescape"))
            return resolved_points(points, os.fsdecode(self.mounts.mountinfo.read_bytes()))
        except OSError:
            return frozenset()

    def _without_sysfs(self, folder: PurePath, row: MountRow, number: int) -> MountedCard:
        """No block device (a share, a program), or one that was unplugged while it was mounted."""
        if row.source.startswith("/dev/"):
            try:
                within(self.limit_s, lambda: first_block(Path(row.source), number=number))
            except OSError as error:
                words = f"{row.source}, which is mounted there, is dead: {error.strerror}; {_OUTLIVED}"
                raise NoCardError(words) from error
        return self._doubtful(folder, f"{row.source} is mounted at {folder}, and not known to be in the camera's port")

    def _doubtful(self, folder: PurePath, doubt: str) -> MountedCard:
        try:
            number = within(self.limit_s, lambda: os.stat(folder).st_dev)  # noqa: PTH116 - PurePath
        except OSError as error:
            raise NoCardError(f"it does not answer: {error.strerror}") from error
        return MountedCard(folder=folder, card=None, is_ours=False, device_number=number, doubt=doubt)
