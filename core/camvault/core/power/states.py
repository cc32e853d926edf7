"""Pure: what the camera, the offload and the machine do, by power, server and progress. The table is the program.

One observation goes in, and out come the next state, the commands, and the reason. What is decided stands in `table`
alone: here is only told which occasion it is.
"""

from collections.abc import Iterator
from datetime import datetime

import attrs

from camvault.core.power.readings import ExternalPower, PowerReading, fresh
from camvault.core.power.reasons import power_words, waited_for, weak_words
from camvault.core.power.supply import Supply, SupplyMemory, supply_of
from camvault.core.power.table import LOADED, OFFLOADING, TABLE, BoxState, Command, Occasion
from camvault.core.power.thresholds import PowerThresholds
from camvault.core.power.unknown_power import is_unknown_for_long, unknown_since_s
from camvault.core.power.weak_charger import ChargerMemory

LOOK_AGAIN_S = 10.0
"""How long a battery has to show what a load does to it that was switched on or off, and a server to come back."""

OBEYS_S = 600.0
"""A machine that still runs then did not do what it was told; its board has long cut the power of one that did."""


@attrs.frozen(kw_only=True)
class Observation:
    """One look.

    Attributes:
        reading: The power.
        now_s: Monotonic.
        is_server_reached: Whether a transfer could begin.
        is_camera_due: Whether the camera has clips to copy, or was not looked at lately.
        is_camera_there: Whether it is seen in its port; None if that cannot be told, as while the port is off.
        is_room_staged: Whether staging takes another clip.
        staged_count: How many clips are staged and not proven to be at the server.
        is_sending_stuck: Whether the last try to send made no clip leave the staging, and it is too early for another.
        read_s: When the power was read, monotonic; None: now.
        at: The time of the box's clock, for what is told later; None if nobody asks.
    """

    reading: PowerReading
    now_s: float
    is_server_reached: bool
    is_camera_due: bool = True
    is_camera_there: bool | None = None
    is_room_staged: bool = True
    staged_count: int = 0
    is_sending_stuck: bool = False
    read_s: float | None = None
    at: datetime | None = None


@attrs.frozen(kw_only=True)
class PowerMemory:
    """What is remembered from one look to the next.

    Attributes:
        state: What the box does.
        supply: What was seen of the power.
        since_at: Since when it does that, by the box's clock; None if that was not told.
        missed_since_s: When the server was not reached, monotonic, for the first time since it was; None if it was.
        spared_until_s: Until then, monotonic, the machine is not shut down: it was just started after it had been, and
            would be again and again by a board that starts it at once.
        ended_s: When it was told to shut down, monotonic.
        charger: What was seen of external power under load.
        unknown_since_s: Since when every look said nothing of the power, monotonic; None if the last one did.
    """

    state: BoxState = BoxState.STARTED
    supply: SupplyMemory = attrs.field(factory=SupplyMemory)
    since_at: datetime | None = None
    missed_since_s: float | None = None
    spared_until_s: float | None = None
    ended_s: float | None = None
    unknown_since_s: float | None = None
    charger: ChargerMemory = attrs.field(factory=ChargerMemory)


@attrs.frozen(kw_only=True)
class PowerDecision:
    """What is done after a look, in this order, and why.

    Attributes:
        memory: For the next look.
        commands: What is done. While a copy or an upload of the same state runs, they are not given again (`rounds`).
        occasion: What the look said.
        reason: The same with the figures.
        look_again_s: In how many seconds the power is to be looked at again, in the same round, if that is not left to
            the usual interval: a load was switched on or off, and the battery has to show it; or the server was missed
            once, and nothing runs that goes on.
    """

    memory: PowerMemory
    commands: tuple[Command, ...]
    occasion: Occasion
    reason: str
    look_again_s: float | None = None


def decide(memory: PowerMemory, seen: Observation, thresholds: PowerThresholds) -> PowerDecision:
    """What is done after a look."""
    reading = fresh(seen.reading, age_s=0 if seen.read_s is None else seen.now_s - seen.read_s)
    seen = seen if reading is seen.reading else attrs.evolve(seen, reading=reading)
    is_loaded = None if memory.state is BoxState.STARTED else memory.state in LOADED
    supply, counted = supply_of(memory.supply, reading, now_s=seen.now_s, thresholds=thresholds, is_loaded=is_loaded)
    counted_in = attrs.evolve(
        memory,
        supply=counted,
        missed_since_s=_missed_since_s(memory, seen),
        charger=memory.charger.seen(reading.external, is_loaded=bool(is_loaded), now_s=seen.now_s),
        unknown_since_s=unknown_since_s(memory.unknown_since_s, is_unknown=supply is Supply.UNKNOWN, now_s=seen.now_s),
    )
    occasion = _occasion(counted_in, supply, seen)
    if occasion is Occasion.WEAK:  # a battery that was low is not taken for a full one when this power goes
        counted_in = attrs.evolve(counted_in, supply=memory.supply)
    state, commands = TABLE[memory.state, occasion]
    is_changed = state is not memory.state
    is_battery = reading.external is not ExternalPower.PRESENT
    is_shown = state is BoxState.ENDING or (is_battery and not _SWITCHED_ON.isdisjoint(commands))
    is_tried = not is_battery and not is_loaded and state in LOADED
    return PowerDecision(
        memory=attrs.evolve(
            counted_in,
            state=state,
            since_at=seen.at if is_changed else memory.since_at,
            charger=counted_in.charger.tried(seen.now_s) if is_tried else counted_in.charger,
            ended_s=seen.now_s if Command.SHUTDOWN in commands else memory.ended_s if state is BoxState.ENDED else None,
        ),
        commands=commands,
        occasion=occasion,
        reason=_reason(occasion, seen, thresholds, counted_in),
        look_again_s=LOOK_AGAIN_S if (is_changed and is_shown) or occasion in _LOOKED_AT_SOON else None,
    )


