"""How long is waited after a command failed."""

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.tries import Tries


def test_what_has_not_failed_is_tried_at_once() -> None:
    assert not Tries().is_early(0, first_s=30, most_s=900)


def test_each_failure_in_a_row_doubles_the_wait_up_to_the_limit() -> None:
    tries, waits = Tries(), []
    for _ in range(7):
        tries = tries.failed(1000)
        waits.append(next(s for s in range(2000) if not tries.is_early(1000 + s, first_s=30, most_s=900)))
    assert waits == [30, 60, 120, 240, 480, 900, 900]


@given(st.integers(1, 100), st.floats(1, 60), st.floats(60, 4000))
def test_the_wait_is_never_longer_than_the_limit(count: int, first_s: float, most_s: float) -> None:
    assert not Tries(count, 0).is_early(most_s, first_s=first_s, most_s=most_s)
