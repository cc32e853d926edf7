"""How full a cell is by its voltage."""

import pytest

from camvault.core.power.charge import CHARGE_STEPS, percent_of


@pytest.mark.parametrize(("least_mv", "percent"), CHARGE_STEPS)
def test_a_step_begins_at_its_voltage(least_mv: int, percent: int) -> None:
    assert percent_of(least_mv) == percent
    assert percent_of(least_mv - 1) < percent


def test_an_empty_cell_has_the_least() -> None:
    assert percent_of(2000) == 5
