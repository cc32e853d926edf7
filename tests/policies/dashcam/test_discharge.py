"""How fast the battery falls under which load."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.discharge import Discharge
from camvault.core.power.readings import ExternalPower, PowerReading
from camvault.core.power.table import BoxState

R, C, S = BoxState.RECORDING, BoxState.COPYING, BoxState.SENDING


def read(discharge: Discharge, values: list[float | None], *, state: BoxState = R, from_s: float = 0) -> Discharge:
    """One reading each 30 s."""
    for number, value in enumerate(values):
        reading = PowerReading(battery_mv=None if value is None else round(value), external=ExternalPower.ABSENT)
        discharge = discharge.read(reading, state=state, now_s=from_s + 30 * number)
    return discharge


def falling(mv_per_min: float, count: int = 20, begin_mv: float = 3400) -> list[float | None]:
    return [begin_mv - mv_per_min * number / 2 for number in range(count)]


def test_a_steady_fall_is_known_with_its_load() -> None:
    slope = read(Discharge(), falling(4)).steepest
    assert slope is not None
    assert (slope.mv_per_min, slope.load) == (4, R)


def test_a_sag_a_wrong_reading_and_what_is_not_known_change_little() -> None:
    values = falling(4)
    values[0], values[8], values[11] = 3550, 2500, None
    slope = read(Discharge(), values).steepest
    assert slope is not None
    assert slope.mv_per_min == pytest.approx(4, rel=0.1)


def test_the_fastest_fall_that_is_known_counts() -> None:
    discharge = read(read(Discharge(), falling(2)), falling(6, begin_mv=3380), state=C, from_s=600)
    discharge = read(discharge, falling(3, begin_mv=3320), state=S, from_s=1200)
    slope = discharge.steepest
    assert slope is not None
    assert (slope.mv_per_min, slope.load) == (6, C)


@pytest.mark.parametrize(
    "discharge",
    [
        Discharge(),
        read(Discharge(), falling(4, count=9)),  # not for long enough
        read(Discharge(), [3330] * 20),  # flat
        read(Discharge(), falling(-1)),  # it rises
        read(Discharge(), falling(4), state=BoxState.RESTING),  # without a camera
        read(Discharge(), falling(4)).read(
            PowerReading(battery_mv=3400, external=ExternalPower.PRESENT), state=R, now_s=900
        ),
    ],
)
def test_otherwise_nothing_is_known(discharge: Discharge) -> None:
    assert discharge.steepest is None


def test_readings_of_one_moment_have_no_slope_between_them() -> None:
    discharge = Discharge()
    for now_s, battery_mv in ((0, 3400), (100, 3400), (100, 3300), (200, 3390), (300, 3380), (400, 3370)):
        reading = PowerReading(battery_mv=battery_mv, external=ExternalPower.ABSENT)
        discharge = discharge.read(reading, state=R, now_s=now_s)
    slope = discharge.steepest
    assert slope is not None
    assert slope.mv_per_min == pytest.approx(6, rel=0.2)


@given(st.lists(st.one_of(st.none(), st.integers(2000, 4000)), max_size=60), st.sampled_from(BoxState))
def test_what_is_known_is_a_fall_that_was_seen(values: list[float | None], state: BoxState) -> None:
    discharge = read(Discharge(), values, state=state)
    slope = discharge.steepest
    assert slope is None or (slope.load is state and 0 < slope.mv_per_min <= 4000)
    assert len(discharge.readings) <= 30
