"""Pure: what a configuration would have decided in a recorded or invented drive, in virtual time.

A trace is a list of points: what the registers said, whether the server was reached, and whether the camera was there.
It is looked at every `poll.interval_seconds`, as the service does, and what is seen is the last point before. How much
the camera records, and how fast clips are copied and sent, are assumptions (`OffloadRates`); what is decided is not.
"""

from collections.abc import Iterator, Sequence

import attrs

from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.power.readings import PowerReading, judged
from camvault.core.power.states import BoxState, Command, Observation, PowerDecision, PowerMemory, decide
from camvault.ports.battery import PowerRegisters

_MINUTE_S = 60


@attrs.frozen(kw_only=True)
class TracePoint:
    """What there was to be seen from `at_s` on, in seconds since any fixed time."""

    at_s: float
    registers: PowerRegisters
    is_server_reached: bool
    is_camera_there: bool = True


@attrs.frozen(kw_only=True)
class OffloadRates:
    """What is assumed of the camera and of the transfers, in bytes for each second."""

    recorded: float = 2e6
    copied: float = 20e6
    sent: float = 5e6


@attrs.frozen(kw_only=True)
class SimulatedLook:
    """One look and what follows from it.

    Attributes:
        at_s: When, in the time of the trace.
        reading: The power.
        state: The state afterwards.
        commands: What would be done.
        reason: Why.
        card_bytes: What is on the card and not copied.
        staged_bytes: What is copied and not sent.
    """

    at_s: float
    reading: PowerReading
    state: BoxState
    commands: tuple[Command, ...]
    reason: str
    card_bytes: float
    staged_bytes: float


@attrs.define
class _Box:
    """The camera and the staging, as they are assumed."""

    config: BoxConfig
    rates: OffloadRates
    card_bytes: float = 0
    staged_bytes: float = 0
    looked_s: float | None = None

    def pass_time(self, decision: PowerDecision, now_s: float, seconds: float, *, is_camera_there: bool) -> None:
        """What happens in the seconds after a look."""
        if Command.UPLOAD in decision.commands:
            self.staged_bytes = max(0.0, self.staged_bytes - self.rates.sent * seconds)
        elif is_camera_there and decision.memory.state is BoxState.RECORDING:
            self.card_bytes += self.rates.recorded * seconds
        elif is_camera_there and Command.COPY in decision.commands:
            copied = min(self.card_bytes, self.rates.copied * seconds)
            self.card_bytes -= copied
            self.staged_bytes += copied
            if not self.card_bytes:
                self.looked_s = now_s + seconds

    def is_due(self, now_s: float) -> bool:
        """Whether the camera was never looked at in full, or not lately."""
        recheck_s = self.config.poll.recheck_minutes * _MINUTE_S
        return self.looked_s is None or now_s - self.looked_s >= recheck_s


def simulate(points: Sequence[TracePoint], config: BoxConfig, rates: OffloadRates) -> Iterator[SimulatedLook]:
    """Each look of the service, from the first point to the last; none after it was told to shut down.

    Args:
        points: At least one, in the order of their times.
        config: What is tried.
        rates: What is assumed.
    """
    thresholds, interval_s = config.thresholds.thresholds, config.poll.interval_seconds
    memory, box = PowerMemory(), _Box(config, rates)
    following = iter(points)
    point, coming = points[0], next(following, None)
    looks = int((points[-1].at_s - points[0].at_s) / interval_s) + 1
    for number in range(looks):
        now_s = points[0].at_s + number * interval_s
        while coming is not None and coming.at_s <= now_s:
            point, coming = coming, next(following, None)
        seen = Observation(
            reading=judged(point.registers),
            now_s=now_s,
            is_server_reached=point.is_server_reached,
            is_camera_due=point.is_camera_there and box.is_due(now_s),
            staged_count=int(box.staged_bytes > 0),
        )
        before = memory.state
        decision = decide(memory, seen, thresholds)
        memory = decision.memory
        if memory.state is BoxState.COPYING and before is not BoxState.COPYING:
            box.looked_s = None
        yield SimulatedLook(
            at_s=now_s,
            reading=seen.reading,
            state=memory.state,
            commands=decision.commands,
            reason=decision.reason,
            card_bytes=box.card_bytes,
            staged_bytes=box.staged_bytes,
        )
        if memory.state is BoxState.ENDED:
            return
        box.pass_time(decision, now_s, interval_s, is_camera_there=point.is_camera_there)
