"""What fits the staging."""

from pathlib import PurePath, PurePosixPath

import attrs
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.space_plan import no_room, plan_space, reserve_bytes

MB = 1024 * 1024


@attrs.frozen
class Clip:
    path: PurePosixPath
    size_bytes: int


CLIPS = st.lists(st.builds(Clip, st.just(PurePosixPath("a")), st.integers(0, 100 * MB)), max_size=20)


class TestPlan:
    @given(CLIPS, st.integers(0, 10**9), st.integers(0, 10**12))
    def test_the_reserve_is_kept_and_each_clip_is_copied_or_named(
        self, clips: list[Clip], free_bytes: int, more_bytes: int
    ) -> None:
        total_bytes = free_bytes + more_bytes
        plan = plan_space(clips, free_bytes=free_bytes, total_bytes=total_bytes)
        taken_bytes = sum(clip.size_bytes for clip in plan.fitting)
        assert not plan.fitting or free_bytes - taken_bytes >= reserve_bytes(total_bytes)
        assert sorted(map(str, (*plan.fitting, *plan.left_out))) == sorted(map(str, clips))

    def test_one_that_is_too_large_stops_no_smaller_one(self) -> None:
        clips = [Clip(PurePosixPath(str(size)), size * MB) for size in (30, 70, 20)]
        plan = plan_space(clips, free_bytes=64 * MB, total_bytes=64 * MB)
        assert [clip.size_bytes // MB for clip in plan.fitting] == [30, 20]
        assert [clip.size_bytes // MB for clip in plan.left_out] == [70]

    def test_the_reserve_is_a_twentieth_at_most_a_gibibyte(self) -> None:
        assert reserve_bytes(64 * MB) == 3_355_443
        assert reserve_bytes(10**12) == 1024**3


def test_what_does_not_fit_is_named() -> None:
    clips = [Clip(PurePosixPath(f"Normal/{number}.MP4"), 1_000) for number in range(5)]
    assert no_room(clips, staging=PurePath("/staging")) == (
        "/staging has no room for 5 clips of 5,000 bytes (Normal/0.MP4, Normal/1.MP4, Normal/2.MP4 and 2 more); "
        "nothing that is not proven makes room for them"
    )
