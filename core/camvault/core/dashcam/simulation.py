"""Pure: what a configuration would have decided in a recorded or invented drive, in virtual time.

A trace is a list of points: what the registers said, whether the server was reached, and whether the camera was there.
It is looked at when the service does: every `poll.interval_seconds`, sooner after a load was switched, and at once when
a copy or an upload ends. What is seen is the last point before. How much the camera records, how fast clips are copied
and sent, and how many bytes staging takes, are assumptions (`OffloadRates`); what is decided is not.
"""

from collections.abc import Iterator, Sequence

import attrs

from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.dashcam.rounds import commands_now, goes_on
from camvault.core.dashcam.simulated_box import OffloadRates, SimulatedBox
from camvault.core.power.readings import PowerReading, judged
from camvault.core.power.states import Observation, PowerMemory, decide
from camvault.core.power.table import BoxState, Command, Occasion
from camvault.ports.battery import PowerRegisters

LOOKS_MOST = 1_000_000
"""A year at the usual interval; whoever draws them keeps each."""
_DAY_S = 86_400


@attrs.frozen(kw_only=True)
class TracePoint:
    """What there was to be seen from `at_s` on, in seconds since any fixed time."""

    at_s: float
    registers: PowerRegisters
    is_server_reached: bool
    is_camera_there: bool = True


@attrs.frozen(kw_only=True)
class SimulatedLook:
    """One look and what follows from it.

    Attributes:
        at_s: When, in the time of the trace.
        reading: The power.
        state: The state afterwards.
        occasion: What the look said.
        commands: What would be done; nothing while a copy or an upload goes on.
        reason: Why.
        card_bytes: What is on the card and not copied.
        staged_bytes: What is copied and not sent.
    """

    at_s: float
    reading: PowerReading
    state: BoxState
    occasion: Occasion
    commands: tuple[Command, ...]
    reason: str
    card_bytes: float
    staged_bytes: float


def span_problem(points: Sequence[TracePoint], *, interval_s: float) -> str:
    """Why these points are too far apart to be looked at from the first to the last; "" if they are not."""
    seconds = points[-1].at_s - points[0].at_s
    if seconds / interval_s <= LOOKS_MOST:
        return ""
    found = f"found {seconds / _DAY_S:,.0f} days from the first row to the last"
    return f"{found}, expected at most {LOOKS_MOST:,} looks, one every {interval_s:g} s"


def simulate(points: Sequence[TracePoint], config: BoxConfig, rates: OffloadRates) -> Iterator[SimulatedLook]:
    """Each look of the service, from the first point to the last; none after it was told to shut down.

    Args:
        points: At least one, in the order of their times.
        config: What is tried.
        rates: What is assumed.
    """
    thresholds, interval_s = config.thresholds.thresholds, config.poll.interval_seconds
    memory, box = PowerMemory(), SimulatedBox(config, rates)
    following = iter(points)
    point, coming = points[0], next(following, None)
    now_s = begin_s = point.at_s
    while now_s <= points[-1].at_s:
        while coming is not None and coming.at_s <= now_s:
            point, coming = coming, next(following, None)
        seen = _observation(point, box, now_s)
        decision = decide(memory, seen, thresholds)
        memory = decision.memory
        commands = box.given(commands_now(decision, config.camera, running=box.running))
        yield SimulatedLook(
            at_s=now_s,
            reading=seen.reading,
            state=memory.state,
            occasion=decision.occasion,
            commands=commands,
            reason=decision.reason,
            card_bytes=box.card_bytes,
            staged_bytes=box.staged_bytes,
        )
        if memory.state is BoxState.ENDED:
            return
        is_going_on = goes_on(box.running, decision)
        box.carry_out(commands, now_s, is_going_on=is_going_on)
        usual_s = begin_s + ((now_s - begin_s) // interval_s + 1) * interval_s
        soon_s = usual_s if is_going_on else now_s + (decision.look_again_s or interval_s)
        now_s = box.pass_time(now_s, min(usual_s, soon_s), is_camera_there=point.is_camera_there)


def _observation(point: TracePoint, box: SimulatedBox, now_s: float) -> Observation:
    return Observation(
        reading=judged(point.registers),
        now_s=now_s,
        is_server_reached=point.is_server_reached,
        is_camera_due=box.is_camera_due(now_s),
        is_camera_there=point.is_camera_there if box.is_powered else None,
        is_room_staged=box.room_bytes > 0,
        staged_count=box.staged_count,
    )
