"""Pure: what the camera, the offload and the machine do, by power, server and progress. The table is the program.

One observation goes in, and out come the next state, the commands, and the reason. The page about it is made from the
table (`docs/design/power-states.md`, compared by a test).
"""

import enum
from collections.abc import Iterator, Mapping
from datetime import datetime

import attrs

from camvault.core.power.readings import ExternalPower, PowerReading, fresh
from camvault.core.power.reasons import power_words, waited_for
from camvault.core.power.supply import Supply, SupplyMemory, supply_of
from camvault.core.power.thresholds import PowerThresholds
from camvault.core.power.unknown_power import is_unknown_for_long, unknown_since_s


class BoxState(enum.Enum):
    """What the box does."""

    STARTED = "started"
    """Nothing is known yet, and nothing was switched."""
    RECORDING = "recording"
    """The camera has power and no data: it records."""
    COPYING = "copying"
    """The camera is a disk; its clips are copied."""
    SENDING = "sending"
    """The camera is as `camera.after_copy` says; staged clips are sent to the server."""
    RESTING = "resting"
    """The camera is off because of the battery."""
    ENDING = "ending"
    """The camera is off, and the next look decides whether the machine shuts down."""
    ENDED = "ended"
    """The machine was told to shut down, which is not taken back."""


class Command(enum.Enum):
    """What is done; the word behind `action=` in the log."""

    PORT_OFF = "port_off"
    POWER_ON = "power_on"
    DATA_ON = "data_on"
    MOUNT = "mount"
    COPY = "copy"
    UNMOUNT = "unmount"
    AFTER_COPY = "after_copy"
    """Port off or power on, as `camera.after_copy` says."""
    UPLOAD = "upload"
    VERIFY = "verify"
    REMOVE_STAGED = "remove_staged"
    SHUTDOWN = "shutdown"


class Occasion(enum.Enum):
    """What one look says: the power first, then what there is to do."""

    UNKNOWN = "the power is not known"
    CRITICAL = "battery below shutdown"
    LOW = "battery below disconnect"
    MISSED = "the server was missed once"
    """During an offload: it was not reached, for the first time since it was. Two such looks are NOTHING."""
    NOTHING = "nothing to do here"
    """The server is not reached; or all is proven to be there, and the camera was looked at lately."""
    CLIPS = "the camera is due"
    """The server is reached, and the camera has clips or was not looked at lately."""
    STAGED = "staged clips wait"
    """The server is reached, and clips wait that were copied before."""


LOADED = frozenset({BoxState.RECORDING, BoxState.COPYING, BoxState.SENDING})
"""Where the battery feeds the camera, or the network as well."""
OFFLOADING = frozenset({BoxState.COPYING, BoxState.SENDING})
"""What one missed look at the server does not end (INV-35)."""
LOOK_AGAIN_S = 10.0
"""How long a battery has to show what a load does to it that was switched on or off, and a server to come back."""

_B, _O, _C = BoxState, Occasion, Command
_OFF = _C.PORT_OFF
_COPY = (_C.DATA_ON, _C.MOUNT, _C.COPY, _C.UNMOUNT)
_SEND = (_C.UPLOAD, _C.VERIFY, _C.REMOVE_STAGED)

