"""The levels of a battery below which something is done."""

import pytest

from camvault.core.power.thresholds import PowerLevel, PowerThresholds


def test_a_level_is_above_a_battery_that_is_strictly_below_it() -> None:
    assert not PowerLevel(50).is_above(3350)
    assert PowerLevel(50).is_above(3349)
    assert not PowerLevel(50, millivolts=3310).is_above(3310)
    assert PowerLevel(50, millivolts=3310).is_above(3309)


def test_a_level_is_said_as_it_was_given() -> None:
    assert (str(PowerLevel(50)), str(PowerLevel(50, millivolts=3310))) == ("50 %", "3310 mV")


@pytest.mark.parametrize(
    ("resume", "least_mv"),
    [(None, 3400), (PowerLevel(70), 3450), (PowerLevel(0, millivolts=3370), 3370)],
)
def test_what_was_switched_off_comes_back_above_the_hysteresis_or_from_resume_on(
    resume: PowerLevel | None, least_mv: int
) -> None:
    thresholds = PowerThresholds(resume=resume)
    assert thresholds.is_recovered(least_mv)
    assert not thresholds.is_recovered(least_mv - 1)


def test_a_full_battery_has_recovered_whatever_the_hysteresis() -> None:
    assert PowerThresholds(disconnect=PowerLevel(90), hysteresis_percent=50).is_recovered(3650)


def test_below_disconnect_nothing_has_recovered() -> None:
    assert not PowerThresholds(disconnect=PowerLevel(0, millivolts=3500), hysteresis_percent=0).is_recovered(3499)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, ""),
        ({"shutdown": PowerLevel(50)}, ""),
        ({"shutdown": PowerLevel(60)}, "shutdown at 60 % is above disconnect at 50 %, expected it at or below that"),
        ({"resume": PowerLevel(50)}, ""),
        ({"resume": PowerLevel(40)}, "resume at 40 % is below disconnect at 50 %, expected it at or above that"),
        (
            {"disconnect": PowerLevel(0, millivolts=3300), "shutdown": PowerLevel(0, millivolts=3301)},
            "shutdown at 3301 mV is above disconnect at 3300 mV, expected it at or below that",
        ),
        ({"disconnect": PowerLevel(0, millivolts=3300), "shutdown": PowerLevel(40)}, ""),
        (
            {"shutdown": PowerLevel(25, millivolts=3390)},  # which is about 50 %, and above the 3350 mV of 50 %
            "shutdown at 3390 mV is above disconnect at 50 %, expected it at or below that",
        ),
        (
            {"disconnect": PowerLevel(50, millivolts=3299), "shutdown": PowerLevel(40)},
            "shutdown at 40 % is above disconnect at 3299 mV, expected it at or below that",
        ),
        ({"disconnect": PowerLevel(0), "shutdown": PowerLevel(0)}, ""),
        (
            {"shutdown": PowerLevel(5)},
            "shutdown at 5 %, and every voltage is taken for 5 % at least, expected more than 5 %, or 0 for never",
        ),
        (
            {"disconnect": PowerLevel(0.5), "shutdown": PowerLevel(0.25)},
            "disconnect at 0.5 %, and every voltage is taken for 5 % at least, expected more than 5 %, or 0 for never",
        ),
        ({"shutdown": PowerLevel(5, millivolts=3000)}, ""),
    ],
)
def test_thresholds_that_contradict_one_another_are_named(changes: dict[str, PowerLevel], problem: str) -> None:
    found = PowerThresholds(**changes).contradiction  # type: ignore[arg-type]
    assert (f"{found.found}, expected {found.expected}" if found else "") == problem


@pytest.mark.parametrize(
    ("level", "least_mv"),
    [
        (PowerLevel(50), 3350),
        (PowerLevel(51), 3400),
        (PowerLevel(100), 3650),
        (PowerLevel(5), 0),
        (PowerLevel(6), 3100),
    ],
)
def test_the_least_voltage_that_is_not_below_a_level(level: PowerLevel, least_mv: int) -> None:
    assert level.least_mv == least_mv
    assert not level.is_above(least_mv)
    assert least_mv == 0 or level.is_above(least_mv - 1)


def test_the_least_voltage_of_a_level_in_millivolts_is_itself() -> None:
    assert PowerLevel(50, millivolts=3310).least_mv == 3310
