"""When a push that failed is tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.retry_policy import NextTry, next_try
from camvault.ports.transfer import PushCause

CAUSES = st.sampled_from(PushCause)
COUNTS = st.integers(1, 1000)


@pytest.mark.parametrize("cause", [PushCause.REFUSED, PushCause.NO_SPACE])
@given(count=COUNTS, retries=st.integers(0, 100), chance=st.floats(0, 1))
def test_what_a_try_cannot_change_is_never_tried_again(
    cause: PushCause, count: int, retries: int, chance: float
) -> None:
    """A host key that changed, above all."""
    assert next_try(cause, failed_count=count, retries=retries, chance=chance).refusal


@given(cause=CAUSES, retries=st.integers(0, 100), chance=st.floats(0, 1))
def test_there_are_no_more_tries_than_were_allowed(cause: PushCause, retries: int, chance: float) -> None:
    tries = [next_try(cause, failed_count=count, retries=retries, chance=chance) for count in range(1, retries + 3)]
    assert sum(not one.refusal for one in tries) <= retries
    assert tries[-1].refusal


@given(cause=CAUSES, count=COUNTS, chance=st.floats(0, 1))
def test_a_wait_has_a_limit_and_is_a_share_of_its_span(cause: PushCause, count: int, chance: float) -> None:
    found = next_try(cause, failed_count=count, retries=1000, chance=chance)
    least_s = 2 if cause is PushCause.CUT_OFF and not found.refusal else 0
    assert least_s <= found.wait_s <= least_s + 60 * chance
    assert not (found.refusal and found.wait_s)


def test_the_span_doubles() -> None:
    waits = [next_try(PushCause.NO_NETWORK, failed_count=n, retries=9, chance=1).wait_s for n in range(1, 8)]
    assert waits == [2, 4, 8, 16, 32, 60, 60]


def test_a_cause_that_nobody_told_is_tried_twice() -> None:
    found = [next_try(PushCause.UNKNOWN, failed_count=count, retries=9, chance=0) for count in (1, 2, 3)]
    assert found == [NextTry(), NextTry(), NextTry(refusal="it was tried 3 times")]
