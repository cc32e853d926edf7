"""Pure: what the camera, the offload and the machine do, by power, server and progress. The table is the program.

One observation goes in, and out come the next state, the commands, and the reason. The page about it is made from the
table (`docs/design/power-states.md`, compared by a test).
"""

import enum
from collections.abc import Mapping

import attrs

from camvault.core.power.charge import percent_of
from camvault.core.power.readings import ExternalPower, PowerReading
from camvault.core.power.supply import Supply, SupplyMemory, supply_of
from camvault.core.power.thresholds import PowerThresholds


class BoxState(enum.Enum):
    """What the box does."""

    STARTED = "started"
    """Nothing is known yet; the camera is off."""
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
    NOTHING = "nothing to do here"
    """The server is not reached; or all is proven to be there, and the camera was looked at lately."""
    CLIPS = "the camera is due"
    """The server is reached, and the camera has clips or was not looked at lately."""
    STAGED = "staged clips wait"
    """The server is reached, and clips wait that were copied before."""


_B, _O, _C = BoxState, Occasion, Command
_COPY = (_C.DATA_ON, _C.MOUNT, _C.COPY, _C.UNMOUNT)
_SEND = (_C.UPLOAD, _C.VERIFY, _C.REMOVE_STAGED)

TABLE: Mapping[tuple[BoxState, Occasion], tuple[BoxState, tuple[Command, ...]]] = {
    (_B.STARTED, _O.UNKNOWN): (_B.STARTED, ()),
    (_B.STARTED, _O.CRITICAL): (_B.ENDING, ()),
    (_B.STARTED, _O.LOW): (_B.RESTING, ()),
    (_B.STARTED, _O.NOTHING): (_B.RECORDING, (_C.POWER_ON,)),
    (_B.STARTED, _O.CLIPS): (_B.COPYING, _COPY),
    (_B.STARTED, _O.STAGED): (_B.SENDING, (_C.AFTER_COPY, *_SEND)),
    (_B.RECORDING, _O.UNKNOWN): (_B.RECORDING, ()),
    (_B.RECORDING, _O.CRITICAL): (_B.ENDING, (_C.PORT_OFF,)),
    (_B.RECORDING, _O.LOW): (_B.RESTING, (_C.PORT_OFF,)),
    (_B.RECORDING, _O.NOTHING): (_B.RECORDING, ()),
    (_B.RECORDING, _O.CLIPS): (_B.COPYING, _COPY),
    (_B.RECORDING, _O.STAGED): (_B.SENDING, (_C.AFTER_COPY, *_SEND)),
    (_B.COPYING, _O.UNKNOWN): (_B.COPYING, (_C.UNMOUNT,)),
    (_B.COPYING, _O.CRITICAL): (_B.ENDING, (_C.UNMOUNT, _C.PORT_OFF)),
    (_B.COPYING, _O.LOW): (_B.RESTING, (_C.UNMOUNT, _C.PORT_OFF)),
    (_B.COPYING, _O.NOTHING): (_B.RECORDING, (_C.UNMOUNT, _C.POWER_ON)),
    (_B.COPYING, _O.CLIPS): (_B.COPYING, _COPY),
    (_B.COPYING, _O.STAGED): (_B.SENDING, (_C.UNMOUNT, _C.AFTER_COPY, *_SEND)),
    (_B.SENDING, _O.UNKNOWN): (_B.SENDING, ()),
    (_B.SENDING, _O.CRITICAL): (_B.ENDING, (_C.PORT_OFF,)),
    (_B.SENDING, _O.LOW): (_B.RESTING, (_C.PORT_OFF,)),
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
"""In ENDED nothing is done any more, whatever is seen."""


@attrs.frozen(kw_only=True)
class Observation:
    """One look.

    Attributes:
        reading: The power.
        now_s: Monotonic.
        is_server_reached: Whether a transfer could begin.
        is_camera_due: Whether the camera has clips to copy, or was not looked at lately.
        is_room_staged: Whether staging takes another clip.
        staged_count: How many clips are staged and not proven to be at the server.
    """

    reading: PowerReading
    now_s: float
    is_server_reached: bool
    is_camera_due: bool = True
    is_room_staged: bool = True
    staged_count: int = 0


@attrs.frozen(kw_only=True)
class PowerMemory:
    """What is remembered from one look to the next."""

    state: BoxState = BoxState.STARTED
    supply: SupplyMemory = attrs.field(factory=SupplyMemory)


@attrs.frozen(kw_only=True)
class PowerDecision:
    """What is done after a look, in this order, and why."""

    memory: PowerMemory
    commands: tuple[Command, ...]
    occasion: Occasion
    reason: str


def decide(memory: PowerMemory, seen: Observation, thresholds: PowerThresholds) -> PowerDecision:
    """What is done after a look."""
    supply, counted = supply_of(memory.supply, seen.reading, now_s=seen.now_s, thresholds=thresholds)
    occasion = _occasion(supply, seen)
    state, commands = TABLE.get((memory.state, occasion), (BoxState.ENDED, ()))
    return PowerDecision(
        memory=PowerMemory(state=state, supply=counted),
        commands=commands,
        occasion=occasion,
        reason=_reason(occasion, seen, thresholds),
    )


_BY_SUPPLY = {
    Supply.UNKNOWN: Occasion.UNKNOWN,
    Supply.CRITICAL: Occasion.CRITICAL,
    Supply.LOW: Occasion.LOW,
}


def _occasion(supply: Supply, seen: Observation) -> Occasion:
    if supply in _BY_SUPPLY:
        return _BY_SUPPLY[supply]
    if not seen.is_server_reached:
        return Occasion.NOTHING
    if seen.is_camera_due and seen.is_room_staged:
        return Occasion.CLIPS
    return Occasion.STAGED if seen.staged_count else Occasion.NOTHING


def _reason(occasion: Occasion, seen: Observation, thresholds: PowerThresholds) -> str:
    """Why, with the figures that decided."""
    facts = [_power_words(seen.reading, thresholds)]
    if occasion not in _BY_SUPPLY.values():
        facts.append("server reached" if seen.is_server_reached else "server not reached")
    if occasion is Occasion.STAGED:
        facts.append(f"{seen.staged_count} clips staged")
    if seen.is_server_reached and not seen.is_room_staged:
        facts.append("no room for another clip in staging")
    return f"{occasion.value}: {', '.join(facts)}"


def _power_words(reading: PowerReading, thresholds: PowerThresholds) -> str:
    if reading.external is ExternalPower.PRESENT:
        return Supply.EXTERNAL.value
    if reading.battery_mv is None:
        return "; ".join(reading.problems)
    levels = f"disconnect below {thresholds.disconnect}, shutdown below {thresholds.shutdown}"
    return f"battery at {reading.battery_mv} mV, about {percent_of(reading.battery_mv)} % ({levels})"
