"""How fast an archive grows, and when the disk is full."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.archive.growth import (
    LEAST_DAYS,
    RATE_DAYS,
    WeekFigures,
    disk_outlook,
    growth_per_day,
    monday_of,
    weeks,
)

TODAY = date(2024, 3, 10)
GB = 10**9


def before(days: int) -> date:
    return TODAY - timedelta(days=days)


def steady(first: int, last: int = 0, size: int = GB) -> dict[date, int]:
    """As much each day, from so many days ago on."""
    return {before(days): size for days in range(last, first + 1)}


def test_a_disk_that_takes_a_gigabyte_a_day_is_full_after_as_many_days_as_gigabytes_are_free() -> None:
    growth = growth_per_day(steady(100), first_day=before(100), today=TODAY, is_rolling=False)
    outlook = disk_outlook(["output"], growths=[growth], free_bytes=10 * GB, total_bytes=200 * GB, today=TODAY)
    assert growth == GB
    assert outlook.full_on == date(2024, 3, 20)


def test_today_is_not_over_and_counts_for_nothing() -> None:
    days = {**steady(50, last=1), TODAY: 1000 * GB}
    assert growth_per_day(days, first_day=before(50), today=TODAY, is_rolling=False) == GB


def test_of_a_few_days_no_rate_is_known() -> None:
    few = LEAST_DAYS - 1
    assert growth_per_day(steady(few), first_day=before(few), today=TODAY, is_rolling=False) is None
    assert growth_per_day({}, first_day=None, today=TODAY, is_rolling=False) is None
    assert growth_per_day(steady(few + 1), first_day=before(few + 1), today=TODAY, is_rolling=False) == GB


def test_days_without_footage_count_as_days() -> None:
    days = {before(1): 28 * GB}
    assert growth_per_day(days, first_day=before(300), today=TODAY, is_rolling=False) == GB


def test_where_the_oldest_day_goes_as_a_new_one_comes_nothing_grows() -> None:
    assert growth_per_day(steady(30), first_day=before(300), today=TODAY, is_rolling=True) == 0
    growing = {**steady(60), **steady(RATE_DAYS, size=3 * GB)}
    assert growth_per_day(growing, first_day=before(300), today=TODAY, is_rolling=True) == 2 * GB
    assert growth_per_day({}, first_day=before(300), today=TODAY, is_rolling=True) == 0


@given(st.dictionaries(st.integers(0, 60).map(before), st.integers(0, 10**15)), st.booleans(), st.integers(0, 100))
def test_a_rate_is_never_negative_nor_more_than_what_came(days: dict[date, int], is_rolling: bool, known: int) -> None:
    growth = growth_per_day(days, first_day=before(known), today=TODAY, is_rolling=is_rolling)
    assert growth is None or 0 <= growth * min(known, RATE_DAYS) <= sum(days.values()) * (1 + 1e-9)


@pytest.mark.parametrize("growth", [None, 0.0, 1e-9])
def test_a_disk_without_growth_or_with_hardly_any_has_no_date(growth: float | None) -> None:
    outlook = disk_outlook(["input"], growths=[growth], free_bytes=10**15, total_bytes=10**15, today=TODAY)
    assert (outlook.full_on, outlook.growth_bytes_per_day) == (None, growth)


@given(st.integers(-(10**12), 10**15), st.floats(1e-3, 1e15), st.floats(1e-3, 1e15))
def test_more_growth_is_never_full_later(free: int, growth: float, more: float) -> None:
    one, other = (
        disk_outlook(["a"], growths=[each, None], free_bytes=free, total_bytes=10**15, today=TODAY).full_on
        for each in (growth, growth + more)
    )
    assert one is None or (other is not None and TODAY <= other <= one)


@given(st.lists(st.tuples(st.dates(date(2024, 1, 1), date(2024, 6, 1)), st.integers(0, 9), st.integers(0, 99))))
def test_weeks_follow_one_another_and_hold_all(days: list[tuple[date, int, int]]) -> None:
    found = weeks(days)
    assert sum(week.size_bytes for week in found) == sum(size for _, _, size in days)
    assert sum(week.file_count for week in found) == sum(count for _, count, _ in days)
    assert all(week.monday.weekday() == 0 for week in found)
    assert all(other.monday - one.monday == timedelta(days=7) for one, other in itertools.pairwise(found))
    assert bool(found) == bool(days)


def test_a_week_has_its_iso_name_at_the_turn_of_the_year_too() -> None:
    assert weeks([(date(2024, 12, 31), 2, 5)]) == (WeekFigures(date(2024, 12, 30), 2, 5),)
    assert weeks([(date(2024, 12, 31), 2, 5)])[0].name == "2025-W01"
    assert monday_of(date.min) == date.min
