"""Which dated footage goes by age, size and free space."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.retention.dated_rules import (
    age_reason,
    day_of_cut,
    first_young_day,
    free_excess,
    oldest_first,
    size_excess,
)

DAY_S = 86_400
BEGIN = datetime(2023, 1, 1)
SIZED = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 50)), max_size=12).map(
    lambda pairs: [
        (BEGIN + timedelta(days=day, seconds=at), f"/{at}", size, at) for at, (day, size) in enumerate(pairs)
    ]
)


@pytest.mark.parametrize(
    ("stamp_s", "days", "goes"), [(0, 30, True), (10 * DAY_S, 30, False), (0, 0, False), (99 * DAY_S, 1, False)]
)
def test_age_counts_from_the_stamp_and_0_is_off(stamp_s: float, days: float, goes: bool) -> None:
    reason = age_reason(stamp_s, now_s=40 * DAY_S, days=days)
    assert (reason is not None) == goes


def test_footage_of_just_the_age_stays() -> None:
    assert age_reason(10 * DAY_S, now_s=40 * DAY_S, days=30) is None
    found = age_reason(10 * DAY_S - 1, now_s=40 * DAY_S, days=30)
    assert str(found) == "--age: 30.0 days old, at most 30"


ZONES = [timezone(timedelta(hours=hours)) for hours in (-23, -10, 0, 2, 14, 23)]


@given(
    stamp=st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)),
    zone=st.sampled_from(ZONES),
    now_s=st.floats(0, 4e9),
    days=st.integers(0, 1_000_000) | st.integers(0, 40_000),
)
def test_from_the_first_young_day_on_nothing_is_too_old(
    stamp: datetime, zone: timezone, now_s: float, days: int
) -> None:
    if stamp.toordinal() >= first_young_day(now_s=now_s, days=days):
        assert age_reason(stamp.replace(tzinfo=zone).timestamp(), now_s=now_s, days=days) is None


def test_two_days_before_the_first_young_day_a_stamp_is_too_old_in_any_zone() -> None:
    day = first_young_day(now_s=40 * DAY_S, days=30)
    for zone in ZONES:
        stamp = datetime.fromordinal(day - 2).replace(tzinfo=zone)
        assert age_reason(stamp.timestamp() - DAY_S, now_s=40 * DAY_S, days=30) is not None


def test_the_excess_of_size_and_of_free_space() -> None:
    assert size_excess(1500, limit_bytes=1000).size_bytes == 500
    assert size_excess(900, limit_bytes=1000).size_bytes <= 0
    assert free_excess(100, floor_bytes=1000).size_bytes == 900
    assert str(free_excess(100, floor_bytes=1000).reason) == "--min-free: 100 bytes free, at least 1,000"


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 100)), st.integers(-10, 700))
def test_the_day_of_the_cut_is_the_first_at_which_enough_is_freed(by_day: dict[str, int], excess: int) -> None:
    day = day_of_cut(by_day, excess)
    if day is None:
        assert excess <= 0 or not by_day
        return
    assert sum(size for each, size in by_day.items() if each < day) < excess
    freed = sum(size for each, size in by_day.items() if each <= day)
    assert freed >= excess or day == max(by_day)


def test_empty_files_free_nothing_and_stay() -> None:
    assert oldest_first([(BEGIN, "/a", 0, "empty"), (BEGIN, "/b", 9, "full")], 5) == ["full"]


@given(SIZED, st.integers(-10, 700))
def test_the_oldest_go_and_no_more_than_needed(sized: list[tuple[datetime, str, int, int]], excess: int) -> None:
    taken = oldest_first(sized, excess)
    sizes = {thing: size for _, _, size, thing in sized}
    stamps = {thing: stamp for stamp, _, _, thing in sized}
    freed = sum(sizes[thing] for thing in taken)
    kept = [thing for thing in sizes if thing not in taken and sizes[thing]]
    assert freed >= excess or not kept
    assert not taken or freed - sizes[taken[-1]] < excess
    assert all(stamps[gone] <= stamps[stays] for gone in taken for stays in kept)
