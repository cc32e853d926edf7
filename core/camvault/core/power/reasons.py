"""Pure: what is said of the power, with the figures that decided."""

from camvault.core.power.charge import percent_of
from camvault.core.power.readings import ExternalPower, PowerReading
from camvault.core.power.supply import Supply, SupplyMemory
from camvault.core.power.thresholds import PowerThresholds


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
