"""Adapter for pytest: the contract of `Pulse`."""

from collections.abc import Callable

import pytest

from camvault.ports.errors import AlertError
from camvault.ports.pulse import Pulse

Taken = Callable[[], int]
"""How many signs arrived at the other side so far."""


class PulseContract:
    """What core relies on: a sign that was given has arrived, and one that was not is an error that tells no secret.

    Provide:
        pulse (`Pulse`): A way that works.
        taken (`Taken`): What arrived by way of `pulse`.
        unreachable (`Pulse`): One of the same kind behind which nobody answers.
        secret (str): What is in no message.
    """

    @pytest.fixture
    def pulse(self) -> Pulse:
        """A way that works."""
        raise NotImplementedError("provide the fixture `pulse`")

    @pytest.fixture
    def taken(self, pulse: Pulse) -> Taken:
        """What arrived by way of `pulse`."""
        raise NotImplementedError("provide the fixture `taken`")

    @pytest.fixture
    def unreachable(self) -> Pulse:
        """A way behind which nobody answers."""
        raise NotImplementedError("provide the fixture `unreachable`")

    @pytest.fixture
    def secret(self) -> str:
        """What is in no message."""
        raise NotImplementedError("provide the fixture `secret`")

    def test_each_beat_is_one_sign(self, pulse: Pulse, taken: Taken) -> None:
        assert taken() == 0
        pulse.beat()
        pulse.beat()
        assert taken() == 2

    def test_a_sign_that_nobody_takes_is_an_error_without_a_secret(self, unreachable: Pulse, secret: str) -> None:
        with pytest.raises(AlertError) as caught:
            unreachable.beat()
        assert secret not in f"{caught.value}{caught.value!r}{unreachable!r}"
        assert caught.value.__cause__ is None
