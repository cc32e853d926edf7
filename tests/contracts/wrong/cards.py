"""Wrong adapters of `CameraCard`."""

import attrs
import pytest

from camvault.adapters.contracts.camera_card import CameraCardContract
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.memory.camera_card import MemoryCameraCard
from camvault.ports.camera_card import Card, CardBusyError, CardLostError, MountedCard
from camvault.ports.cancellation import Cancellation
from tests.contracts.wrong.refusal import by
from tests.dashcam.memory_card import MemoryCardHarness


class _Card(CameraCardContract):
    KIND: type[MemoryCameraCard]

    @pytest.fixture
    def harness(self) -> MemoryCardHarness:
        return MemoryCardHarness(type(self).KIND)


class _Trusting(MemoryCameraCard):
    def problem(self, mounted: MountedCard) -> str:
        return "" if mounted.folder in self.storage.tree.binds else "not mounted"


class TestCardThatTrustsTheMountTable(_Card):
    """As findmnt: a card without power is mounted all the same."""

    REFUSED_BY = by(
        "a_card_that_lost_its_power_is_not_alive",
        "a_card_that_is_there_and_cannot_be_read_is_not_alive",
        "a_card_that_was_plugged_in_again_is_not_the_one_that_was_mounted",
        "a_folder_that_the_system_mounts_is_taken_and_left_mounted",
    )
    KIND = _Trusting


class _NotReading(MemoryCameraCard):
    def problem(self, mounted: MountedCard) -> str:
        self.is_answering = True
        return super().problem(mounted)


class TestCardThatIsNotRead(_Card):
    REFUSED_BY = by("a_card_that_is_there_and_cannot_be_read_is_not_alive")
    KIND = _NotReading


class _NameOnly(MemoryCameraCard):
    """Knows a card by the name of its device."""

    def problem(self, mounted: MountedCard) -> str:
        if mounted.folder in self._mounts and self.is_plugged_in:
            self._mounts[mounted.folder] = self._attachment
            return super().problem(attrs.evolve(mounted, card=self._card()))
        return super().problem(mounted)

    def mount(self, card: Card | None, *, cancel: Cancellation) -> MountedCard:
        if card is not None and self.is_plugged_in:
            card = self._card()
        return super().mount(card, cancel=cancel)


class TestCardThatIsKnownByItsDevice(_Card):
    REFUSED_BY = by(
        "a_card_that_was_plugged_in_again_is_not_the_one_that_was_mounted",
        "a_card_that_went_between_finding_and_mounting_is_lost",
    )
    KIND = _NameOnly


class _Lazy(MemoryCameraCard):
    """As `umount -l`: gone from the table, and used as before."""

    def unmount(self, mounted: MountedCard) -> None:
        self.is_busy = False
        super().unmount(mounted)


class TestCardThatIsUnmountedLazily(_Card):
    REFUSED_BY = by("a_card_in_use_is_not_unmounted")
    KIND = _Lazy


class _Silent(MemoryCameraCard):
    def unmount(self, mounted: MountedCard) -> None:
        try:
            super().unmount(mounted)
        except CardBusyError:
            return


class TestCardWhoseUnmountingSaysNothing(_Card):
    REFUSED_BY = by("a_card_in_use_is_not_unmounted")
    KIND = _Silent


class _Thorough(MemoryCameraCard):
    def unmount(self, mounted: MountedCard) -> None:
        super().unmount(attrs.evolve(mounted, is_ours=True))


class TestCardThatUnmountsWhatTheSystemMounted(_Card):
    REFUSED_BY = by("a_folder_that_the_system_mounts_is_taken_and_left_mounted")
    KIND = _Thorough


class _DeadIsDone(MemoryCameraCard):
    def unmount(self, mounted: MountedCard) -> None:
        if self.is_plugged_in:
            super().unmount(mounted)


class TestCardThatIsLeftMountedWhenDead(_Card):
    REFUSED_BY = by("a_dead_card_is_unmounted", "what_an_earlier_run_left_mounted_is_known_and_unmounted")
    KIND = _DeadIsDone


class _Forgetful(MemoryCameraCard):
    def leftovers(self) -> tuple[MountedCard, ...]:
        return ()


class TestCardThatForgetsWhatAnEarlierRunMounted(_Card):
    REFUSED_BY = by("what_an_earlier_run_left_mounted_is_known_and_unmounted")
    KIND = _Forgetful


class _Covering(MemoryCameraCard):
    def mount(self, card: Card | None, *, cancel: Cancellation) -> MountedCard:
        self.is_occupied = False
        return super().mount(card, cancel=cancel)


class TestCardThatIsMountedOverSomethingElse(_Card):
    REFUSED_BY = by("what_else_is_mounted_there_is_left_alone")
    KIND = _Covering


class _Deaf(MemoryCameraCard):
    def mount(self, card: Card | None, *, cancel: Cancellation) -> MountedCard:
        return super().mount(card, cancel=MemoryCancellation())


class TestCardThatIsMountedInSpiteOfAWishToStop(_Card):
    REFUSED_BY = by("after_a_wish_to_stop_nothing_is_mounted")
    KIND = _Deaf


class _Hasty(MemoryCameraCard):
    def find(self, *, within_s: float, cancel: Cancellation) -> Card:
        return super().find(within_s=0, cancel=cancel)


class TestCardThatIsNotWaitedFor(_Card):
    REFUSED_BY = by("a_card_is_waited_for")
    KIND = _Hasty


class _Patient(MemoryCameraCard):
    def find(self, *, within_s: float, cancel: Cancellation) -> Card:
        self.clock.advance(within_s)
        return self._card()


class TestCardThatIsInvented(_Card):
    REFUSED_BY = by("a_card_that_does_not_come_in_time_is_an_error", "nobody_waits_after_a_wish_to_stop")
    KIND = _Patient


class _AnyFolder(MemoryCameraCard):
    def mount(self, card: Card | None, *, cancel: Cancellation) -> MountedCard:
        if card is None and self.path is not None and self.path not in self._mounts:
            return MountedCard(folder=self.path, card=None, is_ours=False, device_number=0)
        if card is None and self.path is None:
            return super().mount(self._card(), cancel=cancel)
        return super().mount(card, cancel=cancel)


class TestCardThatIsAnEmptyMountPoint(_Card):
    REFUSED_BY = by(
        "a_folder_in_which_the_system_mounted_nothing_is_no_card", "a_card_that_the_system_should_mount_is_none_of_ours"
    )
    KIND = _AnyFolder


class _Blind(MemoryCameraCard):
    def mount(self, card: Card | None, *, cancel: Cancellation) -> MountedCard:
        try:
            return super().mount(card, cancel=cancel)
        except CardLostError:
            return MountedCard(folder=self.mount_base, card=card, is_ours=True, device_number=0)


class TestCardThatIsMountedWithoutBeingThere(_Card):
    REFUSED_BY = by("a_card_that_went_between_finding_and_mounting_is_lost")
    KIND = _Blind