TABLE: Mapping[tuple[BoxState, Occasion], tuple[BoxState, tuple[Command, ...]]] = {
    (_B.STARTED, _O.UNKNOWN): (_B.STARTED, ()),
    (_B.STARTED, _O.CRITICAL): (_B.ENDING, (_OFF,)),
    (_B.STARTED, _O.LOW): (_B.RESTING, (_OFF,)),
    (_B.STARTED, _O.NOTHING): (_B.RECORDING, (_OFF, _C.POWER_ON)),
    (_B.STARTED, _O.CLIPS): (_B.COPYING, (_OFF, *_COPY)),
    (_B.STARTED, _O.STAGED): (_B.SENDING, (_OFF, _C.AFTER_COPY, *_SEND)),
    (_B.RECORDING, _O.UNKNOWN): (_B.RECORDING, ()),
    (_B.RECORDING, _O.CRITICAL): (_B.ENDING, (_OFF,)),
    (_B.RECORDING, _O.LOW): (_B.RESTING, (_OFF,)),
    (_B.RECORDING, _O.NOTHING): (_B.RECORDING, ()),
    (_B.RECORDING, _O.CLIPS): (_B.COPYING, _COPY),
    (_B.RECORDING, _O.STAGED): (_B.SENDING, (_C.AFTER_COPY, *_SEND)),
    (_B.COPYING, _O.UNKNOWN): (_B.COPYING, ()),
    (_B.COPYING, _O.CRITICAL): (_B.ENDING, (_OFF,)),
    (_B.COPYING, _O.LOW): (_B.RESTING, (_OFF,)),
    (_B.COPYING, _O.MISSED): (_B.COPYING, ()),
    (_B.COPYING, _O.NOTHING): (_B.RECORDING, (_C.POWER_ON,)),
    (_B.COPYING, _O.CLIPS): (_B.COPYING, _COPY),
    (_B.COPYING, _O.STAGED): (_B.SENDING, (_C.AFTER_COPY, *_SEND)),
    (_B.SENDING, _O.UNKNOWN): (_B.SENDING, ()),
    (_B.SENDING, _O.CRITICAL): (_B.ENDING, (_OFF,)),
    (_B.SENDING, _O.LOW): (_B.RESTING, (_OFF,)),
    (_B.SENDING, _O.MISSED): (_B.SENDING, ()),
    (_B.SENDING, _O.NOTHING): (_B.RECORDING, (_C.POWER_ON,)),
    (_B.SENDING, _O.CLIPS): (_B.COPYING, _COPY),
    (_B.SENDING, _O.STAGED): (_B.SENDING, _SEND),
    (_B.RESTING, _O.UNKNOWN): (_B.RESTING, ()),
    (_B.RESTING, _O.CRITICAL): (_B.ENDING, ()),
    (_B.RESTING, _O.LOW): (_B.RESTING, ()),
    (_B.RESTING, _O.NOTHING): (_B.RECORDING, (_C.POWER_ON,)),
    (_B.RESTING, _O.CLIPS): (_B.COPYING, _COPY),
    (_B.RESTING, _O.STAGED): (_B.SENDING, (_C.AFTER_COPY, *_SEND)),
    (_B.ENDING, _O.UNKNOWN): (_B.ENDING, ()),
    (_B.ENDING, _O.CRITICAL): (_B.ENDED, (_C.SHUTDOWN,)),
    (_B.ENDING, _O.LOW): (_B.RESTING, ()),
    (_B.ENDING, _O.NOTHING): (_B.RECORDING, (_C.POWER_ON,)),
    (_B.ENDING, _O.CLIPS): (_B.COPYING, _COPY),
    (_B.ENDING, _O.STAGED): (_B.SENDING, (_C.AFTER_COPY, *_SEND)),
}
"""In ENDED nothing is done any more, whatever is seen: for `OBEYS_S`, and then it is decided as in RESTING."""

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
        is_sending_stuck: Whether the last try to send proved nothing, and it is too early for another one.
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
        unknown_since_s: Since when every look said nothing of the power, monotonic; None if the last one did.
    """

    state: BoxState = BoxState.STARTED
    supply: SupplyMemory = attrs.field(factory=SupplyMemory)
    since_at: datetime | None = None
    missed_since_s: float | None = None
    spared_until_s: float | None = None
    ended_s: float | None = None
    unknown_since_s: float | None = None


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
    if memory.state is BoxState.ENDED and memory.ended_s is not None and seen.now_s - memory.ended_s >= OBEYS_S:
        memory = attrs.evolve(memory, state=BoxState.RESTING)
    reading = fresh(seen.reading, age_s=0 if seen.read_s is None else seen.now_s - seen.read_s)
    seen = seen if reading is seen.reading else attrs.evolve(seen, reading=reading)
    is_loaded = None if memory.state is BoxState.STARTED else memory.state in LOADED
    supply, counted = supply_of(memory.supply, reading, now_s=seen.now_s, thresholds=thresholds, is_loaded=is_loaded)
    missed_since_s = _missed_since_s(memory, seen)
    is_missed_once = (
        memory.state in OFFLOADING and missed_since_s is not None and seen.now_s - missed_since_s < LOOK_AGAIN_S
    )
    is_spared = memory.spared_until_s is not None and seen.now_s < memory.spared_until_s
    allowed = Supply.LOW if is_spared and supply is Supply.CRITICAL else supply
    occasion = _occasion(allowed, seen, memory.state, is_missed_once=is_missed_once)
    state, commands = TABLE.get((memory.state, occasion), (BoxState.ENDED, ()))
    unknown_s = unknown_since_s(memory.unknown_since_s, is_unknown=occasion is Occasion.UNKNOWN, now_s=seen.now_s)
    if state in OFFLOADING and is_unknown_for_long(unknown_s, now_s=seen.now_s):
        state, commands = BoxState.RECORDING, (Command.POWER_ON,)
    is_changed = state is not memory.state
    since_at = seen.at if is_changed else memory.since_at
    is_battery = reading.external is not ExternalPower.PRESENT
    is_shown = state is BoxState.ENDING or (is_battery and not _SWITCHED_ON.isdisjoint(commands))
    return PowerDecision(
        memory=attrs.evolve(
            memory,
            state=state,
            supply=counted,
            since_at=since_at,
            ended_s=seen.now_s if Command.SHUTDOWN in commands else memory.ended_s if state is BoxState.ENDED else None,
            unknown_since_s=unknown_s,
            missed_since_s=missed_since_s,
        ),
        commands=commands,
        occasion=occasion,
        reason=_ended(memory) if memory.state is BoxState.ENDED else _reason(occasion, seen, thresholds, counted),
        look_again_s=LOOK_AGAIN_S if (is_changed and is_shown) or occasion is Occasion.MISSED else None,
    )


_SWITCHED_ON = {Command.POWER_ON, Command.DATA_ON, Command.AFTER_COPY}
_BY_SUPPLY = {
    Supply.UNKNOWN: Occasion.UNKNOWN,
    Supply.CRITICAL: Occasion.CRITICAL,
    Supply.LOW: Occasion.LOW,
}


def _missed_since_s(memory: PowerMemory, seen: Observation) -> float | None:
    """Looks that follow one another at once, as at the end of a copy, are one look."""
    if seen.is_server_reached:
        return None
    return seen.now_s if memory.missed_since_s is None else memory.missed_since_s


def _occasion(supply: Supply, seen: Observation, state: BoxState, *, is_missed_once: bool) -> Occasion:
    if supply in _BY_SUPPLY:
        return _BY_SUPPLY[supply]
    if not seen.is_server_reached:
        return Occasion.MISSED if is_missed_once else Occasion.NOTHING
    is_staged = seen.staged_count > 0 and not seen.is_sending_stuck
    if is_staged and state is BoxState.SENDING:  # what was staged is sent to its end: no change to and fro
        return Occasion.STAGED
    if seen.is_camera_due and seen.is_room_staged and seen.is_camera_there is not False:
        return Occasion.CLIPS
    return Occasion.STAGED if is_staged else Occasion.NOTHING


def _reason(occasion: Occasion, seen: Observation, thresholds: PowerThresholds, supply: SupplyMemory) -> str:
    """Why, with the figures that decided."""
    facts = [power_words(seen.reading, thresholds)]
    if occasion is Occasion.LOW and supply.low_since_s is None:
        facts.append(waited_for(thresholds, supply))
    if occasion not in _BY_SUPPLY.values():
        facts.append("server reached" if seen.is_server_reached else "server not reached")
        facts += _offload_words(occasion, seen) if seen.is_server_reached else ()
    return f"{occasion.value}: {', '.join(facts)}"


def _offload_words(occasion: Occasion, seen: Observation) -> Iterator[str]:
    if occasion is Occasion.STAGED or (seen.staged_count and seen.is_sending_stuck):
        yield f"{seen.staged_count} {'clip' if seen.staged_count == 1 else 'clips'} staged"
    if seen.is_sending_stuck:
        yield "the last try to send them proved none"
    if not seen.is_room_staged:
        yield "no room for another clip in staging"
    if seen.is_camera_due and seen.is_camera_there is False:
        yield "the camera is not seen in its port"


def _ended(memory: PowerMemory) -> str:
    at = f" at {memory.since_at:%Y-%m-%d %H:%M:%S%z}" if memory.since_at else ""
    return f"the machine was told to shut down{at}"
