"""How long to wait before a recorder is started again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.health.backoff import BackOff, doubled_s, failures_after_end


class TestBackOff:
    def test_doubles_to_a_limit(self) -> None:
        """0.5, 1, 2 ... 60 s."""
        waits = [BackOff().delay_s(failures, chance=0) for failures in range(1, 10)]
        assert waits == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]

    @given(st.integers(0, 10**6), st.floats(0, 1))
    def test_bounded(self, failures: int, chance: float) -> None:
        """However long a camera is dead."""
        assert 0.5 <= BackOff().delay_s(failures, chance=chance) <= 75

    def test_a_camera_dead_for_a_day(self) -> None:
        """At most 1,450 starts."""
        now_s, failures = 0.0, 0
        while now_s < 86_400:
            failures = failures_after_end(failures, recorded_s=0, segment_time_s=600)
            now_s += BackOff().delay_s(failures, chance=0)
        assert failures <= 1450

    @pytest.mark.parametrize(("recorded_s", "failures"), [(599, 8), (600, 1)])
    def test_a_whole_segment_is_health(self, recorded_s: float, failures: int) -> None:
        """The next end is the first again."""
        assert failures_after_end(7, recorded_s=recorded_s, segment_time_s=600) == failures


class TestDoubled:
    def test_the_watchdogs_waits(self) -> None:
        """Five minutes to one hour, without chance."""
        assert [doubled_s(failures, first_s=300, most_s=3600) for failures in range(6)] == [
            *(300, 300, 600),
            *(1200, 2400, 3600),
        ]

    @given(st.integers(0, 10**9), st.floats(0, 1e9), st.floats(0, 1e9))
    def test_never_beyond_the_limit(self, failures: int, first_s: float, most_s: float) -> None:
        """Nor below the first wait, if the limit is not."""
        assert min(first_s, most_s) <= doubled_s(failures, first_s=first_s, most_s=most_s) <= most_s
