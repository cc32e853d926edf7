"""Pure: what the watchdog does about one station, from what it sees and what it remembers.

A station makes progress when a file of it grows or appears; one that disappears (moved to its date folder) is none.
How long it is idle is counted by the monotonic clock from one look to the next, so no step of the wall clock restarts a
recorder or hides a stall (INV-15). Only a station never looked at before is judged by the age of its newest file.

| phase    | seen                                | next     | done                                         |
|----------|-------------------------------------|----------|----------------------------------------------|
| WATCHING | progress, or idle below threshold   | WATCHING |                                              |
| WATCHING | idle beyond threshold               | DOWN     | restart, alert DOWN after the hold-off       |
| DOWN     | still idle                          | DOWN     | restart again, each wait twice as long       |
| DOWN     | progress                            | SETTLING |                                              |
| SETTLING | idle again beyond the threshold     | DOWN     | restart, no second alert                     |
| SETTLING | progress for `settle_s`             | WATCHING | alert RECOVERED with the length of the gap   |

One incident is one DOWN and one RECOVERED, however many restarts it takes (INV-16). A unit that does not exist is a
fault to be reported, never restarted; one that was stopped and disabled is left alone, and the operator is told once.
"""

import enum
from collections.abc import Mapping

import attrs

from camvault.ports.entries import FileIdentity


class UnitState(enum.Enum):
    """What the service manager says of the recorder."""

    UP = "up"
    DOWN = "down"
    """Failed, or not running although it is enabled."""
    STOPPED = "stopped and disabled"
    MISSING = "missing"


@attrs.frozen(kw_only=True)
class Witnesses:
    """What is seen of a station now.

    Attributes:
        files: The segments in its live folder by name; empty if the folder is missing.
        unit: The recorder's unit.
        unit_active_s: For how long the unit has been running; None if unknown.
        monotonic_s: Seconds since the machine was started.
        boot: An opaque name of this start of the machine.
        wall_s: The wall time in seconds since 1970; for ages of files, bounded by what the monotonic clock says.
    """

    files: Mapping[str, FileIdentity]
    unit: UnitState
    unit_active_s: float | None
    monotonic_s: float
    boot: str
    wall_s: float


@attrs.frozen
class WatchdogPolicy:
    """The limits. `threshold_s` is `segment_time x multiplier`; `retry_s` is the first wait between two restarts."""

    threshold_s: float = attrs.field(default=1200, validator=attrs.validators.gt(0))
    retry_s: float = attrs.field(default=300, validator=attrs.validators.ge(0))
    retry_most_s: float = attrs.field(default=3600, validator=attrs.validators.ge(0))
    alert_after_s: float = attrs.field(default=0, validator=attrs.validators.ge(0))
    settle_s: float = attrs.field(default=300, validator=attrs.validators.ge(0))


class Phase(enum.Enum):
    """How the station is doing."""

    WATCHING = "watching"
    DOWN = "down"
    SETTLING = "settling"


@attrs.frozen(kw_only=True)
class Memory:
    """What is kept from one look to the next, on disk: the watchdog is a program that runs and ends.

    Attributes:
        idle_s: Since the last progress.
        down_s: Since the last progress before this incident; stands still once there is progress again.
        settling_s: For how long there was progress again.
        wait_s: Until the next restart is allowed.
        has_recorded: Whether a file was ever seen.
    """

    files: Mapping[str, FileIdentity]
    monotonic_s: float
    boot: str
    phase: Phase = Phase.WATCHING
    idle_s: float = 0
    down_s: float = 0
    settling_s: float = 0
    wait_s: float = 0
    restarts: int = 0
    is_alerted: bool = False
    has_recorded: bool = False


class Act(enum.Enum):
    """What is to be done."""

    RESTART = "restart"
    ALERT_DOWN = "alert: down"
    ALERT_RECOVERED = "alert: recovered"
    REPORT_MISSING_UNIT = "report: unit does not exist"


@attrs.frozen
class Judged:
    """What to do, in this order, what to remember, and the reason for a person."""

    acts: tuple[Act, ...]
    memory: Memory
    reason: str


def judge(memory: Memory | None, seen: Witnesses, *, policy: WatchdogPolicy) -> Judged:
    """One look at one station; `memory` is None at the very first."""
    is_progress, memory = _observed(memory, seen, policy)
    if is_progress and memory.phase is not Phase.WATCHING:
        return _settling(memory, policy)
    if is_progress or memory.idle_s < policy.threshold_s:
        return Judged((), memory, "recording" if is_progress else f"idle for {memory.idle_s:.0f} s")
    return _down(memory, seen.unit, policy)


