"""Pure: how much of a period was recorded, and every gap with its cause.

Each second counts once, however many segments overlap, and the recorded time and the gaps together make up the period
(INV-17). Times that the clock never showed, because it was set forward over them, did not take place: they are listed
with the cause CLOCK_STEP and are not part of the expected time. An hour that the clock showed twice has overlapping
segments and no gap. An hour that the clock went through, that it was then set back over, and that it skipped when it
was corrected, did take place, and counts.
"""

import enum
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter

import attrs

_ZERO = timedelta(0)
_EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_START = attrgetter("start_at")


class Cause(enum.Enum):
    """Why nothing was recorded. A cause stands before those that it leads to, such as a stall before a restart."""

    CLOCK_STEP = "clock step"
    DISK_FULL = "disk full"
    SUSPENDED = "suspended"
    OPERATOR = "operator"
    CAMERA_DOWN = "camera down"
    NOT_STORED = "not stored"
    STALL = "stall"
    RESTART = "restart"
    UNKNOWN = "unknown"


_RANK = {cause: rank for rank, cause in enumerate(Cause)}


def _utc(value: datetime) -> datetime:
    # within one zone, Python compares wall times and does not tell the two autumn hours apart
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def _stamped(value: datetime) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}"


def _check_order(instance: "Span", _: object, value: datetime) -> None:
    if value < instance.start_at:
        raise ValueError(f"The end {value} is before the start {instance.start_at}")


@attrs.frozen
class Span:
    """The time from one instant to another; aware datetimes of any zone are accepted, and kept as UTC."""

    start_at: datetime = attrs.field(converter=_utc)
    end_at: datetime = attrs.field(converter=_utc, validator=_check_order)

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return (self.end_at - self.start_at).total_seconds()


@attrs.frozen
class ClockStep:
    """The clock showed `from_at` and was set to `to_at`.

    `is_watched`: whether the clock was observed from the step before to this one. A machine that was off may begin with
    any time; what its clock skips when it is corrected may have passed while the machine was off.
    """

    from_at: datetime = attrs.field(converter=_utc)
    to_at: datetime = attrs.field(converter=_utc)
    is_watched: bool = True


@attrs.frozen
class Outage:
    """A time in which a recorder did not record, with the cause; of length 0 where only an instant is known."""

    cause: Cause
    span: Span


@attrs.frozen
class Gap:
    """A time in which nothing was recorded, with its main cause; `also` holds the other causes within it."""

    span: Span
    cause: Cause
    also: tuple[Cause, ...] = ()

    def __str__(self) -> str:
        return (
            f"{_stamped(self.span.start_at)} {_stamped(self.span.end_at)} {self.span.seconds:.0f} s {self.cause.value}"
        )


@attrs.frozen(kw_only=True)
class Coverage:
    """How much of a period one station recorded.

    Attributes:
        expected_s: The length of the period without the times that the clock skipped.
        recorded_s: The part of `expected_s` that was recorded, `bridged_s` included.
        bridged_s: Holes too short to be called gaps, because names give whole seconds.
        gaps: In order; those with the cause CLOCK_STEP are not missing footage.
    """

    station: str
    period: Span
    expected_s: float
    recorded_s: float
    bridged_s: float
    gaps: tuple[Gap, ...]

    @property
    def percent(self) -> float:
        """The share that was recorded; 100 where nothing was expected."""
        return 100 * (self.recorded_s / self.expected_s) if self.expected_s else 100.0

    def meets(self, level_percent: float) -> bool:
        """Whether at least `level_percent` was recorded, without rounding."""
        return self.percent >= level_percent


def recorded_spans(
    start_at: datetime,
    *,
    closed_at: datetime,
    duration_s: float | None,
    steps: Iterable[ClockStep] = (),
    slack_s: float = 5,
) -> tuple[Span, ...]:
    """When a segment was recorded, by the clock at that time: two spans if the clock was set meanwhile.

    Args:
        start_at: When it began, from its name.
        closed_at: When it was last written (its mtime). It is taken for that, and not for the mtime of a copy, only if
            it matches a step.
        duration_s: Its duration; None if that is unknown (its recorder was killed): then `closed_at` counts.
        steps: When the clock was set.
        slack_s: How exact `closed_at` is: the last bytes are written up to this much later than they were recorded.
    """
    start, closed = _utc(start_at), _utc(closed_at)
    if duration_s is None:
        return (Span(start, max(start, closed)),)
    end, slack = start + timedelta(seconds=duration_s), timedelta(seconds=slack_s)
    for step in steps:
        offset = step.to_at - step.from_at
        is_within = start <= step.from_at <= end
        if is_within and abs(offset) > slack and abs(closed - end - offset) <= slack:
            return Span(start, step.from_at), Span(step.to_at, end + offset)
    return (Span(start, end),)


