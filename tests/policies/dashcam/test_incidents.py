"""Which problems are told, and when they are over."""

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.incidents import OPEN_MOST, Incident, Incidents


def test_a_problem_is_new_once() -> None:
    none = Incidents()
    assert none.is_new("bus", "no answer")
    one = none.seen("bus", "no answer", now_s=1)
    assert not one.is_new("bus", "no answer")
    assert one.is_new("bus", "no value")
    assert one.is_new("port", "no answer")


def test_a_problem_that_is_seen_again_began_when_it_was_first_seen() -> None:
    incidents = Incidents().seen("bus", "x", now_s=1).seen("bus", "x", now_s=9)
    assert incidents.open == {("bus", "x"): Incident(1, 9)}


def test_a_problem_is_over_when_it_was_not_seen_for_the_settle_time() -> None:
    incidents = Incidents().seen("bus", "x", now_s=1).seen("port", "y", now_s=1)
    assert incidents.over("bus", now_s=300, settle_s=300) == {}
    over = incidents.over("bus", now_s=301, settle_s=300)
    assert over == {("bus", "x"): Incident(1, 1)}
    assert incidents.without(over).open == {("port", "y"): Incident(1, 1)}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 300)), max_size=300))
def test_the_open_problems_are_the_last_ones_and_no_more_than_there_is_room_for(seen: list[tuple[str, int]]) -> None:
    incidents = Incidents()
    for now_s, (subject, number) in enumerate(seen):
        incidents = incidents.seen(subject, str(number), now_s=now_s)
    newest = list(dict.fromkeys((subject, str(number)) for subject, number in reversed(seen)))[:OPEN_MOST]
    assert set(incidents.open) == set(newest)
