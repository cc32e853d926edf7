"""The harness of `CameraCardContract` in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath

from camvault.adapters.memory import MemoryCancellation, MemoryClock, MemoryStorage
from camvault.adapters.memory.camera_card import MemoryCameraCard

NAMES = frozenset({"Normal", "Event"})


class MemoryCardHarness:
    """One camera in memory; `kind` is the adapter."""

    names = NAMES

    def __init__(self, kind: type[MemoryCameraCard] = MemoryCameraCard, *, is_empty_when_dead: bool = True) -> None:
        self.clock = MemoryClock()
        self.cancel = MemoryCancellation(clock=self.clock)
        self.cards, self.in_folder = (
            kind(
                storage=MemoryStorage(),
                clock=self.clock,
                path=path,
                is_plugged_in=False,
                is_system_mounting=False,
                is_empty_when_dead=is_empty_when_dead,
            )
            for path in (None, PurePath("/media/card"))
        )
        for card in (self.cards, self.in_folder):
            card.put("Normal/Front/0001.MP4", b"clip")
            card.put("Event/0002.MP4", b"event")

    def request_stop(self) -> None:
        self.cancel.request()

    def plug_in(self) -> None:
        for card in (self.cards, self.in_folder):
            card.plug_in()

    def plug_in_soon(self) -> None:
        self.clock.after(2, self.plug_in)

    def pull(self) -> None:
        for card in (self.cards, self.in_folder):
            card.pull()

    def stop_reading(self) -> None:
        self.cards.is_answering = False

    def occupy(self) -> None:
        self.cards.is_occupied = True

    def mount_by_system(self) -> None:
        self.in_folder.is_system_mounting = True
        self.plug_in()

    @contextmanager
    def hold(self, folder: PurePath) -> Iterator[None]:
        assert self.is_mounted(folder)
        self.cards.is_busy = True
        yield
        self.cards.is_busy = False

    def listed(self, folder: PurePath) -> set[str]:
        (storage,) = [card.storage for card in (self.cards, self.in_folder) if folder in card.storage.tree.binds]
        return {entry.path.name for entry in storage.children(folder)}

    def is_mounted(self, folder: PurePath) -> bool:
        return any(folder in card.storage.tree.binds for card in (self.cards, self.in_folder))
