"""Pure: what the watchdog does about one station, from what it sees and what it remembers.

A station makes progress when pictures are stored: a file that grows without a new picture is no progress, nor is one
that disappears (it was moved to its date folder). The idle time is counted by the monotonic clock from one look to the
next, so that no step of the wall clock restarts a recorder or hides a stall (INV-15). Only a station that was never
looked at before is judged by the age of its newest file.

| phase    | seen                                | next     | done                                         |
|----------|-------------------------------------|----------|----------------------------------------------|
| WATCHING | progress, or idle below threshold   | WATCHING |                                              |
| WATCHING | idle beyond threshold               | DOWN     | restart, alert DOWN after the hold-off       |
| WATCHING | progress, too little in an hour     | DOWN     | alert LOW; it restarts by itself             |
| WATCHING | cannot be looked at, twice          | DOWN     | alert UNSEEN                                 |
| DOWN     | still idle                          | DOWN     | restart again, each wait twice as long       |
| DOWN     | progress, enough stored again       | SETTLING |                                              |
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
from camvault.core.health.station_signs import StationSigns, StoredFile, UnitState, share_percent

_SHORTEST_WINDOW_S = 900.0
"""A share of less time than this says little: one restart of a recorder is some seconds of it."""


@attrs.frozen
class WatchdogPolicy:
    """The limits.

    Attributes:
        threshold_s: A station that is idle for so long is down; `segment_time x multiplier`.
        retry_s: The wait between the first restart and the second; it doubles up to `retry_most_s`.
        alert_after_s: So long after `threshold_s` the operator is told.
        settle_s: After progress for so long, an incident is over.
        low_percent: Less than this of the last hour is an incident, if the recorder writes down what it stores.
        window_s: How long this hour is.
    """

    threshold_s: float = attrs.field(default=1200, validator=attrs.validators.gt(0))
    retry_s: float = attrs.field(default=300, validator=attrs.validators.ge(0))
    retry_most_s: float = attrs.field(default=3600, validator=attrs.validators.ge(0))
    alert_after_s: float = attrs.field(default=0, validator=attrs.validators.ge(0))
    settle_s: float = attrs.field(default=300, validator=attrs.validators.ge(0))
    low_percent: float = attrs.field(
        default=90, validator=attrs.validators.and_(attrs.validators.ge(0), attrs.validators.le(100))
    )
    window_s: float = attrs.field(default=3600, validator=attrs.validators.ge(900))


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
        has_recorded: Whether a picture was ever seen.
        is_low: Whether this incident is one of too little that was stored.
        is_granted: Whether a recorder that had just been started was given time to begin, since the last progress.
        had_problem: Whether the last look could not be taken.
        fair_s: For how long the station has been watched in this run of the machine, since the last incident.
    """

    files: Mapping[str, StoredFile]
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
    is_low: bool = False
    is_granted: bool = False
    had_problem: bool = False
    fair_s: float = 0


class WatchdogAct(enum.Enum):
    """One thing that the watchdog does."""

    RESTART = "restart"
    ALERT_DOWN = "alert: down"
    ALERT_LOW = "alert: too little is stored"
    ALERT_UNSEEN = "alert: cannot be looked at"
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
    had_problem = memory is not None and memory.had_problem
    is_progress, memory = _observed(memory, seen, policy)
    if seen.problem:
        return _unseen(memory, seen.problem, is_again=had_problem)
    if is_progress and memory.phase is not StationPhase.WATCHING:
        if memory.is_low and share_percent(seen.stored or (), _SHORTEST_WINDOW_S) < policy.low_percent:
            return StationVerdict((), memory, "recording with gaps")
        return _settling(memory, policy)
    if is_progress or memory.idle_s < policy.threshold_s:
        if is_progress and _is_low(memory, seen, policy):
            return _low(memory, seen, policy)
        return StationVerdict((), memory, "recording" if is_progress else f"idle for {memory.idle_s:.0f} s")
    return _down(memory, seen.unit, policy)


def _is_low(memory: StationMemory, seen: StationSigns, policy: WatchdogPolicy) -> bool:
    """Whether too little was stored in the last hour, or since the last incident or the start of the machine.

    A station that stores nothing at all is idle, and not low.
    """
    window_s = min(policy.window_s, memory.fair_s)
    return (
        seen.stored is not None
        and window_s >= _SHORTEST_WINDOW_S
        and share_percent(seen.stored, window_s) < policy.low_percent
    )


def _low(memory: StationMemory, seen: StationSigns, policy: WatchdogPolicy) -> StationVerdict:
    window_s = min(policy.window_s, memory.fair_s)
    share = share_percent(seen.stored or (), window_s)
    reason = f"recorded {share:.0f} % of the last {window_s / 60:.0f} min"
    low = attrs.evolve(
        memory, phase=StationPhase.DOWN, down_s=memory.idle_s, settling_s=0.0, is_low=True, is_alerted=True
    )
    return StationVerdict((WatchdogAct.ALERT_LOW,), low, reason)


def _unseen(memory: StationMemory, problem: str, *, is_again: bool) -> StationVerdict:
    """A look that fails once may be one at a folder that has just been moved away."""
    if not is_again or memory.is_alerted:
        return StationVerdict((), memory, problem)
    down = attrs.evolve(
        memory, phase=StationPhase.DOWN, down_s=memory.down_s + memory.idle_s, settling_s=0.0, is_alerted=True
    )
    return StationVerdict((WatchdogAct.ALERT_UNSEEN,), down, problem)


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
    elif memory.phase is StationPhase.WATCHING and passed_s >= policy.threshold_s and not memory.is_granted:
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
        has_recorded=memory.has_recorded or any(each.picture_count for each in seen.files.values()),
        is_granted=not grown and (memory.is_granted or passed_s >= policy.threshold_s),
        had_problem=bool(seen.problem),
        fair_s=memory.fair_s + passed_s if seen.boot == memory.boot else 0.0,
    )


def _has_grown(before: StoredFile | None, now: StoredFile) -> bool:
    return now.picture_count > (before.picture_count if before is not None else 0)


def _age_s(identity: StoredFile, seen: StationSigns, *, most_s: float) -> float:
    """How long ago the file was written, by its mtime; never longer than `most_s`, the time since the last look."""
    return min(max(0.0, seen.wall_s - identity.mtime_ns / 1e9), most_s)


def _first_look(seen: StationSigns, policy: WatchdogPolicy) -> tuple[bool, StationMemory]:
    """Only the files are known. A recorder that was started a moment ago is given time to begin."""
    written = [seen.wall_s - identity.mtime_ns / 1e9 for identity in seen.files.values() if identity.picture_count]
    idle_s = max(0.0, min(written)) if written else policy.threshold_s
    idle_s = min(idle_s, _young_s(seen, policy, otherwise=idle_s))
    memory = StationMemory(
        files=dict(seen.files),
        monotonic_s=seen.monotonic_s,
        boot=seen.boot,
        idle_s=idle_s,
        has_recorded=bool(written),
        had_problem=bool(seen.problem),
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
        memory,
        phase=StationPhase.WATCHING,
        down_s=0.0,
        settling_s=0.0,
        wait_s=0.0,
        restarts=0,
        is_alerted=False,
        is_low=False,
        fair_s=0.0,
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
