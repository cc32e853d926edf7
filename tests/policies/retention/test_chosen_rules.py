"""From what was asked for to the rules of a cleanup."""

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.retention.chosen_rules import chosen_rules
from camvault.core.retention.rules import KeepDays, MaxBytes, MaxDays, MinFree


def test_what_was_not_asked_for_is_no_rule() -> None:
    """Only the age of what is proven decides then."""
    rules = chosen_rules(keep_days=3, min_free_bytes=0, max_days=None, max_bytes=None, may_lose=True)
    assert rules == (KeepDays(3),)


@given(st.booleans())
def test_what_was_asked_for_in_the_order_of_its_application(may_lose: bool) -> None:
    """`--may-lose` is for every rule but the first."""
    rules = chosen_rules(keep_days=0, min_free_bytes=5, max_days=7, max_bytes=0, may_lose=may_lose)
    assert rules == (KeepDays(0), MaxDays(7, may_lose), MaxBytes(0, may_lose=may_lose), MinFree(5, may_lose))
