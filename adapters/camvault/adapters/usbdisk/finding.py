"""Adapter for USB disks: the one card in a port, or why there is none that may be taken."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from camvault.adapters.usbdisk.limits import within
from camvault.adapters.usbdisk.medium import first_block
from camvault.adapters.usbdisk.superblock import FileSystem, file_systems_in
from camvault.adapters.usbdisk.sysfs import BlockDevice, UsbNode
from camvault.ports.camera_card import Card
from camvault.ports.cancellation import Cancellation

T = TypeVar("T")
_POLL_S = 0.25


class NoCardError(Exception):
    """There is none, or none that may be taken; says why. It may be there a moment later."""


def wait_for(
    look: Callable[[], T], *, within_s: float, cancel: Cancellation, on_wait: Callable[[str], None] = lambda _: None
) -> T:
    """Look until there is something; `on_wait` is told at once why it is waited.

    Raises:
        NoCardError: There is nothing after this time; what the last look said.
        Cancelled: Asked to stop.
    """
    limit_s = time.monotonic() + within_s
    told = ""
    while True:
        cancel.check()
        try:
            return look()
        except NoCardError as error:
            left_s = limit_s - time.monotonic()
            if left_s <= 0:
                raise
            if str(error) != told:
                told = str(error)
                on_wait(told)
        cancel.wait(min(_POLL_S, left_s))


def card_in(node: UsbNode, *, vendor: str, product: str, limit_s: float) -> Card:
    """The card, at one look.

    Raises:
        NoCardError: There is no card, or more than one, or it cannot be read.
    """
    _check_device(node, vendor=vendor, product=product)
    disks = node.disks()
    if len(disks) != 1:
        raise NoCardError(f"{_named(disks)} in {node.name}, expected one" if disks else f"no disk in {node.name}")
    parts = node.partitions(disks[0]) or disks
    found = [(part, kind) for part in parts for kind in _file_systems(part, limit_s)]
    if len(found) != 1:
        raise NoCardError(_said_of(found) if found else f"no vfat, exfat or ext4 on {_named(parts)}")
    ((block, kind),) = found
    return Card(device=block.node, filesystem=kind.kind, uuid=kind.uuid, attachment=node.attachment(block))


def _check_device(node: UsbNode, *, vendor: str, product: str) -> None:
    if not node.is_there:
        raise NoCardError(f"no device in {node.name}")
    if not node.is_data_on:
        raise NoCardError(f"the device in {node.name} is not allowed to be used (authorized is 0)")
    for name, found, wanted in zip(("vendor", "product"), node.ids, (vendor.lower(), product.lower()), strict=True):
        if wanted not in {"", found}:
            raise NoCardError(f"the device in {node.name} has {name} {found or 'unknown'}, expected {wanted}")


def _file_systems(block: BlockDevice, limit_s: float) -> tuple[FileSystem, ...]:
    try:
        return file_systems_in(within(limit_s, lambda: first_block(block.node, number=block.number)))
    except OSError as error:
        # it may be the card: another partition must not be taken for it
        raise NoCardError(f"{block.node} cannot be read: {error.strerror}") from error


def _said_of(found: Sequence[tuple[BlockDevice, FileSystem]]) -> str:
    each = ", ".join(f"{kind.kind} on {block.name}" for block, kind in found)
    return f"more than one file system: {each}; expected one"


def _named(blocks: Sequence[BlockDevice]) -> str:
    return ", ".join(block.name for block in blocks)
