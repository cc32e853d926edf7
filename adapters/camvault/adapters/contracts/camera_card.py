"""Adapter for pytest: the contract of `CameraCard`."""

from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from pathlib import PurePath
from typing import Protocol

import pytest

from camvault.ports.camera_card import CameraCard, CardBusyError, CardError, CardLostError, MountedCard
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled

WITHIN_S = 30.0
"""How long a card that will be there is waited for."""


class CardHarness(Protocol):
    """A camera with a card, in a port, and the means to take it away. At first it is not plugged in."""

    @property
    def cards(self) -> CameraCard:
        """The adapter under test, of a port whose card it mounts itself."""
        ...

    @property
    def in_folder(self) -> CameraCard:
        """The same, of a card that the system mounts (`camera.path`); it waits a moment only."""
        ...

    @property
    def names(self) -> AbstractSet[str]:
        """What lies in the root of the card."""
        ...

    @property
    def cancel(self) -> Cancellation:
        """Not requested yet."""
        ...

    def request_stop(self) -> None:
        """Request `cancel`."""
        ...

    def plug_in(self) -> None:
        """Give the card power: its block device is there, another one each time."""
        ...

    def plug_in_soon(self) -> None:
        """Do so while somebody waits, long before `WITHIN_S`."""
        ...

    def pull(self) -> None:
        """Take its power; what is mounted stays mounted."""
        ...

    def stop_reading(self) -> None:
        """From now on the device is there, and gives nothing that is read."""
        ...

    def occupy(self) -> None:
        """Mount something else where the card would be mounted."""
        ...

    def mount_by_system(self) -> None:
        """Let the system mount the card, which is plugged in, at `camera.path`."""
        ...

    def hold(self, folder: PurePath) -> AbstractContextManager[None]:
        """Inside, a program uses what is mounted at the folder."""
        ...

    def listed(self, folder: PurePath) -> AbstractSet[str]:
        """What a program sees in the folder, as long as the card is alive."""
        ...

    def is_mounted(self, folder: PurePath) -> bool:
        """Whether the system says that something is mounted there."""
        ...


