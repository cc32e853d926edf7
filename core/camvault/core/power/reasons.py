"""Pure: what is said of the power, with the figures that decided."""

from camvault.core.power.charge import percent_of
from camvault.core.power.readings import ExternalPower, PowerReading
from camvault.core.power.supply import Supply, SupplyMemory
from camvault.core.power.thresholds import PowerThresholds
from camvault.core.power.weak_charger import ChargerMemory


def power_words(reading: PowerReading, thresholds: PowerThresholds) -> str:
    """The power that was seen, and the levels that it is compared with."""
    if reading.external is ExternalPower.PRESENT:
        return Supply.EXTERNAL.value
    if reading.battery_mv is None:
        return "; ".join(reading.problems)
    levels = f"disconnect below {thresholds.disconnect}, shutdown below {thresholds.shutdown}"
    return f"battery at {reading.battery_mv} mV, about {percent_of(reading.battery_mv)} % ({levels})"


def waited_for(thresholds: PowerThresholds, supply: SupplyMemory) -> str:
    """What a battery that was low is waited for."""
    level = thresholds.resume or f"{thresholds.disconnect} and {thresholds.hysteresis_percent:g} % more"
    sag = f", less the {supply.sag_mv} mV that a camera takes from it" if supply.sag_mv else ""
    return f"comes back from {level} on{sag}"


def weak_words(charger: ChargerMemory, now_s: float) -> str:
    """How often external power was lost, and when it is tried again."""
    left_min = max(0.0, (charger.weak_until_s or now_s) - now_s) / 60
    lost = f"lost {charger.losses} times in a row when the camera was switched on"
    return f"{lost}; tried again in {left_min:.0f} minutes"
