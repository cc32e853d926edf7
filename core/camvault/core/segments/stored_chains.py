"""Pure: the segments of each session, laid end to end.

When a picture arrived is known to a second: it is found in its file at the next look. How far the pictures of a segment
are apart is known exactly, and a recorder that begins a new segment leaves no picture out. So what follows one another
without a hole is as long as its pictures are shown, and begins when they show that soonest. Between two sessions there
is a hole, however short it is.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby, pairwise
from operator import attrgetter

import attrs

from camvault.core.segments.coverage import Span
from camvault.core.segments.stored_record import StoredSegment

_NOTICED_LATE = timedelta(seconds=1.5)
"""By how much the end of a segment and the begin of the next one differ where there is no hole."""
_LONGEST = timedelta(minutes=10)
"""No more is laid end to end than this, because the clock of the camera runs at another pace than ours."""
_ZERO = timedelta(0)


@attrs.frozen
class Recorded:
    """When pictures were shown, and the holes from the end of one session to the begin of the next one."""

    spans: tuple[Span, ...]
    holes: tuple[Span, ...] = ()


def laid_end_to_end(segments: Iterable[StoredSegment]) -> Recorded:
    """What is recorded in the segments of one station, which may be in any order."""
    found = list[tuple[Span, str]]()
    in_order = sorted((each for each in segments if each.spans), key=_SEGMENT)
    for session, each in groupby(in_order, key=lambda item: item.segment[0]):
        found += [(_as_one(chain), session) for chain in _chains(each)]
    found.sort(key=lambda item: item[0].start_at)
    holes = [
        Span(before.end_at, after.start_at)
        for (before, ended), (after, begun) in pairwise(found)
        if ended != begun and before.end_at < after.start_at
    ]
    return Recorded(tuple(span for span, _ in found), tuple(holes))


_SEGMENT = attrgetter("segment")


def _chains(segments: Iterable[StoredSegment]) -> Iterator[list[Span]]:
    """Spans of one session between which there is no hole; `segments` are in order, at least one, each with spans."""
    chain, length, number = list[Span](), _ZERO, 0
    for each in segments:
        for place, span in enumerate(each.spans):
            is_next = place == 0 and each.segment[1] == number + 1
            if chain and not (is_next and abs(span.start_at - chain[-1].end_at) <= _NOTICED_LATE and length < _LONGEST):
                yield chain
                chain, length = [], _ZERO
            chain.append(span)
            length += span.end_at - span.start_at
        number = each.segment[1]
    yield chain


def _as_one(chain: list[Span]) -> Span:
    length, begins = _ZERO, list[timedelta]()
    first = chain[0].start_at
    for span in chain:
        begins.append(span.start_at - first - length)
        length += span.end_at - span.start_at
    begin_at = first + min(begins)
    return Span(begin_at, begin_at + length)