_SWITCHED_ON = {Command.POWER_ON, Command.DATA_ON, Command.AFTER_COPY}
_LOOKED_AT_SOON = {Occasion.MISSED, Occasion.DISOBEYED}
_BY_SUPPLY = {
    Supply.UNKNOWN: Occasion.UNKNOWN,
    Supply.CRITICAL: Occasion.CRITICAL,
    Supply.LOW: Occasion.LOW,
}
_WITHOUT_SERVER = {*_BY_SUPPLY.values(), Occasion.UNKNOWN_FOR_LONG, Occasion.WEAK}


def _missed_since_s(memory: PowerMemory, seen: Observation) -> float | None:
    """Looks that follow one another at once, as at the end of a copy, are one look."""
    if seen.is_server_reached:
        return None
    return seen.now_s if memory.missed_since_s is None else memory.missed_since_s


def _occasion(memory: PowerMemory, supply: Supply, seen: Observation) -> Occasion:
    """What the look says; `memory`: with what it counted, and the state before it."""
    if memory.state is BoxState.ENDED:
        is_disobeyed = memory.ended_s is not None and seen.now_s - memory.ended_s >= OBEYS_S
        return Occasion.DISOBEYED if is_disobeyed else Occasion.TOLD
    is_spared = memory.spared_until_s is not None and seen.now_s < memory.spared_until_s
    allowed = Supply.LOW if is_spared and supply is Supply.CRITICAL else supply
    if allowed in _BY_SUPPLY:
        is_long = memory.state in OFFLOADING and is_unknown_for_long(memory.unknown_since_s, now_s=seen.now_s)
        return Occasion.UNKNOWN_FOR_LONG if is_long else _BY_SUPPLY[allowed]
    if allowed is Supply.EXTERNAL and memory.state not in LOADED and memory.charger.is_weak(seen.now_s):
        return Occasion.WEAK
    return _work(memory, seen)


def _work(memory: PowerMemory, seen: Observation) -> Occasion:
    """What there is to do, with power for it."""
    if not seen.is_server_reached:
        since_s = memory.missed_since_s
        is_once = memory.state in OFFLOADING and since_s is not None and seen.now_s - since_s < LOOK_AGAIN_S
        return Occasion.MISSED if is_once else Occasion.NOTHING
    is_staged = seen.staged_count > 0 and not seen.is_sending_stuck
    if is_staged and memory.state is BoxState.SENDING:  # what was staged is sent to its end: no change to and fro
        return Occasion.STAGED
    if seen.is_camera_due and seen.is_room_staged and seen.is_camera_there is not False:
        return Occasion.CLIPS
    return Occasion.STAGED if is_staged else Occasion.NOTHING


def _reason(occasion: Occasion, seen: Observation, thresholds: PowerThresholds, memory: PowerMemory) -> str:
    """Why, with the figures that decided; `memory`: with what the look counted, and the state before it."""
    if memory.state is BoxState.ENDED:
        return _ended(memory)
    facts = [power_words(seen.reading, thresholds)]
    if occasion is Occasion.LOW and memory.supply.low_since_s is None:
        facts.append(waited_for(thresholds, memory.supply))
    if occasion is Occasion.WEAK:
        facts.append(weak_words(memory.charger, seen.now_s))
    if occasion not in _WITHOUT_SERVER:
        facts.append("server reached" if seen.is_server_reached else "server not reached")
        facts += _offload_words(occasion, seen) if seen.is_server_reached else ()
    return f"{occasion.value}: {', '.join(facts)}"


def _offload_words(occasion: Occasion, seen: Observation) -> Iterator[str]:
    if occasion is Occasion.STAGED or (seen.staged_count and seen.is_sending_stuck):
        yield f"{seen.staged_count} {'clip' if seen.staged_count == 1 else 'clips'} staged"
    if seen.is_sending_stuck:
        yield "the last try to send them removed none"
    if not seen.is_room_staged:
        yield "no room for another clip in staging"
    if seen.is_camera_due and seen.is_camera_there is False:
        yield "the camera is not seen in its port"


def _ended(memory: PowerMemory) -> str:
    at = f" at {memory.since_at:%Y-%m-%d %H:%M:%S%z}" if memory.since_at else ""
    return f"the machine was told to shut down{at}"
