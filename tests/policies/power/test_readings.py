"""What the registers of a UPS say, and what they cannot say."""

from typing import Any

import attrs
import pytest

from camvault.core.power.readings import ExternalPower, judged
from camvault.ports.battery import PowerRegisters


def registers(**changes: Any) -> PowerRegisters:
    return attrs.evolve(PowerRegisters(vbat_mv=3325, vin_mv=5208, vin_threshold_mv=4498), **changes)


def test_registers_within_their_bounds_are_believed() -> None:
    reading = judged(registers())
    assert (reading.battery_mv, reading.external, reading.problems) == (3325, ExternalPower.PRESENT, ())


@pytest.mark.parametrize(
    ("vin_mv", "external"),
    [(4498, ExternalPower.PRESENT), (4497, ExternalPower.ABSENT), (0, ExternalPower.ABSENT)],
)
def test_power_comes_in_from_the_threshold_on(vin_mv: int, external: ExternalPower) -> None:
    assert judged(registers(vin_mv=vin_mv)).external is external


@pytest.mark.parametrize("garbage", [-1, -2, 6501, 41_981, 4_197_813])
def test_garbage_of_the_input_is_no_power_and_no_lack_of_it(garbage: int) -> None:
    reading = judged(registers(vin_mv=garbage))
    assert reading.external is ExternalPower.UNKNOWN
    assert reading.problems == (f"VIN: found {garbage} mV, expected 0 to 6500 mV",)


def test_what_could_not_be_read_is_told_in_the_words_of_the_tool() -> None:
    reading = judged(registers(vin_mv=None, vbat_mv=None, words=("VIN: no bus", "VBAT: no bus")))
    assert (reading.battery_mv, reading.external) == (None, ExternalPower.UNKNOWN)
    assert reading.problems == ("VIN: no bus", "VBAT: no bus")


@pytest.mark.parametrize("garbage", [None, -1, 0, 5, 3599, 6501, 41_981])
def test_without_a_threshold_above_which_a_cell_is_charged_nothing_is_power(garbage: int | None) -> None:
    assert judged(registers(vin_threshold_mv=garbage)).external is ExternalPower.UNKNOWN


def test_the_least_threshold_that_is_believed() -> None:
    assert judged(registers(vin_threshold_mv=3600, vin_mv=3600)).external is ExternalPower.PRESENT


@pytest.mark.parametrize("garbage", [-1, -2, 0, 1999, 4001, 41_981])
def test_garbage_of_the_battery_is_not_known(garbage: int) -> None:
    reading = judged(registers(vbat_mv=garbage))
    assert reading.battery_mv is None
    assert reading.problems == (f"VBAT: found {garbage} mV, expected 2000 to 4000 mV",)
