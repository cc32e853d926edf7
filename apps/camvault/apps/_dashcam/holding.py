"""Composition root, shared part: one program at a time switches, copies and sends, whoever started it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from camvault.adapters.filesystem import LocalStorage
from camvault.apps._assembly.box import box_folders, port_lock
from camvault.apps._cli.stage import Context
from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.ports.camera_card import CameraCard, MountedCard
from camvault.ports.cancellation import Cancellation
from camvault.ports.events import Note


@contextmanager
def held(config: BoxConfig, *, is_of_port: bool = False) -> Iterator[BoxFolders]:
    """The folders of the box, with its lock held; and that of the port, for what switches it or reads the card.

    Raises:
        BusyError: The service runs, or another part; or another box has the port.
        StorageError: The folder of the records cannot be made.
    """
    folders, storage = box_folders(config), LocalStorage()
    storage.make_folder(folders.records)
    with ExitStack() as stack:
        stack.enter_context(storage.lock(folders.lock))
        port = port_lock(config) if is_of_port else None
        if port is not None:
            stack.enter_context(storage.lock(port))
        yield folders


def waiting(context: Context, config: BoxConfig) -> Callable[[str], None]:
    """What tells a person at once why nothing happens yet."""

    def tell(words: str) -> None:
        context.reporter.emit(Note(f"{words}; waiting for it, {config.poll.mount_timeout_seconds:g} s at most"))

    return tell


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