def _observed(memory: Memory | None, seen: Witnesses, policy: WatchdogPolicy) -> tuple[bool, Memory]:
    """Whether there was progress since the last look, and the memory with the time that has passed."""
    if memory is None:
        return _first_look(seen, policy)
    # After a new start of the machine at least the time since then has passed
    begun_s = memory.monotonic_s if seen.boot == memory.boot else 0.0
    passed_s = max(0.0, seen.monotonic_s - begun_s)
    grown = [identity for name, identity in seen.files.items() if _has_grown(memory.files.get(name), identity)]
    settling_s = memory.settling_s + passed_s if memory.phase is Phase.SETTLING else 0.0
    idle_s = memory.idle_s + passed_s
    down_s = memory.down_s + (passed_s if memory.phase is Phase.DOWN else 0.0)
    if grown:
        idle_s = min(_age_s(identity, seen, most_s=passed_s) for identity in grown)
        down_s -= idle_s if memory.phase is Phase.DOWN else 0.0
    elif memory.phase is Phase.WATCHING and passed_s >= policy.threshold_s:
        # Nobody looked for long: a recorder that was started meanwhile is given its time, once
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


def _age_s(identity: FileIdentity, seen: Witnesses, *, most_s: float) -> float:
    """How long ago it was written: by its mtime, but between now and the last look, whatever the clocks say."""
    return min(max(0.0, seen.wall_s - identity.mtime_ns / 1e9), most_s)


def _first_look(seen: Witnesses, policy: WatchdogPolicy) -> tuple[bool, Memory]:
    """Nothing is known but the files. A recorder that was started a moment ago is given its time."""
    written = [seen.wall_s - identity.mtime_ns / 1e9 for identity in seen.files.values() if identity.size_bytes]
    idle_s = max(0.0, min(written)) if written else policy.threshold_s
    idle_s = min(idle_s, _young_s(seen, policy, otherwise=idle_s))
    memory = Memory(
        files=dict(seen.files), monotonic_s=seen.monotonic_s, boot=seen.boot, idle_s=idle_s, has_recorded=bool(written)
    )
    return False, memory


def _young_s(seen: Witnesses, policy: WatchdogPolicy, *, otherwise: float) -> float:
    active_s = seen.unit_active_s
    return active_s if active_s is not None and active_s < policy.threshold_s else otherwise


def _settling(memory: Memory, policy: WatchdogPolicy) -> Judged:
    if memory.phase is Phase.DOWN:
        memory = attrs.evolve(memory, phase=Phase.SETTLING, settling_s=memory.idle_s)
    if memory.settling_s < policy.settle_s:
        return Judged((), memory, f"recording again for {memory.settling_s:.0f} s")
    reason = f"recording again after {memory.down_s:.0f} s"
    acts = (Act.ALERT_RECOVERED,) if memory.is_alerted else ()
    fresh = attrs.evolve(
        memory, phase=Phase.WATCHING, down_s=0.0, settling_s=0.0, wait_s=0.0, restarts=0, is_alerted=False
    )
    return Judged(acts, fresh, reason)


def _down(memory: Memory, unit: UnitState, policy: WatchdogPolicy) -> Judged:
    if memory.phase is not Phase.DOWN:
        memory = attrs.evolve(memory, phase=Phase.DOWN, down_s=memory.down_s + memory.idle_s, settling_s=0.0)
    acts: list[Act] = []
    reason = f"idle for {memory.idle_s:.0f} s" if memory.has_recorded else "no recordings yet"
    if unit is UnitState.MISSING:
        acts, reason = [Act.REPORT_MISSING_UNIT], f"{reason}, and its unit does not exist"
    elif unit is UnitState.STOPPED:
        reason = f"{reason}, stopped and disabled by the operator"
    elif memory.wait_s <= 0:
        acts = [Act.RESTART]
        wait_s = min(policy.retry_most_s, policy.retry_s * 2 ** min(memory.restarts, 62))
        memory = attrs.evolve(memory, restarts=memory.restarts + 1, wait_s=wait_s)
    if not memory.is_alerted and memory.idle_s >= policy.threshold_s + policy.alert_after_s:
        acts.append(Act.ALERT_DOWN)
        memory = attrs.evolve(memory, is_alerted=True)
    return Judged(tuple(acts), memory, reason)
