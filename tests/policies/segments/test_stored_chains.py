"""Segments of sessions laid end to end: as long as their pictures are shown, and no longer."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.segments.coverage import Span, coverage
from camvault.core.segments.stored_chains import laid_end_to_end
from camvault.core.segments.stored_record import StoredSegment

BEGIN = datetime(2025, 5, 28, 14, 0, tzinfo=UTC)
PERIOD = Span(BEGIN - timedelta(hours=1), BEGIN + timedelta(hours=3))


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def segment(number: int, *spans: tuple[float, float], session: str = "A") -> StoredSegment:
    return StoredSegment((session, number), tuple(Span(at(begin_s), at(end_s)) for begin_s, end_s in spans))


def recorded_s(*segments: StoredSegment) -> float:
    found = laid_end_to_end(segments)
    return coverage("A", found.spans, period=PERIOD, holes=found.holes).recorded_s


def test_a_segment_that_was_noticed_late_neither_overlaps_the_next_one_nor_leaves_a_hole() -> None:
    late = (segment(1, (0.9, 10.9)), segment(2, (10.0, 20.0)), segment(3, (20.7, 30.7)))

    assert laid_end_to_end(late).spans == (Span(at(0), at(30)),)
    assert laid_end_to_end(reversed(late)) == laid_end_to_end(late)


def test_the_hole_between_two_sessions_is_none_that_comes_from_names() -> None:
    killed = segment(1, (0, 10)), segment(1, (10.8, 20), session="B")

    assert laid_end_to_end(killed).holes == (Span(at(10), at(10.8)),)
    assert recorded_s(*killed) == 19.2
    assert recorded_s(segment(1, (0, 10)), segment(1, (9.8, 20), session="B")) == 20


def test_holes_that_the_pictures_show_and_segments_that_are_gone_stay_holes() -> None:
    assert recorded_s(segment(1, (0, 10), (13, 20)), segment(2, (20.2, 30.2))) == 27
    assert recorded_s(segment(1, (0, 10)), segment(3, (20, 30))) == 20
    assert recorded_s(segment(1, (0, 10)), segment(2, (13, 20))) == 17


def test_a_camera_whose_clock_is_fast_does_not_move_a_day() -> None:
    """Pictures of 10.01 s in each 10 s: after a day they would be a minute and a half ahead."""
    day = [segment(number, (10 * number, 10 * number + 10.01)) for number in range(8640)]

    found = laid_end_to_end(day)

    assert abs((found.spans[-1].end_at - at(86400)).total_seconds()) < 1
    assert abs((found.spans[0].start_at - BEGIN).total_seconds()) < 1


@given(
    st.lists(st.tuples(st.lists(st.floats(0.5, 12), min_size=1, max_size=8), st.floats(0.05, 1.4)), max_size=6),
    st.data(),
)
def test_whatever_was_noticed_when_it_is_as_long_as_the_pictures(
    sessions: Sequence[tuple[list[float], float]], data: st.DataObject
) -> None:
    """`sessions`: the lengths of the segments, and the hole after the last. Pictures are noticed up to 0.7 s late."""
    now_s, length_s = 0.0, 0.0
    segments = list[StoredSegment]()
    for name, (lengths_s, hole_s) in enumerate(sessions):
        least_s = data.draw(st.floats(0, 0.04))
        for number, each_s in enumerate(lengths_s):
            late_s = least_s if number == 0 else data.draw(st.floats(least_s, 0.7))
            segments.append(segment(number, (now_s + late_s, now_s + late_s + each_s), session=str(name)))
            now_s, length_s = now_s + each_s, length_s + each_s
        now_s += hole_s

    assert abs(recorded_s(*segments) - length_s) <= 0.05 * len(sessions)
