"""The contract of `Battery`, on memory, and on the grammar of lifepo4wered-cli."""

from itertools import count
from pathlib import Path, PurePath

import pytest

from camvault.adapters.contracts.battery import BatteryContract, BoardOf
from camvault.adapters.lifepo4wered import Lifepo4weredBattery
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.memory.battery import MemoryBattery
from camvault.ports.battery import Battery
from camvault.ports.errors import MissingToolError
from tests.dashcam.board import Board

REGISTERS = ("VBAT", "VIN", "VIN_THRESHOLD")


class Cancellations:
    @pytest.fixture
    def cancel(self) -> MemoryCancellation:
        return MemoryCancellation()

    @pytest.fixture
    def requested(self) -> MemoryCancellation:
        cancel = MemoryCancellation()
        cancel.request()
        return cancel


class TestMemoryBattery(Cancellations, BatteryContract):
    @pytest.fixture
    def board_of(self) -> BoardOf:
        return MemoryBattery


class TestLifepo4weredBattery(Cancellations, BatteryContract):
    @pytest.fixture(params=[-1, -2])
    def board_of(self, request: pytest.FixtureRequest, tmp_path: Path) -> BoardOf:
        numbers = count()

        def board(*values: int | None) -> Battery:
            answers = [request.param if value is None else value for value in values]
            made = Board(tmp_path / str(next(numbers)), dict(zip(REGISTERS, answers, strict=True)))
            return Lifepo4weredBattery(PurePath(made.program))

        return board

    @pytest.mark.parametrize("answer", ["0x0CFD", "", "3325 mV", "3325\n3326", "VBAT = 3325", "9" * 11, "3.3", "hang"])
    def test_what_is_no_whole_number_in_time_is_none(self, answer: str, tmp_path: Path) -> None:
        made = Board(tmp_path, {"VBAT": answer, "VIN": 5208, "VIN_THRESHOLD": 4498})
        battery = Lifepo4weredBattery(PurePath(made.program), limit_s=1.0)
        found = battery.registers(cancel=MemoryCancellation())
        assert (found.vbat_mv, found.vin_mv, found.vin_threshold_mv) == (None, 5208, 4498)
        assert len(found.words) == 1

    def test_three_registers_are_asked_for_by_name_and_nothing_else(self, tmp_path: Path) -> None:
        made = Board(tmp_path, {"VBAT": 3325, "VIN": 0, "VIN_THRESHOLD": 4498})
        Lifepo4weredBattery(PurePath(made.program)).registers(cancel=MemoryCancellation())
        assert made.asked == ["get VBAT", "get VIN", "get VIN_THRESHOLD"]

    def test_a_tool_that_is_missing_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(MissingToolError, match="lifepo4wered-cli"):
            Lifepo4weredBattery(PurePath(tmp_path / "lifepo4wered-cli")).registers(cancel=MemoryCancellation())