class CameraCardContract:
    """What core relies on: only the card below the port, only while it is alive, and unmounted when it says so.

    Provide:
        harness (`CardHarness`): A camera that is not plugged in.
    """

    @pytest.fixture
    def harness(self) -> CardHarness:
        """A camera, and the means to take it away."""
        raise NotImplementedError("provide the fixture `harness`")

    @pytest.fixture
    def mounted(self, harness: CardHarness) -> MountedCard:
        """The card, plugged in and mounted by the adapter."""
        harness.plug_in()
        return _mounted(harness)

    def test_a_card_is_waited_for(self, harness: CardHarness) -> None:
        harness.plug_in_soon()
        assert harness.cards.find(within_s=WITHIN_S, cancel=harness.cancel).filesystem

    def test_a_card_that_does_not_come_in_time_is_an_error(self, harness: CardHarness) -> None:
        with pytest.raises(CardError):
            harness.cards.find(within_s=0.5, cancel=harness.cancel)

    def test_nobody_waits_after_a_wish_to_stop(self, harness: CardHarness) -> None:
        harness.request_stop()
        with pytest.raises(Cancelled):
            harness.cards.find(within_s=WITHIN_S, cancel=harness.cancel)

    def test_a_mounted_card_shows_its_files_and_is_alive(self, harness: CardHarness, mounted: MountedCard) -> None:
        assert (mounted.is_ours, mounted.doubt) == (True, "")
        assert harness.listed(mounted.folder) == harness.names
        assert harness.cards.problem(mounted) == ""

    def test_a_card_that_lost_its_power_is_not_alive(self, harness: CardHarness, mounted: MountedCard) -> None:
        harness.pull()
        assert harness.cards.problem(mounted)

    def test_a_card_that_is_there_and_cannot_be_read_is_not_alive(
        self, harness: CardHarness, mounted: MountedCard
    ) -> None:
        harness.stop_reading()
        assert harness.cards.problem(mounted)

    def test_a_card_that_was_plugged_in_again_is_not_the_one_that_was_mounted(
        self, harness: CardHarness, mounted: MountedCard
    ) -> None:
        harness.pull()
        harness.plug_in()
        assert harness.cards.problem(mounted)
        again = _mounted(harness)
        assert harness.cards.problem(again) == ""
        assert harness.listed(again.folder) == harness.names

    def test_a_card_that_went_between_finding_and_mounting_is_lost(self, harness: CardHarness) -> None:
        harness.plug_in()
        card = harness.cards.find(within_s=WITHIN_S, cancel=harness.cancel)
        harness.pull()
        with pytest.raises(CardLostError):
            harness.cards.mount(card, cancel=harness.cancel)
        harness.plug_in()
        with pytest.raises(CardLostError):
            harness.cards.mount(card, cancel=harness.cancel)

    def test_what_else_is_mounted_there_is_left_alone(self, harness: CardHarness) -> None:
        harness.plug_in()
        card = harness.cards.find(within_s=WITHIN_S, cancel=harness.cancel)
        harness.occupy()
        with pytest.raises(CardError):
            harness.cards.mount(card, cancel=harness.cancel)

    def test_after_a_wish_to_stop_nothing_is_mounted(self, harness: CardHarness) -> None:
        harness.plug_in()
        card = harness.cards.find(within_s=WITHIN_S, cancel=harness.cancel)
        harness.request_stop()
        with pytest.raises(Cancelled):
            harness.cards.mount(card, cancel=harness.cancel)
        assert harness.cards.leftovers() == ()

    def test_an_unmounted_card_is_not_mounted(self, harness: CardHarness, mounted: MountedCard) -> None:
        harness.request_stop()  # which does not keep anybody from unmounting
        harness.cards.unmount(mounted)
        assert not harness.is_mounted(mounted.folder)
        assert harness.cards.problem(mounted)
        harness.cards.unmount(mounted)

    def test_a_dead_card_is_unmounted(self, harness: CardHarness, mounted: MountedCard) -> None:
        harness.pull()
        harness.cards.unmount(mounted)
        assert not harness.is_mounted(mounted.folder)

    def test_a_card_in_use_is_not_unmounted(self, harness: CardHarness, mounted: MountedCard) -> None:
        with harness.hold(mounted.folder):
            with pytest.raises(CardBusyError):
                harness.cards.unmount(mounted)
            assert harness.cards.problem(mounted) == ""
            assert harness.is_mounted(mounted.folder)
        harness.cards.unmount(mounted)
        assert not harness.is_mounted(mounted.folder)

    @pytest.mark.parametrize("is_dead", [False, True])
    def test_what_an_earlier_run_left_mounted_is_known_and_unmounted(
        self, harness: CardHarness, mounted: MountedCard, is_dead: bool
    ) -> None:
        if is_dead:
            harness.pull()
        (leftover,) = harness.cards.leftovers()
        assert (leftover.folder, leftover.is_ours) == (mounted.folder, True)
        harness.cards.unmount(leftover)
        assert harness.cards.leftovers() == ()
        assert not harness.is_mounted(mounted.folder)

    def test_a_card_is_mounted_in_the_place_of_what_was_left(self, harness: CardHarness, mounted: MountedCard) -> None:
        again = _mounted(harness)
        assert harness.cards.problem(again) == ""
        harness.cards.unmount(again)
        assert not harness.is_mounted(mounted.folder)

    def test_a_folder_that_the_system_mounts_is_taken_and_left_mounted(self, harness: CardHarness) -> None:
        harness.plug_in()
        harness.mount_by_system()
        found = harness.in_folder.mount(None, cancel=harness.cancel)
        assert (found.is_ours, found.doubt) == (False, "")
        assert harness.listed(found.folder) == harness.names
        assert harness.in_folder.problem(found) == ""
        harness.in_folder.unmount(found)
        assert harness.is_mounted(found.folder)
        assert harness.in_folder.leftovers() == ()
        harness.pull()
        assert harness.in_folder.problem(found)

    def test_a_folder_in_which_the_system_mounted_nothing_is_no_card(self, harness: CardHarness) -> None:
        with pytest.raises(CardError):
            harness.in_folder.mount(None, cancel=harness.cancel)

    def test_a_card_that_the_system_should_mount_is_none_of_ours(self, harness: CardHarness) -> None:
        harness.plug_in()
        with pytest.raises(CardError):
            harness.cards.mount(None, cancel=harness.cancel)


def _mounted(harness: CardHarness) -> MountedCard:
    card = harness.cards.find(within_s=WITHIN_S, cancel=harness.cancel)
    return harness.cards.mount(card, cancel=harness.cancel)
