"""How many minutes the power gives."""

import pytest

from camvault.core.dashcam.battery_minutes import MOST_MIN, battery_minutes
from camvault.core.dashcam.discharge import Discharge, Slope
from camvault.core.power.readings import ExternalPower, PowerReading
from camvault.core.power.table import BoxState
from camvault.core.power.thresholds import PowerLevel

FALLING = Discharge(learnt={BoxState.RECORDING: Slope(2.5, BoxState.RECORDING)})


def reading(battery_mv: int | None, external: ExternalPower = ExternalPower.ABSENT) -> PowerReading:
    return PowerReading(battery_mv=battery_mv, external=external)


@pytest.mark.parametrize(
    ("battery_mv", "sag_mv", "level", "minutes", "words"),
    [
        (
            3400,
            0,
            PowerLevel(50),
            20,
            "about 20 minutes until disconnect at 50 %: it fell by 2.5 mV a minute while rec",
        ),
        (3400, 25, PowerLevel(50), 10, "about 10 minutes"),
        (3400, 0, PowerLevel(45), 20, "about 20 minutes until disconnect at 45 %"),
        (3400, 0, PowerLevel(50, millivolts=3300), 40, "about 40 minutes until disconnect at 3300 mV"),
        (3200, 0, PowerLevel(0), 100, "about 100 minutes until disconnect at 0 %"),
        (3350, 0, PowerLevel(50), 0, "gives no minute: under the camera it is at or below disconnect at 50 %"),
        (3390, 60, PowerLevel(50), 0, "gives no minute"),
        (3999, 0, PowerLevel(0, millivolts=2000), 419.6, "about 420 minutes"),
    ],
)
def test_until_disconnect(battery_mv: int, sag_mv: int, level: PowerLevel, minutes: float, words: str) -> None:
    found = battery_minutes(reading(battery_mv), level, FALLING, sag_mv=sag_mv)
    assert found.minutes == minutes
    assert words in found.words


def test_of_a_flat_battery_nobody_can_tell_more() -> None:
    flat = Discharge(learnt={BoxState.RECORDING: Slope(0.06, BoxState.RECORDING)})
    found = battery_minutes(reading(3400), PowerLevel(50), flat)
    assert found.minutes == MOST_MIN
    assert "more than 600 minutes" in found.words


@pytest.mark.parametrize(
    ("read", "discharge", "words"),
    [
        (reading(None), FALLING, "not known: its voltage is not"),
        (reading(3400), Discharge(), "not known: it was not seen to fall"),
        (reading(None, ExternalPower.UNKNOWN), FALLING, "not known: its voltage is not"),
    ],
)
def test_what_is_not_known_is_called_so(read: PowerReading, discharge: Discharge, words: str) -> None:
    found = battery_minutes(read, PowerLevel(50), discharge)
    assert found.minutes is None
    assert words in found.words


def test_with_external_power_the_battery_does_not_count() -> None:
    found = battery_minutes(reading(None, ExternalPower.PRESENT), PowerLevel(50), FALLING)
    assert (found.minutes, found.words) == (None, "External power is there: the battery does not count.")
