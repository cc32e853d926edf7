"""Wrong adapters of `Battery`."""

from collections.abc import Callable

import attrs
import pytest

from camvault.adapters.contracts.battery import BatteryContract, BoardOf
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.memory.battery import MemoryBattery
from camvault.ports.battery import PowerRegisters
from camvault.ports.cancellation import Cancellation
from tests.contracts.wrong.refusal import by

_REASONS = (
    "a_register_that_does_not_answer_is_none_and_has_its_sentence",
    "a_board_that_does_not_answer_has_three_sentences",
)


class _Battery(BatteryContract):
    KIND: Callable[..., MemoryBattery]

    @pytest.fixture
    def board_of(self) -> BoardOf:
        return type(self).KIND

    @pytest.fixture
    def cancel(self) -> MemoryCancellation:
        return MemoryCancellation()

    @pytest.fixture
    def requested(self) -> MemoryCancellation:
        cancel = MemoryCancellation()
        cancel.request()
        return cancel


class _Inventing(MemoryBattery):
    def registers(self, *, cancel: Cancellation) -> PowerRegisters:
        found = super().registers(cancel=cancel)
        return attrs.evolve(found, vin_mv=found.vin_mv or 0, words=())


class TestBatteryThatInventsWhatItCannotRead(_Battery):
    REFUSED_BY = by(*_REASONS)
    KIND = _Inventing


class _Silent(MemoryBattery):
    def registers(self, *, cancel: Cancellation) -> PowerRegisters:
        return attrs.evolve(super().registers(cancel=cancel), words=())


class TestBatteryThatGivesNoReason(_Battery):
    REFUSED_BY = by(*_REASONS)
    KIND = _Silent


class _Judging(MemoryBattery):
    def registers(self, *, cancel: Cancellation) -> PowerRegisters:
        found = super().registers(cancel=cancel)
        return attrs.evolve(found, vbat_mv=min(found.vbat_mv or 0, 4000) if found.vbat_mv is not None else None)


class TestBatteryThatBendsItsValues(_Battery):
    REFUSED_BY = by("registers_are_what_the_board_says")
    KIND = _Judging


class _Deaf(MemoryBattery):
    def registers(self, *, cancel: Cancellation) -> PowerRegisters:
        return super().registers(cancel=MemoryCancellation())


class TestBatteryThatCannotBeStopped(_Battery):
    REFUSED_BY = by("a_cancelled_reading_is_none")
    KIND = _Deaf
