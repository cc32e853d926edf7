"""At which bitrate footage fills a medium, and which discs it needs if that is too low."""

import math

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.capacity.budget import kept_free_bytes
from camvault.core.capacity.rate import RatePlan, TooLong, fixed_bytes, plan_rate

durations = st.lists(st.floats(0.1, 20_000), min_size=1, max_size=30)
GB = 1_000_000_000


class TestPlanRate:
    @given(durations, st.integers(0, 50 * GB), st.integers(0, 2000))
    def test_the_rate_fits_and_no_higher_one_does(self, seconds: list[float], limit: int, minimum: int) -> None:
        """Sound, container and picture fit together; one kbit/s more would not."""
        plan = plan_rate(seconds, limit_bytes=limit, min_kbps=minimum)
        if isinstance(plan, TooLong):
            assert plan.video_kbps < max(1, minimum)
            return
        fixed = sum(fixed_bytes(d) for d in seconds)
        assert fixed + plan.video_kbps * 125 * sum(seconds) <= limit * (1 + 1e-9)
        assert fixed + (plan.video_kbps + 1) * 125 * sum(seconds) > limit * (1 - 1e-9)
        assert plan.video_kbps >= minimum

    def test_sound_and_container_come_off_the_formula(self) -> None:
        """TRAP: the formula given to the picture alone overflows: 200k gave 295 kbit/s in all."""
        plan = plan_rate([3600.0], limit_bytes=200 * 125 * 3600, min_kbps=1)
        assert isinstance(plan, RatePlan)
        assert plan.video_kbps == 127

    def test_too_long_says_how_many_discs(self) -> None:
        """400 hours on one disc are rubbish; the message says what would not be."""
        plan = plan_rate([3600.0] * 400, limit_bytes=24_500_000_000, min_kbps=150)
        assert isinstance(plan, TooLong)
        assert plan.video_kbps == 64
        assert plan.disc_count == 2
        assert "64 kbit/s" in str(plan)
        assert "on 2 discs" in str(plan)

    def test_the_named_discs_hold_the_footage(self) -> None:
        """The number is right: with so many discs the same footage is planned."""
        hours = [3600.0] * 400
        plan = plan_rate(hours, limit_bytes=24_500_000_000, min_kbps=150)
        assert isinstance(plan, TooLong)
        assert plan.disc_count is not None
        part = hours[: math.ceil(len(hours) / plan.disc_count)]
        assert isinstance(plan_rate(part, limit_bytes=24_500_000_000, min_kbps=150), RatePlan)

    def test_one_clip_too_long_for_any_disc(self) -> None:
        """No number of discs holds a clip that is not split."""
        plan = plan_rate([3600.0 * 1000], limit_bytes=GB, min_kbps=150)
        assert isinstance(plan, TooLong)
        assert plan.disc_count is None
        assert "one clip alone" in str(plan)

    def test_no_room_for_any_picture(self) -> None:
        """Sound alone fills it: 0 kbit/s is refused even with no minimum."""
        plan = plan_rate([1000.0], limit_bytes=1000, min_kbps=0)
        assert isinstance(plan, TooLong)
        assert plan.video_kbps == 0

    def test_clip_without_sound_needs_less(self) -> None:
        """What is fixed depends on whether there is sound."""
        assert fixed_bytes(10, has_audio=False) + 64 * 125 * 10 == fixed_bytes(10)

    @given(durations, st.integers(1, 25 * GB), st.integers(0, 2000), st.integers(0, GB))
    def test_a_larger_disc_that_is_named_holds_all_of_it(
        self, seconds: list[float], limit: int, minimum: int, safety: int
    ) -> None:
        """With the same safety bytes the same clips are planned for it, and it is larger than the one before."""
        plan = plan_rate(seconds, limit_bytes=limit, min_kbps=minimum, safety_bytes=safety)
        if not isinstance(plan, TooLong) or plan.larger_disc is None:
            return
        room = plan.larger_disc.capacity_bytes - kept_free_bytes(safety, clip_count=len(seconds))
        assert room > limit
        assert isinstance(plan_rate(seconds, limit_bytes=room, min_kbps=minimum), RatePlan)
        assert f"on one {plan.larger_disc}" in str(plan)

    def test_more_than_any_disc_holds(self) -> None:
        """Then no larger disc is named."""
        plan = plan_rate([3600.0] * 4000, limit_bytes=24_500_000_000, min_kbps=150)
        assert isinstance(plan, TooLong)
        assert plan.larger_disc is None
        assert str(plan).endswith(f"on {plan.disc_count} discs")