def coverage(
    station: str,
    recorded: Iterable[Span],
    *,
    period: Span,
    events: Iterable[Outage] = (),
    steps: Iterable[ClockStep] = (),
    holes: Iterable[Span] = (),
    tolerance_s: float = 1.5,
) -> Coverage:
    """What was recorded in `period`, and why the rest was not.

    Args:
        station: Its name, for the report.
        recorded: When segments were recorded, in any order; they may overlap and reach beyond the period.
        period: The period of the report.
        events: The known causes, in any order.
        steps: When the clock was set, in that order.
        holes: Times in which nothing was recorded for certain, however short they are.
        tolerance_s: Other holes up to this long come from the resolution of names; events this close belong to a gap.
    """
    tolerance = timedelta(seconds=tolerance_s)
    skips = tuple(_never_shown(steps))
    known = set(holes)
    bridged, lost, never_was = _ZERO, _ZERO, _ZERO
    missing: list[Span] = []
    gaps: list[Gap] = []
    for hole in _holes(sorted(recorded, key=_START), period):
        rest = list(_holes(skips, hole))
        gaps += [Gap(span, Cause.CLOCK_STEP) for span in _holes(rest, hole)]
        for span in rest:
            if span.end_at - span.start_at <= tolerance and span not in known:
                bridged += span.end_at - span.start_at
            else:
                lost += span.end_at - span.start_at
                missing.append(span)
    never_was = sum((gap.span.end_at - gap.span.start_at for gap in gaps), never_was)
    gaps += _explained(missing, sorted(events, key=lambda event: event.span.start_at), tolerance)
    expected = period.end_at - period.start_at - never_was
    return Coverage(
        station=station,
        period=period,
        expected_s=expected.total_seconds(),
        recorded_s=(expected - lost).total_seconds(),
        bridged_s=bridged.total_seconds(),
        gaps=tuple(sorted(gaps, key=lambda gap: gap.span.start_at)),
    )


def _never_shown(steps: Iterable[ClockStep]) -> Iterator[Span]:
    """The times that the clock never showed, sorted: those between the spans that it went through from step to step."""
    lived = []
    begin, end = _EVER
    for step in steps:
        if step.is_watched and step.from_at >= begin:
            lived.append(Span(begin, step.from_at))
        else:
            lived.append(Span(min(begin, step.from_at), max(begin, step.from_at, step.to_at)))
        begin = step.to_at
    lived.append(Span(begin, end))
    return _holes(sorted(lived, key=_START), Span(*_EVER))


def _holes(spans: Iterable[Span], period: Span) -> Iterator[Span]:
    """The parts of `period` that no span covers; `spans` are sorted by their start."""
    reached = period.start_at
    for span in spans:
        if span.start_at >= period.end_at:
            break
        if span.start_at > reached:
            yield Span(reached, span.start_at)
        reached = max(reached, span.end_at)
    if reached < period.end_at:
        yield Span(reached, period.end_at)


def _explained(missing: Sequence[Span], timeline: Sequence[Outage], tolerance: timedelta) -> Iterator[Gap]:
    """Each gap with its causes: the one that lasted longest in it first; at a tie, the one that leads to the others."""
    position, near = 0, list[Outage]()
    for gap in missing:
        while position < len(timeline) and timeline[position].span.start_at <= gap.end_at + tolerance:
            near.append(timeline[position])
            position += 1
        near = [event for event in near if event.span.end_at >= gap.start_at - tolerance]
        longest: dict[Cause, timedelta] = {}
        for event in near:
            overlap = min(event.span.end_at, gap.end_at) - max(event.span.start_at, gap.start_at)
            longest[event.cause] = max(overlap, longest.get(event.cause, overlap))
        causes = sorted(longest, key=lambda cause: (-max(longest[cause], _ZERO), _RANK[cause]))
        yield Gap(gap, causes[0], tuple(causes[1:])) if causes else Gap(gap, Cause.UNKNOWN)
