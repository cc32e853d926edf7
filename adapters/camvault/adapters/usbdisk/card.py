"""Adapter for USB disks: the card of the camera."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path, PurePath

import attrs

from camvault.adapters._shared.mount_lists import MountRow
from camvault.adapters._shared.process import Finished, run
from camvault.adapters._shared.unstoppable import Unstoppable
from camvault.adapters.usbdisk.alive import (
    Mounts,
    device_name,
    device_problem,
    folder_problem,
    mount_problem,
    number_of,
)
from camvault.adapters.usbdisk.argv import KINDS, OPTIONS, mount_argv, umount_argv
from camvault.adapters.usbdisk.finding import NoCardError, card_in, wait_for
from camvault.adapters.usbdisk.given_folder import GivenFolder
from camvault.adapters.usbdisk.sysfs import BlockDevice, UsbNode
from camvault.ports.camera_card import CameraCard, Card, CardBusyError, CardError, CardLostError, MountedCard
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import ToolError

_BUSY_TRIES, _BUSY_PAUSE_S = 4, 0.5
_UNMOUNT_LIMIT_S = 5.0
"""Nothing is written to a card, so that umount(8) has nothing to wait for: what takes longer hangs in the kernel."""
_WITHOUT_NUMBER = "card"
_NUMBER = f"(?:[0-9A-Fa-f]+|{_WITHOUT_NUMBER})"
_MOUNT_BASE, _SYSFS, _DEV = PurePath("/mnt/cam"), Path("/sys"), Path("/dev")
_MOUNTINFO, _FSTAB = Path("/proc/self/mountinfo"), Path("/etc/fstab")


@attrs.frozen(kw_only=True)
class UsbDiskCard:
    """The disk in one port of a USB hub.

    Attributes:
        hub: The hub's place: `1-1`.
        port_number: The port of it.
        vendor: The idVendor that the device must have; "" if any will do.
        product: The same, idProduct.
        mount_base: The card is mounted at this path with its number behind it: `/mnt/cam-67EF9CED`.
        path: The folder at which the system mounts the card, `camera.path`; None if it is mounted by us.
        path_within_s: How long that is waited for.
        limit_s: How long mount(8) and each look at the device may take, and umount(8) some seconds at most.
        sysfs: Where sysfs is mounted; `CAMVAULT_SYSFS` may say so.
        dev: Where the nodes of devices are.
        mountinfo: The kernel's list of mounts.
        fstab: What the system should mount.
        on_wait: Told at once, and whenever that changes, why a card is waited for.
    """

    hub: str
    port_number: int
    vendor: str = ""
    product: str = ""
    mount_base: PurePath = _MOUNT_BASE
    path: PurePath | None = None
    path_within_s: float = 20.0
    limit_s: float = 20.0
    sysfs: Path = _SYSFS
    dev: Path = _DEV
    mountinfo: Path = _MOUNTINFO
    fstab: Path = _FSTAB
    on_wait: Callable[[str], None] = lambda _: None

    @property
    def _where(self) -> str:
        return f"{self.hub} port {self.port_number}"

    @property
    def _node(self) -> UsbNode:
        return UsbNode(self.sysfs, self.dev, f"{self.hub}.{self.port_number}")

    @property
    def _mounts(self) -> Mounts:
        return Mounts(self.mountinfo)

    # --- finding -----------------------------------------------------------------------------------------------------

    def find(self, *, within_s: float, cancel: Cancellation) -> Card:
        """See `CameraCard`. Two looks in a row have to agree: a second disk of a reader comes a moment after the first.

        A camera may be another device at first, until somebody chooses on its display what it shall be: so also what
        is not the right one is waited for.
        """
        seen: list[Card | None] = [None]

        def look() -> Card:
            last, seen[0] = seen[0], None
            card = seen[0] = card_in(self._node, vendor=self.vendor, product=self.product, limit_s=self.limit_s)
            if card != last:
                raise NoCardError(f"{card.device} came this moment")
            return card

        try:
            return wait_for(look, within_s=within_s, cancel=cancel, on_wait=self.on_wait)
        except NoCardError as error:
            raise CardError(self._where, f"no card within {within_s:g} s: {error}") from error

    # --- mounting ----------------------------------------------------------------------------------------------------

    def mount(self, card: Card | None, *, cancel: Cancellation) -> MountedCard:
        """See `CameraCard`."""
        cancel.check()
        if card is None:
            return self._given(cancel)
        for leftover in self.leftovers():
            self.unmount(leftover)
        folder = self._folder_of(card)
        block = self._there(card)
        self._check_free(folder, block)
        _make_folder(folder)
        mounted = MountedCard(folder=folder, card=card, is_ours=True, device_number=block.number)
        try:
            self._mount(card, mounted, cancel)
            cancel.check()
        except BaseException:
            self.unmount(mounted)  # the kernel may have done it before the program was stopped
            raise
        return mounted

    def _given(self, cancel: Cancellation) -> MountedCard:
        if self.path is None:
            raise CardError(self._where, "it is not mounted by the system: no camera.path is configured")
        given = GivenFolder(self.path, self._node, self._mounts, self.fstab, self.limit_s)
        try:
            return wait_for(given.look, within_s=self.path_within_s, cancel=cancel, on_wait=self.on_wait)
        except NoCardError as error:
            raise CardError(str(self.path), str(error)) from error

    def _base(self) -> PurePath:
        return PurePath(Path(self.mount_base).parent.resolve() / self.mount_base.name)

    def _folder_of(self, card: Card) -> PurePath:
        base = self._base()
        return base.with_name(f"{base.name}-{card.uuid.replace('-', '') or _WITHOUT_NUMBER}")

    def _there(self, card: Card) -> BlockDevice:
        """The block device of the card that was found, if it is still that."""
        try:
            number = os.stat(card.device).st_rdev  # noqa: PTH116 - PurePath
        except OSError as error:
            raise CardLostError(str(card.device), f"it is not there any more: {error.strerror}") from error
        block = self._node.block_of(number)
        if block is None:
            raise CardLostError(str(card.device), "it is not there any more")
        problem = device_problem(block, node=self._node, attachment=card.attachment, limit_s=self.limit_s)
        if problem:
            raise CardLostError(str(card.device), problem)
        return block

    def _check_free(self, folder: PurePath, block: BlockDevice) -> None:
        for row in self._mounts.rows():
            if row.point == folder:
                raise CardError(str(folder), f"something else is mounted there: {row.kind} from {row.source}")
            if row.device == device_name(block.number):
                problem = f"somebody else has mounted it at {row.point}: if the system shall, configure camera.path"
                raise CardError(str(block.node), problem)

    def _mount(self, card: Card, mounted: MountedCard, cancel: Cancellation) -> None:
        if card.filesystem not in KINDS:
            raise CardError(str(card.device), f"it has {card.filesystem}, expected vfat, exfat or ext4")
        argv = mount_argv(filesystem=card.filesystem, device=card.device, folder=mounted.folder)
        done = self._run(argv, card.device, cancel)
        if done.exit_code:
            self._there(card)
            raise CardError(str(card.device), f"it cannot be mounted: {_words(done)}")
        problem = mount_problem(mounted, self._mounts)
        if problem:
            raise CardLostError(str(card.device), problem)

    def _run(
        self, argv: tuple[str, ...], what: PurePath, cancel: Cancellation, *, limit_s: float | None = None
    ) -> Finished:
        within_s = self.limit_s if limit_s is None else limit_s
        try:
            return run(argv, cancel=cancel, timeout_s=within_s, grace_s=1.0, stdout_limit_bytes=1 << 20)
        except ToolError as error:
            raise CardError(str(what), str(error)) from error

    # --- looking -----------------------------------------------------------------------------------------------------

    def problem(self, mounted: MountedCard) -> str:
        """See `CameraCard`."""
        if mounted.card is None:
            return self._folder_problem(mounted)
        try:
            problem = mount_problem(mounted, self._mounts)
        except CardError as error:
            return str(error)
        if problem:
            return problem
        block = self._node.block_of(mounted.device_number)
        if block is None:
            return f"{mounted.card.device}: it is not there any more"
        return device_problem(block, node=self._node, attachment=mounted.card.attachment, limit_s=self.limit_s)

    def _folder_problem(self, mounted: MountedCard) -> str:
        """Of what the system does not tell the device of; a leftover is nothing that anybody reads."""
        if mounted.is_ours:
            return f"{mounted.folder}: an earlier run has left it mounted"
        return folder_problem(mounted, limit_s=self.limit_s)

    # --- unmounting --------------------------------------------------------------------------------------------------

    def unmount(self, mounted: MountedCard) -> None:
        """See `CameraCard`. Who only looks at a new mount (a desktop, an indexer) is given two seconds to leave."""
        if not mounted.is_ours:
            return
        said = ""
        for attempt in range(_BUSY_TRIES):
            if not self._is_mounted(mounted):
                return
            if attempt:
                time.sleep(_BUSY_PAUSE_S)
            argv, limit_s = umount_argv(folder=mounted.folder), min(self.limit_s, _UNMOUNT_LIMIT_S)
            said = _words(self._run(argv, mounted.folder, Unstoppable(), limit_s=limit_s))
        if self._is_mounted(mounted):
            kind = CardBusyError if "busy" in said else CardError
            raise kind(str(mounted.folder), f"it cannot be unmounted: {said}")

    def _is_mounted(self, mounted: MountedCard) -> bool:
        rows = [row for row in self._mounts.rows() if row.point == mounted.folder]
        device = device_name(mounted.device_number)
        if rows and rows[-1].device != device and any(row.device == device for row in rows):
            raise CardError(str(mounted.folder), f"{rows[-1].kind} from {rows[-1].source} was mounted over it")
        return bool(rows) and rows[-1].device == device

    def leftovers(self) -> tuple[MountedCard, ...]:
        """See `CameraCard`. Ours are read-only, of a kind that we mount, and at a name that we give."""
        name = re.compile(re.escape(str(self._base())) + f"-{_NUMBER}")

        def is_ours(row: MountRow) -> bool:
            return row.kind in KINDS and row.options.issuperset(OPTIONS) and bool(name.fullmatch(str(row.point)))

        return tuple(
            MountedCard(folder=row.point, card=None, is_ours=True, device_number=number_of(row.device))
            for row in self._mounts.rows()
            if is_ours(row)
        )


def _make_folder(folder: PurePath) -> None:
    try:
        Path(folder).mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise CardError(str(folder), f"it cannot be made: {error.strerror}") from error
    if Path(folder).is_symlink():
        raise CardError(str(folder), "it is a link, expected a folder")


def _words(done: Finished) -> str:
    return " | ".join(done.last_lines) or f"it ended with {done.exit_code}"


_conforms: Callable[..., CameraCard] = UsbDiskCard
