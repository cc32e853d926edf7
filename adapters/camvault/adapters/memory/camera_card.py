"""Adapter for tests and library users: a camera's card in memory, which dies as real ones do.

The card's files are in a `MemoryStorage`, below `medium`; mounted, they are seen below the folder as well.

    card = MemoryCameraCard(storage)
    card.put("Normal/Front/0001.MP4", b"...")
    storage.calls.hook("storage.copy", card.pull, when=Phase.DURING)     # its power goes in the middle of a copy
"""

import os
from collections.abc import Callable
from pathlib import PurePath

import attrs

from camvault.adapters.memory.clock import MemoryClock
from camvault.adapters.memory.storage import MemoryStorage
from camvault.ports.camera_card import CameraCard, Card, CardBusyError, CardError, CardLostError, MountedCard
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileEntry

_WHERE = "1-1 port 1"
_DEVICE, _NUMBER = PurePath("/dev/sda1"), os.makedev(8, 1)
_DEAD = PurePath("/dead card")
_MOUNT_BASE, _MEDIUM = PurePath("/mnt/cam"), PurePath("/medium")
_POLL_S = 0.5


@attrs.define
class MemoryCameraCard:
    """The card of one camera, and what happens to it.

    Attributes:
        storage: Where its files are seen; its `calls` announce the calls of the card too.
        clock: Passes while `find` waits.
        mount_base: It is mounted at this path with its number behind it.
        path: The folder that the system mounts, `camera.path`.
        filesystem: Of the card.
        uuid: Of the card.
        medium: Where its files are in the storage.
        is_plugged_in: Whether its block device is there.
        is_answering: Whether the device gives what is read: a card that is worn out is there, and does not.
        is_empty_when_dead: Whether a listing of a dead card is empty without an error, as on vfat; else it fails.
        is_busy: Whether a program uses it.
        is_occupied: Whether something else is mounted where the card would be.
        is_system_mounting: Whether the system mounts the card at `path`.
        is_mount_configured: Whether the system should mount something at `path`: then nothing is "not there".
    """

    storage: MemoryStorage = attrs.field(factory=MemoryStorage)
    clock: MemoryClock = attrs.field(factory=MemoryClock)
    mount_base: PurePath = _MOUNT_BASE
    path: PurePath | None = None
    filesystem: str = "vfat"
    uuid: str = "67EF-9CED"
    medium: PurePath = _MEDIUM
    is_plugged_in: bool = True
    is_answering: bool = True
    is_empty_when_dead: bool = True
    is_busy: bool = False
    is_occupied: bool = False
    is_system_mounting: bool = True
    is_mount_configured: bool = True
    _attachment: int = attrs.field(default=1, init=False)
    _mounts: dict[PurePath, int] = attrs.field(factory=dict, init=False)
    """Where the card, or one that was, is mounted: by which attachment."""

    def __attrs_post_init__(self) -> None:
        """The medium, and what is left of it."""
        self.storage.mount(self.medium, name="8:1", is_numbered=False)
        self.storage.mount(_DEAD, name="8:1", is_numbered=False)
        if self.path is not None:
            self.storage.put_folder(self.path)
        self._let_system_mount()

    # --- for tests: what happens to the card -------------------------------------------------------------------------

    def put(self, path: PurePath | str, content: bytes | str = b"", *, mtime_ns: int | None = None) -> FileEntry:
        """Write a file onto the card, as the camera does; the path is relative to its root."""
        return self.storage.put(self.medium / path, content, mtime_ns=mtime_ns)

    def pull(self) -> None:
        """Take its power: what is mounted stays mounted, and is dead."""
        self.is_plugged_in = False
        if not self.is_empty_when_dead:
            self.storage.unreadable.add(_DEAD)
        for folder in self._mounts:
            self.storage.tree.binds[folder] = _DEAD

    def plug_in(self) -> None:
        """Give it power again: another attachment. What was mounted stays dead."""
        self.is_plugged_in = True
        self._attachment += 1
        self._let_system_mount()

    def restart(self) -> None:
        """The machine is on again: nothing is mounted but what the system mounts."""
        for folder in tuple(self._mounts):
            self._forget(folder)
        self._let_system_mount()

    def _let_system_mount(self) -> None:
        if self.path is not None and self.is_system_mounting and self.is_plugged_in:
            self._show(self.path)

    def _show(self, folder: PurePath) -> None:
        self.storage.bind(folder, shows=self.medium)
        self._mounts[folder] = self._attachment

    def _forget(self, folder: PurePath) -> None:
        self._mounts.pop(folder)
        self.storage.tree.binds.pop(folder)

    # --- CameraCard --------------------------------------------------------------------------------------------------

    def find(self, *, within_s: float, cancel: Cancellation) -> Card:
        """Looks twice a second."""
        with self.storage.calls.call("card.find"):
            self._wait(lambda: self.is_plugged_in, within_s, cancel)
            if not self.is_plugged_in:
                raise CardError(_WHERE, f"no disk within {within_s:g} s")
            return self._card()

    def _card(self) -> Card:
        return Card(device=_DEVICE, filesystem=self.filesystem, uuid=self.uuid, attachment=str(self._attachment))

    def _wait(self, is_there: Callable[[], bool], within_s: float, cancel: Cancellation) -> None:
        cancel.check()
        limit_s = self.clock.monotonic_s() + within_s
        while not is_there() and self.clock.monotonic_s() < limit_s:
            self.clock.sleep(_POLL_S, cancel=cancel)

    def mount(self, card: Card | None, *, cancel: Cancellation) -> MountedCard:
        """With two half-done states: what is left over is unmounted, and it is mounted."""
        with self.storage.calls.call("card.mount") as announce_half:
            if card is None:
                return self._systems_folder(cancel)
            cancel.check()
            folder = self.mount_base.with_name(f"{self.mount_base.name}-{card.uuid.replace('-', '')}")
            if self.is_occupied:
                raise CardError(str(folder), "something else is mounted there")
            for leftover in self._ours():
                self._unmount(leftover)
            announce_half()
            if not self.is_plugged_in or card != self._card():
                raise CardLostError(str(card.device), "it was plugged in again, or is not there")
            self._show(folder)
            announce_half()
            if cancel.is_requested:
                self._forget(folder)
                cancel.check()
            return MountedCard(folder=folder, card=card, is_ours=True, device_number=_NUMBER)

    def _systems_folder(self, cancel: Cancellation) -> MountedCard:
        if self.path is None:
            raise CardError(_WHERE, "no camera.path is configured")
        path = self.path
        self._wait(lambda: path in self._mounts or not self.is_mount_configured, _POLL_S, cancel)
        if path in self._mounts:
            return MountedCard(folder=path, card=self._card(), is_ours=False, device_number=_NUMBER)
        if self.is_mount_configured or not self.storage.tree.names(path):
            raise CardError(str(path), "nothing is mounted there")
        return MountedCard(folder=path, card=None, is_ours=False, device_number=0, doubt="it is no mount point")

    def problem(self, mounted: MountedCard) -> str:
        """What a test made of it."""
        with self.storage.calls.call("card.problem"):
            if mounted.doubt:
                return "" if self.storage.tree.names(mounted.folder) else f"{mounted.folder}: it is empty now"
            if mounted.folder not in self._mounts:
                return f"{mounted.folder}: the card is not mounted there any more"
            if not self.is_plugged_in:
                return f"{_DEVICE}: it is not there any more"
            if mounted.card != self._card() or self._mounts[mounted.folder] != self._attachment:
                return f"{_DEVICE}: it was plugged in again"
            return "" if self.is_answering else f"{_DEVICE}: it cannot be read: Input/output error"

    def unmount(self, mounted: MountedCard) -> None:
        """Unless it is busy."""
        with self.storage.calls.call("card.unmount"):
            if mounted.is_ours and mounted.folder in self._mounts:
                self._unmount(mounted.folder)

    def _unmount(self, folder: PurePath) -> None:
        if self.is_busy:
            raise CardBusyError(str(folder), "a program uses it")
        self._forget(folder)

    def leftovers(self) -> tuple[MountedCard, ...]:
        """Whatever is mounted at the card's place."""
        with self.storage.calls.call("card.leftovers"):
            return tuple(
                MountedCard(folder=folder, card=None, is_ours=True, device_number=_NUMBER) for folder in self._ours()
            )

    def _ours(self) -> tuple[PurePath, ...]:
        return tuple(folder for folder in self._mounts if folder != self.path)


_conforms: type[CameraCard] = MemoryCameraCard
