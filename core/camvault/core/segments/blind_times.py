"""Pure: the times in which a recorder ran and received no pictures."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from operator import attrgetter

from camvault.core.segments.coverage import ClockStep, Outage, Span

_LONGEST_BLIND = timedelta(seconds=30)
"""The supervisor ends a recorder that receives no pictures after 10 to 15 s. Where more of a segment lies behind the
last picture, a line of the timeline is missing: then the whole segment counts."""


class BlindTimes:
    """The times without pictures, as the recorder wrote them into its timeline.

    Times that the clock showed twice are left out: they cannot be told apart.
    """

    def __init__(self, events: Iterable[Outage], steps: Iterable[ClockStep]) -> None:
        spans = (each.span for each in events if each.span.seconds)
        steps = tuple(steps)
        once = (
            span
            for span in spans
            if not any(step.to_at < span.end_at and span.start_at < step.from_at for step in steps)
        )
        self._spans = sorted(once, key=attrgetter("start_at"))
        self._starts = [span.start_at for span in self._spans]

    def at(self, moment: datetime) -> Span | None:
        """The time without pictures that `moment` lies in, or ends; None if there is none."""
        number = bisect_left(self._starts, moment)
        return self._spans[number - 1] if number and moment <= self._spans[number - 1].end_at else None


def with_pictures(spans: Iterable[Span], blind: Span) -> Iterator[Span]:
    """The parts of `spans` before the last picture, where `blind` begins."""
    for span in spans:
        last_at = max(span.start_at, min(span.end_at, blind.start_at))
        seen = Span(span.start_at, last_at) if span.end_at - last_at <= _LONGEST_BLIND else span
        if seen.seconds:
            yield seen
