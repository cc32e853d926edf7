"""Adapter for pytest: the contract of `Supervision`."""

from collections.abc import Callable, Sequence

import pytest

from camvault.ports.supervision import Supervision

Heard = Callable[[], Sequence[tuple[str, str]]]
"""What arrived at the manager, in order: "ready", "alive" or "stopping", and the status that came with it or ""."""

HOSTILE = "a\nREADY=1\r\x00\udcff\u2028 🎉"


class SupervisionContract:
    """What core relies on: the manager hears each word, a status forges none, and a missing manager is no error.

    Provide:
        supervision (`Supervision`): The adapter under test, with a manager that listens.
        heard (`Heard`): What that manager heard.
        unsupervised (`Supervision`): An adapter without a manager, or with one that is gone.
    """

    @pytest.fixture
    def supervision(self) -> Supervision:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `supervision`")

    @pytest.fixture
    def heard(self, supervision: Supervision) -> Heard:
        """What the manager heard."""
        raise NotImplementedError("provide the fixture `heard`")

    @pytest.fixture
    def unsupervised(self) -> Supervision:
        """An adapter without a manager."""
        raise NotImplementedError("provide the fixture `unsupervised`")

    def test_the_manager_hears_every_word_in_order(self, supervision: Supervision, heard: Heard) -> None:
        supervision.ready()
        supervision.alive()
        supervision.alive("3 frames")
        supervision.stopping()

        assert heard() == [("ready", ""), ("alive", ""), ("alive", "3 frames"), ("stopping", "")]

    def test_a_status_is_one_line_and_says_nothing_else(self, supervision: Supervision, heard: Heard) -> None:
        supervision.alive(HOSTILE)

        ((word, status),) = heard()
        assert word == "alive"
        assert len(status.split("\n")) == 1

    def test_without_a_manager_nothing_happens(self, unsupervised: Supervision) -> None:
        unsupervised.ready()
        unsupervised.alive("status")
        unsupervised.stopping()
