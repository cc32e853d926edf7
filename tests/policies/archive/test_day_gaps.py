"""The days without footage."""

import itertools
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.archive.day_gaps import DayGap, day_gaps

DAYS = st.dates(date(2024, 1, 1), date(2024, 4, 1))


def of(gap: DayGap) -> list[date]:
    return [gap.first + timedelta(days=number) for number in range(gap.day_count)]


@given(st.sets(DAYS, max_size=12), DAYS)
def test_every_day_from_the_first_to_the_end_has_footage_or_is_in_one_gap(days: set[date], until: date) -> None:
    missing = [day for gap in day_gaps(days, until=until) for day in of(gap)]
    if not days:
        assert missing == []
        return
    end = max(*days, until)
    every = [min(days) + timedelta(days=number) for number in range((end - min(days)).days + 1)]
    assert sorted([*days, *missing]) == every


@given(st.sets(DAYS, max_size=12), DAYS)
def test_gaps_do_not_touch_and_only_the_last_one_is_open(days: set[date], until: date) -> None:
    gaps = day_gaps(days, until=until)
    for one, other in itertools.pairwise(gaps):
        assert one.last + timedelta(days=1) < other.first
        assert not one.is_open
    assert [gap.is_open for gap in gaps][-1:] == ([max(days) < until] if gaps else [])


def test_a_camera_that_fell_silent_has_an_open_gap_until_yesterday() -> None:
    assert day_gaps([date(2024, 3, 1)], until=date(2024, 3, 9)) == (
        DayGap(date(2024, 3, 2), date(2024, 3, 9), is_open=True),
    )


def test_a_day_in_the_future_makes_no_open_gap() -> None:
    assert day_gaps([date(2024, 3, 20)], until=date(2024, 3, 9)) == ()
