"""Adapter for pytest: the contract of `Units`."""

from typing import Protocol

import pytest

from camvault.ports.errors import ExistsError
from camvault.ports.units import Seat, UnitRole, Units

NAME = "record_camera_ROST2.service"


class UnitsHarness(Protocol):
    """The adapter, and the folders behind it; there is nothing in them."""

    @property
    def units(self) -> Units:
        """The adapter under test."""
        ...

    @property
    def header(self) -> str:
        """The first line by which a file is known to be generated."""
        ...

    def occupy(self, name: str, seat: Seat) -> None:
        """Put this under a unit's name in the manager's folder, in the place of what stands there.

        Asked for all but FREE and LINKED; an OTHER_LINK leads neither to a local file nor into a local folder.
        """
        ...

    def write_foreign(self, name: str) -> None:
        """Put a service that a person wrote into the local folder."""
        ...


def _daemon(harness: UnitsHarness) -> str:
    return f"{harness.header}\n[Service]\nExecStart=/bin/true\n\n[Install]\nWantedBy=multi-user.target\n"


def _job(harness: UnitsHarness) -> str:
    return f"{harness.header}\n[Service]\nType=oneshot\n"


def _timer(harness: UnitsHarness) -> str:
    return f"{harness.header}\n[Timer]\n\n[Install]\nWantedBy=timers.target\n"


class UnitsContract:
    """What core relies on: what was generated is replaced and removed, and what a person made is kept.

    That nobody but its owner can read a secret at any moment is for the tests of your adapter.

    Provide:
        harness (`UnitsHarness`): The adapter under test, and its folders.
    """

    @pytest.fixture
    def harness(self) -> UnitsHarness:
        """The adapter under test, and its folders."""
        raise NotImplementedError("provide the fixture `harness`")

    def test_folders_that_are_not_there_hold_no_units(self, harness: UnitsHarness) -> None:
        assert harness.units.local() == ()
        assert harness.units.orphans() == ()

    def test_what_is_written_is_listed_services_first(self, harness: UnitsHarness) -> None:
        for name, text in (
            ("a.timer", _timer(harness)),
            ("b.service", _job(harness)),
            (NAME, _daemon(harness)),
            ("b.service", _job(harness)),
        ):
            assert harness.units.write(name, text).name == name

        found = harness.units.local()

        assert [each.name for each in found] == ["b.service", NAME, "a.timer"]
        assert [each.role for each in found] == [UnitRole.JOB, UnitRole.DAEMON, UnitRole.TIMER]
        assert [each.is_installable for each in found] == [False, True, True]
        assert [each.text for each in found] == [_job(harness), _daemon(harness), _timer(harness)]
        assert all(each.is_generated for each in found)

    def test_only_generated_files_are_removed(self, harness: UnitsHarness) -> None:
        harness.units.write(NAME, _daemon(harness))
        harness.write_foreign("by_hand.service")

        harness.units.remove(NAME)
        harness.units.remove(NAME)
        with pytest.raises(ExistsError):
            harness.units.remove("by_hand.service")

        assert [(each.name, each.is_generated) for each in harness.units.local()] == [("by_hand.service", False)]

    def test_a_link_is_made_once(self, harness: UnitsHarness) -> None:
        harness.units.write(NAME, _daemon(harness))
        assert harness.units.place(NAME).seat is Seat.FREE

        harness.units.link(NAME)
        harness.units.link(NAME)

        assert harness.units.place(NAME).seat is Seat.LINKED

    @pytest.mark.parametrize("seat", [Seat.OTHER_LINK, Seat.GENERATED_FILE])
    def test_a_wrong_link_and_our_own_file_are_replaced(self, harness: UnitsHarness, seat: Seat) -> None:
        harness.units.write(NAME, _daemon(harness))
        harness.occupy(NAME, seat)
        assert harness.units.place(NAME).seat is seat

        harness.units.link(NAME)

        assert harness.units.place(NAME).seat is Seat.LINKED

    @pytest.mark.parametrize("seat", [Seat.FOREIGN_FILE, Seat.MASKED])
    def test_a_foreign_file_and_a_mask_are_kept(self, harness: UnitsHarness, seat: Seat) -> None:
        harness.units.write(NAME, _daemon(harness))
        harness.occupy(NAME, seat)

        with pytest.raises(ExistsError):
            harness.units.link(NAME)

        assert harness.units.place(NAME).seat is seat

    def test_a_link_without_its_file_is_an_orphan_until_it_is_unlinked(self, harness: UnitsHarness) -> None:
        for name in (NAME, "other.service"):
            harness.units.write(name, _daemon(harness))
            harness.units.link(name)
        harness.occupy("elsewhere.service", Seat.OTHER_LINK)

        harness.units.remove(NAME)
        assert harness.units.orphans() == (NAME,)
        harness.units.unlink(NAME)

        assert harness.units.orphans() == ()
        assert harness.units.place(NAME).seat is Seat.FREE
        assert harness.units.place("other.service").seat is Seat.LINKED

    def test_what_is_no_link_is_not_unlinked(self, harness: UnitsHarness) -> None:
        harness.occupy(NAME, Seat.FOREIGN_FILE)

        with pytest.raises(ExistsError):
            harness.units.unlink(NAME)

    def test_secrets_are_kept_replaced_and_forgotten(self, harness: UnitsHarness) -> None:
        assert not harness.units.has_secret("a", "x\n")
        assert not harness.units.forget_secret("a")

        harness.units.keep_secret("a", "old\n")
        harness.units.keep_secret("a", 'n%w"$\n')

        assert harness.units.has_secret("a", 'n%w"$\n')
        assert not harness.units.has_secret("a", "old\n")
        assert harness.units.forget_secret("a")
        assert not harness.units.has_secret("a", 'n%w"$\n')

    def test_what_was_applied_is_remembered(self, harness: UnitsHarness) -> None:
        assert harness.units.applied(NAME) == ""

        harness.units.mark_applied(NAME, "abc")
        assert harness.units.applied(NAME) == "abc"

        harness.units.mark_applied(NAME, "")
        harness.units.mark_applied(NAME, "")
        assert harness.units.applied(NAME) == ""
