"""Composition root, shared part: one program at a time switches, copies and sends, whoever started it."""

from collections.abc import Iterator
from contextlib import contextmanager

from camvault.adapters.filesystem import LocalStorage
from camvault.apps._assembly.box import box_folders
from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.ports.camera_card import CameraCard, MountedCard
from camvault.ports.cancellation import Cancellation


@contextmanager
def held(config: BoxConfig) -> Iterator[BoxFolders]:
    """The folders of the box, with its lock held.

    Raises:
        BusyError: The service runs, or another part.
        StorageError: The folder of the records cannot be made.
    """
    folders, storage = box_folders(config), LocalStorage()
    storage.make_folder(folders.records)
    with storage.lock(folders.lock):
        yield folders


def release(card: CameraCard) -> None:
    """Unmount what an earlier run has left mounted: a port is not switched while its card is mounted.

    Raises:
        CardError: It cannot be unmounted.
    """
    for left in card.leftovers():
        card.unmount(left)


@contextmanager
def mounted_card(card: CameraCard, config: BoxConfig, cancel: Cancellation) -> Iterator[MountedCard]:
    """The card, mounted until the end of the block.

    Raises:
        CardError: It is not found, or cannot be mounted or unmounted.
    """
    release(card)
    is_mounted_by_the_system = bool(config.camera.path)
    found = None if is_mounted_by_the_system else card.find(within_s=config.poll.mount_timeout_seconds, cancel=cancel)
    mounted = card.mount(found, cancel=cancel)
    try:
        yield mounted
    finally:
        card.unmount(mounted)
