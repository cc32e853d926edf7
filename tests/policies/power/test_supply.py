"""What the power allows, from one reading to the next."""

from collections.abc import Sequence

import pytest

from camvault.core.power.readings import ExternalPower, PowerReading
from camvault.core.power.supply import Supply, SupplyMemory, supply_of
from camvault.core.power.thresholds import PowerLevel, PowerThresholds

AC = "external power"
"""Stands for a reading with external power."""


def supplies(readings: Sequence[int | str | None], thresholds: PowerThresholds, *, every_s: float = 30) -> list[Supply]:
    """The supply after each reading of the battery in mV; None: nothing is known."""
    memory, found = SupplyMemory(), []
    for number, read in enumerate(readings):
        reading = PowerReading(
            battery_mv=read if isinstance(read, int) else None,
            external=ExternalPower.PRESENT if read == AC else ExternalPower.ABSENT,
        )
        supply, memory = supply_of(memory, reading, now_s=number * every_s, thresholds=thresholds)
        found.append(supply)
    return found


S = Supply


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([3350, 3349, 3250, 3249], [S.ENOUGH, S.LOW, S.LOW, S.CRITICAL]),
        ([3349, 3350, 3399, 3400], [S.LOW, S.LOW, S.LOW, S.ENOUGH]),
        ([3249, 3349, 3400], [S.CRITICAL, S.LOW, S.ENOUGH]),
        ([2500, AC, 3350, 3349], [S.CRITICAL, S.EXTERNAL, S.ENOUGH, S.LOW]),
        ([None, 3400, None, 3100], [S.UNKNOWN, S.ENOUGH, S.UNKNOWN, S.CRITICAL]),
        ([3100, None, AC, None], [S.CRITICAL, S.UNKNOWN, S.EXTERNAL, S.UNKNOWN]),
    ],
)
def test_at_once(readings: list[int | str | None], expected: list[Supply]) -> None:
    assert supplies(readings, PowerThresholds()) == expected


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        # A sag of one reading does nothing
        ([3400, 3100, 3400], [S.ENOUGH, S.ENOUGH, S.ENOUGH]),
        ([3400, 3100, 3100, 3100], [S.ENOUGH, S.ENOUGH, S.ENOUGH, S.CRITICAL]),
        # Below disconnect all the time, below shutdown only now
        ([3400, 3340, 3100, 3340], [S.ENOUGH, S.ENOUGH, S.ENOUGH, S.LOW]),
        ([3300, 3400, 3400, 3400], [S.LOW, S.LOW, S.LOW, S.ENOUGH]),
        # What is not known neither counts nor takes back
        ([3400, 3100, None, 3100], [S.ENOUGH, S.ENOUGH, S.UNKNOWN, S.CRITICAL]),
        ([3400, 3100, AC, 3100], [S.ENOUGH, S.ENOUGH, S.EXTERNAL, S.ENOUGH]),
    ],
)
def test_after_the_dwell_time(readings: list[int | str | None], expected: list[Supply]) -> None:
    assert supplies(readings, PowerThresholds(dwell_s=60)) == expected


def test_a_machine_that_has_just_started_switches_nothing_on_below_resume() -> None:
    thresholds = PowerThresholds(resume=PowerLevel(70))
    assert supplies([3400, 3440, 3450], thresholds) == [S.LOW, S.LOW, S.ENOUGH]


def test_resume_does_not_count_for_what_was_never_off() -> None:
    assert supplies([3450, 3400], PowerThresholds(resume=PowerLevel(70))) == [S.ENOUGH, S.ENOUGH]


def loaded(readings: Sequence[tuple[int, bool] | None], thresholds: PowerThresholds) -> list[Supply]:
    """The supply after each reading of the battery in mV, and whether the camera had power."""
    memory, found = SupplyMemory(), []
    for number, read in enumerate(readings):
        battery_mv, is_loaded = read or (None, False)
        reading = PowerReading(battery_mv=battery_mv, external=ExternalPower.ABSENT)
        supply, memory = supply_of(memory, reading, now_s=30.0 * number, thresholds=thresholds, is_loaded=is_loaded)
        found.append(supply)
    return found


@pytest.mark.parametrize(
    ("readings", "last"),
    [
        # It rose by 70 mV when the load was off: 3400 mV are no recovery, 3470 are one
        ([(3340, True), (3410, False)], S.LOW),
        ([(3340, True), (3410, False), (3469, False)], S.LOW),
        ([(3340, True), (3410, False), (3470, False)], S.ENOUGH),
        ([(3340, True), None, (3410, False)], S.LOW),
        # It did not rise
        ([(3340, True), (3340, False), (3400, False)], S.ENOUGH),
        ([(3340, True), (3330, False), (3400, False)], S.ENOUGH),
        # It rose by more than a battery can: the reading under load was wrong
        ([(2900, True), (3301, False), (3400, False)], S.ENOUGH),
        ([(2900, True), (3300, False), (3400, False)], S.LOW),
        # Only what was read under load counts
        ([(3340, False), (3400, False)], S.ENOUGH),
    ],
)
def test_a_battery_that_was_low_under_load_is_recovered_by_more_than_it_rose(
    readings: list[tuple[int, bool] | None], last: Supply
) -> None:
    assert loaded(readings, PowerThresholds())[-1] is last
