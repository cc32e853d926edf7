"""Composition root, shared part: what is known of the power, for people and for programs."""

import json
from collections.abc import Iterator, Mapping

from camvault.core.power.charge import percent_of
from camvault.core.power.readings import ExternalPower, PowerReading

_EXTERNAL_WORDS = {ExternalPower.PRESENT: "yes", ExternalPower.ABSENT: "no", ExternalPower.UNKNOWN: "not known"}
_IS_EXTERNAL = {ExternalPower.PRESENT: True, ExternalPower.ABSENT: False}


def as_lines(reading: PowerReading) -> Iterator[str]:
    """A line for the battery, one for the power that comes in, and one for each problem."""
    battery_mv = reading.battery_mv
    battery = "not known" if battery_mv is None else f"{battery_mv} mV, about {percent_of(battery_mv)} %"
    yield f"battery         {battery}"
    yield f"external power  {_EXTERNAL_WORDS[reading.external]}"
    yield from (f"                {problem}" for problem in reading.problems)


def as_json(reading: PowerReading) -> Iterator[str]:
    """One object; what is not known is null."""
    yield from json.dumps({**power_values(reading), "problems": list(reading.problems)}, indent=2).splitlines()


def power_values(reading: PowerReading) -> Mapping[str, int | bool | None]:
    """What is known, by its keys; what is not known is None."""
    battery_mv = reading.battery_mv
    return {
        "battery_mv": battery_mv,
        "battery_percent": None if battery_mv is None else percent_of(battery_mv),
        "external_power": _IS_EXTERNAL.get(reading.external),
    }
