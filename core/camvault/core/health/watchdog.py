"""Pure: what the watchdog does about one station, from what it sees and what it remembers.

A station makes progress when one of its files grows or a new file appears; a file that disappears (it was moved to its
date folder) is no progress. The idle time is counted by the monotonic clock from one look to the next, so that no step
of the wall clock restarts a recorder or hides a stall (INV-15). Only a station that was never looked at before is
judged by the age of its newest file.

| phase    | seen                                | next     | done                                         |
|----------|-------------------------------------|----------|----------------------------------------------|
| WATCHING | progress, or idle below threshold   | WATCHING |                                              |
| WATCHING | idle beyond threshold               | DOWN     | restart, alert DOWN after the hold-off       |
| DOWN     | still idle                          | DOWN     | restart again, each wait twice as long       |
| DOWN     | progress                            | SETTLING |                                              |
| SETTLING | idle again beyond the threshold     | DOWN     | restart, no second alert                     |
| SETTLING | progress for `settle_s`             | WATCHING | alert RECOVERED with the length of the gap   |

One incident is one alert DOWN and one alert RECOVERED, however many restarts it takes (INV-16). A unit that does not
exist is a fault to be reported; it cannot be restarted. A unit that was stopped and disabled is not restarted either,
and the operator is told once.
"""

import enum
from collections.abc import Mapping

import attrs

from camvault.core.health.backoff import doubled_s
from camvault.ports.entries import FileIdentity


class UnitState(enum.Enum):
    """The state of the recorder's unit, from the service manager."""

    UP = "up"
    DOWN = "down"
    """Failed, or not running although it is enabled."""
    STOPPED = "stopped and disabled"
    MISSING = "missing"


@attrs.frozen(kw_only=True)
class StationSigns:
    """What one look at a station found.

    Attributes:
        files: The segments of the station by name; empty if its folder is missing.
        unit: The state of the recorder's unit.
        unit_active_s: For how many seconds the unit has been active; None if unknown.
        monotonic_s: Seconds since the start of the machine.
        boot: An opaque name of this start of the machine.
        wall_s: The wall time in seconds since 1970. It gives the ages of files, which the monotonic clock bounds.
    """

    files: Mapping[str, FileIdentity]
    unit: UnitState
    unit_active_s: float | None
    monotonic_s: float
    boot: str
    wall_s: float


@attrs.frozen
class WatchdogPolicy:
    """The limits.

    Attributes:
        threshold_s: A station that is idle for so long is down; `segment_time x multiplier`.
        retry_s: The wait between the first restart and the second; it doubles up to `retry_most_s`.
        alert_after_s: So long after `threshold_s` the operator is told.
        settle_s: After progress for so long, an incident is over.
    """

    threshold_s: float = attrs.field(default=1200, validator=attrs.validators.gt(0))
    retry_s: float = attrs.field(default=300, validator=attrs.validators.ge(0))
    retry_most_s: float = attrs.field(default=3600, validator=attrs.validators.ge(0))
    alert_after_s: float = attrs.field(default=0, validator=attrs.validators.ge(0))
    settle_s: float = attrs.field(default=300, validator=attrs.validators.ge(0))


class StationPhase(enum.Enum):
    """The state of a station, see the table of this module."""

    WATCHING = "watching"
    DOWN = "down"
    SETTLING = "settling"


@attrs.frozen(kw_only=True)
class StationMemory:
    """What is kept on disk from one look to the next, because the watchdog ends after each look.

    Attributes:
        files: The segments that the last look found.
        monotonic_s: When that was.
        boot: The start of the machine that `monotonic_s` belongs to.
        idle_s: Time since the last progress.
        down_s: Time since the last progress before this incident; it no longer grows once there is progress again.
        settling_s: For how long there has been progress again.
        wait_s: Time until the next restart is allowed.
        restarts: How often the unit was restarted in this incident.
        is_alerted: Whether the operator was told of this incident.
        has_recorded: Whether a file was ever seen.
    """

    files: Mapping[str, FileIdentity]
    monotonic_s: float
    boot: str
    phase: StationPhase = StationPhase.WATCHING
    idle_s: float = 0
    down_s: float = 0
    settling_s: float = 0
    wait_s: float = 0
    restarts: int = 0
    is_alerted: bool = False
    has_recorded: bool = False


class WatchdogAct(enum.Enum):
    """One thing that the watchdog does."""

    RESTART = "restart"
    ALERT_DOWN = "alert: down"
    ALERT_RECOVERED = "alert: recovered"
    REPORT_MISSING_UNIT = "report: unit does not exist"


@attrs.frozen
class StationVerdict:
    """What to do, in order; what to remember; and the reason, in words for the operator."""

    acts: tuple[WatchdogAct, ...]
    memory: StationMemory
    reason: str


def judge_station(memory: StationMemory | None, seen: StationSigns, *, policy: WatchdogPolicy) -> StationVerdict:
    """Judge one look at one station; `memory` is None at the first look."""
    is_progress, memory = _observed(memory, seen, policy)
    if is_progress and memory.phase is not StationPhase.WATCHING:
        return _settling(memory, policy)
    if is_progress or memory.idle_s < policy.threshold_s:
        return StationVerdict((), memory, "recording" if is_progress else f"idle for {memory.idle_s:.0f} s")
    return _down(memory, seen.unit, policy)


