"""Adapter for pytest: the contract of `Reach`."""

import pytest

from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled
from camvault.ports.reach import Reach


class ReachContract:
    """What core relies on: a server that answers is reached, and nothing else is; each with its sentence.

    Provide:
        near (`Reach`): The adapter under test, to a server that answers.
        away (`Reach`): One to a server that does not.
        cancel (`Cancellation`): Not requested.
        requested (`Cancellation`): Requested already.
    """

    @pytest.fixture
    def near(self) -> Reach:
        """The way to a server that answers."""
        raise NotImplementedError("provide the fixture `near`")

    @pytest.fixture
    def away(self) -> Reach:
        """The way to a server that does not answer."""
        raise NotImplementedError("provide the fixture `away`")

    @pytest.fixture
    def cancel(self) -> Cancellation:
        """A cancellation that nobody requests."""
        raise NotImplementedError("provide the fixture `cancel`")

    @pytest.fixture
    def requested(self) -> Cancellation:
        """A cancellation that was requested."""
        raise NotImplementedError("provide the fixture `requested`")

    def test_a_server_that_answers_is_reached(self, near: Reach, cancel: Cancellation) -> None:
        found = near.look(cancel=cancel)
        assert found.is_reached
        assert found.words

    def test_a_server_that_does_not_answer_is_not_reached(self, away: Reach, cancel: Cancellation) -> None:
        """And it is said why, in one line."""
        found = away.look(cancel=cancel)
        assert not found.is_reached
        assert found.words
        assert "\n" not in found.words

    def test_a_look_that_is_stopped_says_nothing(self, near: Reach, away: Reach, requested: Cancellation) -> None:
        for reach in (near, away):
            with pytest.raises(Cancelled):
                reach.look(cancel=requested)
