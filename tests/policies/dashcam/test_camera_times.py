"""Which times may be of one file, and which ledger a clip is in."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.camera_times import are_alike, camera_time, clock_problem, month_of, months_around

HOUR_NS = 3600 * 10**9
SECOND_NS = 10**9
TIMES = st.integers(-(2**63), 2**63 - 1)


class TestTimesOfOneFile:
    @pytest.mark.parametrize("apart_ns", [0, 1, 2 * SECOND_NS, HOUR_NS, 5 * HOUR_NS + HOUR_NS // 2, 26 * HOUR_NS])
    def test_what_a_zone_or_a_coarser_file_system_changes_is_alike(self, apart_ns: int) -> None:
        now = 1_750_000_000 * SECOND_NS
        assert are_alike(now, now + apart_ns)
        assert are_alike(now + apart_ns, now)

    @pytest.mark.parametrize("apart_ns", [3 * SECOND_NS, 60 * SECOND_NS, HOUR_NS - 60 * SECOND_NS, 27 * HOUR_NS])
    def test_any_other_difference_is_not(self, apart_ns: int) -> None:
        now = 1_750_000_000 * SECOND_NS
        assert not are_alike(now, now + apart_ns)

    @given(TIMES, TIMES)
    def test_it_is_the_same_both_ways(self, one: int, other: int) -> None:
        assert are_alike(one, other) == are_alike(other, one)


class TestMonths:
    @pytest.mark.parametrize(
        ("mtime_ns", "month"),
        [
            (0, "1970-01"),
            (-1, "1969-12"),
            (1_746_057_599 * SECOND_NS, "2025-04"),
            (1_746_057_600 * SECOND_NS, "2025-05"),
            (10**30, "unknown"),
            (-(10**30), "unknown"),
        ],
    )
    def test_each_time_has_a_month(self, mtime_ns: int, month: str) -> None:
        assert month_of(mtime_ns) == month
        assert (camera_time(mtime_ns) is None) == (month == "unknown")

    @given(st.integers(0, 4 * 10**18), st.integers(-26 * 4, 26 * 4), st.integers(-2, 2))
    def test_a_time_that_is_alike_is_in_the_months_around(self, mtime_ns: int, quarters: int, seconds: int) -> None:
        other = mtime_ns + quarters * HOUR_NS // 4 + seconds * SECOND_NS
        assert are_alike(mtime_ns, other) == (abs(mtime_ns - other) <= 26 * HOUR_NS + 2 * SECOND_NS)
        if are_alike(mtime_ns, other):
            assert month_of(other) in months_around(mtime_ns)


@pytest.mark.parametrize(
    ("ahead_s", "problem"),
    [
        (-(10**6), ""),
        (120, ""),
        (3_600, "the camera's clock is ahead of this machine's by 1:00:00, or in another zone"),
        (10**30, "the camera gave a clip a time that no calendar has"),
    ],
)
def test_a_clip_of_the_future_tells_that_a_clock_is_wrong(ahead_s: int, problem: str) -> None:
    now = datetime(2025, 7, 18, 10, 15, tzinfo=UTC)
    assert clock_problem((int(now.timestamp()) + ahead_s) * SECOND_NS, now) == problem