def _observed(memory: StationMemory | None, seen: StationSigns, policy: WatchdogPolicy) -> tuple[bool, StationMemory]:
    """Whether there was progress since the last look, and the memory with the time that has passed."""
    if memory is None:
        return _first_look(seen, policy)
    # after a new start of the machine, at least the time since that start has passed
    begun_s = memory.monotonic_s if seen.boot == memory.boot else 0.0
    passed_s = max(0.0, seen.monotonic_s - begun_s)
    grown = [identity for name, identity in seen.files.items() if _has_grown(memory.files.get(name), identity)]
    settling_s = memory.settling_s + passed_s if memory.phase is StationPhase.SETTLING else 0.0
    idle_s = memory.idle_s + passed_s
    down_s = memory.down_s + (passed_s if memory.phase is StationPhase.DOWN else 0.0)
    if grown:
        idle_s = min(_age_s(identity, seen, most_s=passed_s) for identity in grown)
        down_s -= idle_s if memory.phase is StationPhase.DOWN else 0.0
    elif memory.phase is StationPhase.WATCHING and passed_s >= policy.threshold_s:
        # the last look was long ago: a recorder that was started since then is given time to begin, once
        idle_s = min(idle_s, _young_s(seen, policy, otherwise=idle_s))
    return bool(grown), attrs.evolve(
        memory,
        files=dict(seen.files),
        monotonic_s=seen.monotonic_s,
        boot=seen.boot,
        idle_s=idle_s,
        down_s=max(0.0, down_s),
        settling_s=settling_s,
        wait_s=max(0.0, memory.wait_s - passed_s),
        has_recorded=memory.has_recorded or bool(seen.files),
    )


def _has_grown(before: FileIdentity | None, now: FileIdentity) -> bool:
    return now.size_bytes > (before.size_bytes if before is not None else 0)


def _age_s(identity: FileIdentity, seen: StationSigns, *, most_s: float) -> float:
    """How long ago the file was written, by its mtime; never longer than `most_s`, the time since the last look."""
    return min(max(0.0, seen.wall_s - identity.mtime_ns / 1e9), most_s)


def _first_look(seen: StationSigns, policy: WatchdogPolicy) -> tuple[bool, StationMemory]:
    """Only the files are known. A recorder that was started a moment ago is given time to begin."""
    written = [seen.wall_s - identity.mtime_ns / 1e9 for identity in seen.files.values() if identity.size_bytes]
    idle_s = max(0.0, min(written)) if written else policy.threshold_s
    idle_s = min(idle_s, _young_s(seen, policy, otherwise=idle_s))
    memory = StationMemory(
        files=dict(seen.files), monotonic_s=seen.monotonic_s, boot=seen.boot, idle_s=idle_s, has_recorded=bool(written)
    )
    return False, memory


def _young_s(seen: StationSigns, policy: WatchdogPolicy, *, otherwise: float) -> float:
    """For how long the unit has been active, if that is shorter than the threshold."""
    active_s = seen.unit_active_s
    return active_s if active_s is not None and active_s < policy.threshold_s else otherwise


def _settling(memory: StationMemory, policy: WatchdogPolicy) -> StationVerdict:
    if memory.phase is StationPhase.DOWN:
        memory = attrs.evolve(memory, phase=StationPhase.SETTLING, settling_s=memory.idle_s)
    if memory.settling_s < policy.settle_s:
        return StationVerdict((), memory, f"recording again for {memory.settling_s:.0f} s")
    reason = f"recording again after {memory.down_s:.0f} s"
    acts = (WatchdogAct.ALERT_RECOVERED,) if memory.is_alerted else ()
    fresh = attrs.evolve(
        memory, phase=StationPhase.WATCHING, down_s=0.0, settling_s=0.0, wait_s=0.0, restarts=0, is_alerted=False
    )
    return StationVerdict(acts, fresh, reason)


def _down(memory: StationMemory, unit: UnitState, policy: WatchdogPolicy) -> StationVerdict:
    if memory.phase is not StationPhase.DOWN:
        memory = attrs.evolve(memory, phase=StationPhase.DOWN, down_s=memory.down_s + memory.idle_s, settling_s=0.0)
    acts: list[WatchdogAct] = []
    reason = f"idle for {memory.idle_s:.0f} s" if memory.has_recorded else "no recordings yet"
    if unit is UnitState.MISSING:
        acts, reason = [WatchdogAct.REPORT_MISSING_UNIT], f"{reason}, and its unit does not exist"
    elif unit is UnitState.STOPPED:
        reason = f"{reason}, stopped and disabled by the operator"
    elif memory.wait_s <= 0:
        acts = [WatchdogAct.RESTART]
        restarts = memory.restarts + 1
        wait_s = doubled_s(restarts, first_s=policy.retry_s, most_s=policy.retry_most_s)
        memory = attrs.evolve(memory, restarts=restarts, wait_s=wait_s)
    if not memory.is_alerted and memory.idle_s >= policy.threshold_s + policy.alert_after_s:
        acts.append(WatchdogAct.ALERT_DOWN)
        memory = attrs.evolve(memory, is_alerted=True)
    return StationVerdict(tuple(acts), memory, reason)
