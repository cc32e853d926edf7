"""Pure: what the power allows, from one reading to the next.

| seen                                                        | supply                                               |
|-------------------------------------------------------------|------------------------------------------------------|
| external power                                              | EXTERNAL, at once                                    |
| nothing that is known of the battery, no external power     | UNKNOWN: for this reading; what was counted stays    |
| below `shutdown` for the dwell time                         | CRITICAL                                             |
| below `disconnect` for the dwell time                       | LOW                                                  |
| above, after LOW or CRITICAL                                | LOW, until it is recovered for the dwell time        |
| below `resume` when the machine has just started            | LOW, the same                                        |
| anything else                                               | ENOUGH                                               |

The times are monotonic. Between ENOUGH and LOW lies at least the dwell time in both directions (INV-33).

A voltage falls under the load of a camera and rises without it. A battery that was LOW under load is recovered without
load only if it is so by more than it rose: otherwise a battery that stays the same would switch the camera for ever.
"""

import enum

import attrs

from camvault.core.power.readings import ExternalPower, PowerReading
from camvault.core.power.thresholds import PowerThresholds


class Supply(enum.Enum):
    """What the power allows."""

    EXTERNAL = "external power"
    ENOUGH = "the battery is full enough"
    LOW = "the battery is low"
    CRITICAL = "the battery is almost empty"
    UNKNOWN = "the power is not known"


MOST_SAG_MV = 400
"""More than that is not the sag of one cell under a camera, but a reading that was wrong."""


@attrs.frozen(kw_only=True)
class SupplyMemory:
    """What was seen so far.

    Attributes:
        settled: The last supply that was known; UNKNOWN if none was since the machine started.
        low_since_s: Since when every reading of the battery was below `disconnect`; None if the last one was not.
        critical_since_s: The same for `shutdown`.
        recovered_since_s: Since when every one was high enough to come back.
        loaded_mv: The last reading under load, if none was without load since.
        sag_mv: By how much the battery rose when the load was last taken off it.
    """

    settled: Supply = Supply.UNKNOWN
    low_since_s: float | None = None
    critical_since_s: float | None = None
    recovered_since_s: float | None = None
    loaded_mv: int | None = None
    sag_mv: int = 0


def supply_of(
    memory: SupplyMemory,
    reading: PowerReading,
    *,
    now_s: float,
    thresholds: PowerThresholds,
    is_loaded: bool | None = False,
) -> tuple[Supply, SupplyMemory]:
    """What the power allows now, and what is to be remembered; `is_loaded`: the camera has power; None: not known."""
    if reading.external is ExternalPower.PRESENT:
        return Supply.EXTERNAL, SupplyMemory(settled=Supply.EXTERNAL)
    if reading.battery_mv is None:
        return Supply.UNKNOWN, memory
    measured = _measured(memory, reading.battery_mv, is_loaded=is_loaded)
    seen = _counted(measured, reading.battery_mv, now_s, thresholds)
    settled = _settled(seen, reading.battery_mv, now_s, thresholds)
    return settled, seen if settled is seen.settled else attrs.evolve(seen, settled=settled)


def _measured(memory: SupplyMemory, battery_mv: int, *, is_loaded: bool | None) -> SupplyMemory:
    if is_loaded:
        return attrs.evolve(memory, loaded_mv=battery_mv)
    if memory.loaded_mv is None:
        return memory
    risen_mv = battery_mv - memory.loaded_mv
    sag_mv = risen_mv if 0 <= risen_mv <= MOST_SAG_MV else 0
    if is_loaded is None:  # after a start: it has risen by so much at least, and is measured once it is switched off
        return attrs.evolve(memory, sag_mv=max(memory.sag_mv, sag_mv))
    return attrs.evolve(memory, loaded_mv=None, sag_mv=sag_mv)


def _counted(memory: SupplyMemory, battery_mv: int, now_s: float, thresholds: PowerThresholds) -> SupplyMemory:
    def since(is_so: bool, before_s: float | None) -> float | None:
        if not is_so:
            return None
        return now_s if before_s is None else before_s

    return attrs.evolve(
        memory,
        low_since_s=since(thresholds.disconnect.is_above(battery_mv), memory.low_since_s),
        critical_since_s=since(thresholds.shutdown.is_above(battery_mv), memory.critical_since_s),
        recovered_since_s=since(thresholds.is_recovered(battery_mv - memory.sag_mv), memory.recovered_since_s),
    )


def _settled(seen: SupplyMemory, battery_mv: int, now_s: float, thresholds: PowerThresholds) -> Supply:
    def is_long(since_s: float | None) -> bool:
        return since_s is not None and now_s - since_s >= thresholds.dwell_s

    if is_long(seen.critical_since_s):
        return Supply.CRITICAL
    if is_long(seen.low_since_s):
        return Supply.LOW
    if seen.settled in {Supply.LOW, Supply.CRITICAL}:
        return Supply.ENOUGH if is_long(seen.recovered_since_s) else Supply.LOW
    if seen.settled is Supply.UNKNOWN and not thresholds.is_enough_to_begin(battery_mv):
        return Supply.LOW
    return Supply.ENOUGH
