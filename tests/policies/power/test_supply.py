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
