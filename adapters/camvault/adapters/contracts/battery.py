"""Adapter for pytest: the contract of `Battery`."""

from collections.abc import Callable

import pytest

from camvault.ports.battery import Battery
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled

BoardOf = Callable[[int | None, int | None, int | None], Battery]
"""A battery whose board has these values of VBAT, VIN and VIN_THRESHOLD in mV; None: the register does not answer."""


class BatteryContract:
    """What core relies on: each register is what the board says, or None with a sentence; never a made-up value.

    Provide:
        board_of (`BoardOf`): The adapter under test, at a board with given registers.
        cancel (`Cancellation`): Not requested.
        requested (`Cancellation`): Requested already.
    """

    @pytest.fixture
    def board_of(self) -> BoardOf:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `board_of`")

    @pytest.fixture
    def cancel(self) -> Cancellation:
        """A cancellation that nobody requests."""
        raise NotImplementedError("provide the fixture `cancel`")

    @pytest.fixture
    def requested(self) -> Cancellation:
        """A cancellation that was requested."""
        raise NotImplementedError("provide the fixture `requested`")

    @pytest.mark.parametrize(
        ("vbat_mv", "vin_mv", "threshold_mv"), [(3325, 5208, 4498), (2950, 0, 4250), (41_981, 4_197_813, 0)]
    )
    def test_registers_are_what_the_board_says(
        self, board_of: BoardOf, cancel: Cancellation, vbat_mv: int, vin_mv: int, threshold_mv: int
    ) -> None:
        found = board_of(vbat_mv, vin_mv, threshold_mv).registers(cancel=cancel)
        assert (found.vbat_mv, found.vin_mv, found.vin_threshold_mv) == (vbat_mv, vin_mv, threshold_mv)
        assert found.words == ()

    def test_a_register_that_does_not_answer_is_none_and_has_its_sentence(
        self, board_of: BoardOf, cancel: Cancellation
    ) -> None:
        found = board_of(3325, None, 4498).registers(cancel=cancel)
        assert (found.vbat_mv, found.vin_mv, found.vin_threshold_mv) == (3325, None, 4498)
        (words,) = found.words
        assert words.startswith("VIN: ")

    def test_a_board_that_does_not_answer_has_three_sentences(self, board_of: BoardOf, cancel: Cancellation) -> None:
        found = board_of(None, None, None).registers(cancel=cancel)
        assert (found.vbat_mv, found.vin_mv, found.vin_threshold_mv) == (None, None, None)
        assert [words.partition(":")[0] for words in found.words] == ["VBAT", "VIN", "VIN_THRESHOLD"]

    def test_a_cancelled_reading_is_none(self, board_of: BoardOf, requested: Cancellation) -> None:
        with pytest.raises(Cancelled):
            board_of(3325, 5208, 4498).registers(cancel=requested)
