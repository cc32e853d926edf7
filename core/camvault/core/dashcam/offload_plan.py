"""Pure: what an offload will do before the camera is switched to data, and what will not fit into the battery.

Clips are copied in their order until staging is full; all of staging is sent, and so on. A clip is safe when sent.
"""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import attrs

from camvault.core.dashcam.battery_minutes import BatteryMinutes
from camvault.core.dashcam.rates import MeasuredRates

_NAMED = 5
_MINUTE_S = 60


@attrs.frozen
class WaitingClip:
    """A clip on the card that is to be copied."""

    path: PurePosixPath
    size_bytes: int
    is_event: bool = False


@attrs.frozen(kw_only=True)
class PlannedClip:
    """When a clip will be copied and sent, in minutes from now."""

    clip: WaitingClip
    copied_min: float
    sent_min: float


@attrs.frozen(kw_only=True)
class OffloadPlan:
    """What will be done.

    Attributes:
        staged_bytes: What is staged already, and sent first of all that is sent.
        planned: The clips in the order in which they are copied.
        too_large: Those for which staging is too small, even when it is empty.
        minutes: How long all of it takes.
        battery: How long the power lasts.
        rates: What was reckoned with.
    """

    staged_bytes: int
    planned: tuple[PlannedClip, ...]
    too_large: tuple[WaitingClip, ...]
    minutes: float
    battery: BatteryMinutes
    rates: MeasuredRates

    @property
    def card_bytes(self) -> int:
        """What waits on the card."""
        return sum(each.clip.size_bytes for each in self.planned) + sum(each.size_bytes for each in self.too_large)

    @property
    def not_copied(self) -> tuple[WaitingClip, ...]:
        """What is not copied when the battery is at `disconnect`; nothing if that is not known."""
        return tuple(each.clip for each in self.planned if self._is_late(each.copied_min))

    @property
    def not_sent(self) -> tuple[WaitingClip, ...]:
        """What is not sent then, whether it is copied or not."""
        return tuple(each.clip for each in self.planned if self._is_late(each.sent_min))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The plan for people."""
        return tuple(_sentences(self))

    def _is_late(self, minutes: float) -> bool:
        return self.battery.minutes is not None and minutes > self.battery.minutes


def plan_offload(
    clips: Sequence[WaitingClip],
    *,
    staged_bytes: int,
    room_bytes: int,
    rates: MeasuredRates,
    battery: BatteryMinutes,
) -> OffloadPlan:
    """The plan.

    Args:
        clips: What is to be copied, in its order (`transfer.order`: events first).
        staged_bytes: What is staged and not sent.
        room_bytes: What staging takes beside that.
        rates: Of this box.
        battery: How long the power lasts.
    """
    whole_bytes = staged_bytes + room_bytes
    fitting = [clip for clip in clips if clip.size_bytes <= whole_bytes]
    planned, minutes = _timed(fitting, staged_bytes, whole_bytes, rates)
    return OffloadPlan(
        staged_bytes=staged_bytes,
        planned=tuple(planned),
        too_large=tuple(clip for clip in clips if clip.size_bytes > whole_bytes),
        minutes=minutes,
        battery=battery,
        rates=rates,
    )


def _timed(
    clips: Sequence[WaitingClip], staged_bytes: int, whole_bytes: int, rates: MeasuredRates
) -> tuple[list[PlannedClip], float]:
    """The clips with their times, and the time of the end."""
    copy_rate, send_rate = (rate.bytes_per_s * _MINUTE_S for rate in (rates.copied, rates.sent))
    planned: list[PlannedClip] = []
    batch: list[tuple[WaitingClip, float]] = []
    now_min, full_bytes = 0.0, staged_bytes

    def send_all() -> None:
        nonlocal now_min
        now_min += (full_bytes - sum(clip.size_bytes for clip, _ in batch)) / send_rate
        for clip, copied_min in batch:
            now_min += clip.size_bytes / send_rate
            planned.append(PlannedClip(clip=clip, copied_min=copied_min, sent_min=now_min))

    for clip in clips:
        if full_bytes + clip.size_bytes > whole_bytes:
            send_all()
            batch, full_bytes = [], 0
        now_min += clip.size_bytes / copy_rate
        full_bytes += clip.size_bytes
        batch.append((clip, now_min))
    send_all()
    return planned, now_min


def _sentences(plan: OffloadPlan) -> Iterator[str]:
    clips = (*(each.clip for each in plan.planned), *plan.too_large)
    events = sum(clip.is_event for clip in clips)
    counted = f"{_count(len(clips))} on the card, {_gb(plan.card_bytes)}, {events} of events"
    yield f"Waiting: {counted}; {_gb(plan.staged_bytes)} staged."
    order = ", events first" if clips and clips[0].is_event else ""
    speeds = f"copying at {plan.rates.copied} and sending at {plan.rates.sent}"
    yield f"Needed: about {plan.minutes:.0f} minutes, {speeds}{order}."
    yield plan.battery.words
    if plan.not_sent:
        late = f"Not sent by then: {_count(len(plan.not_sent))}, {_gb(_bytes(plan.not_sent))}"
        yield f"{late}; of these, not even copied: {_named(plan.not_copied)}."
    elif plan.battery.minutes is not None:
        yield f"All {'the rest ' if plan.too_large else ''}is sent by then."
    if plan.too_large:
        yield f"Larger than all of staging, and not copied: {_named(plan.too_large)}."


def _named(clips: Sequence[WaitingClip]) -> str:
    if not clips:
        return "none"
    names = ", ".join(repr(str(clip.path)) for clip in clips[:_NAMED])
    more = f" and {len(clips) - _NAMED} more" if len(clips) > _NAMED else ""
    return f"{_count(len(clips))}, {_gb(_bytes(clips))}: {names}{more}"


def _bytes(clips: Sequence[WaitingClip]) -> int:
    return sum(clip.size_bytes for clip in clips)


def _count(number: int) -> str:
    return "1 clip" if number == 1 else f"{number} clips"


def _gb(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.2f} GB"
