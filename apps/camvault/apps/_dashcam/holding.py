"""Composition root, shared part: one program at a time switches, copies and sends, whoever started it."""

from collections.abc import Iterator
from contextlib import contextmanager

from camvault.adapters.filesystem import LocalStorage
from camvault.apps._assembly.box import box_folders
from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.ports.camera_card import CameraCard


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
