"""The plan of a batch, and why a batch is refused."""

from pathlib import PurePath

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from camvault.core.batch.given_clips import GivenClip
from camvault.core.batch.plan import (
    BatchRefusal,
    OutputsTooBigError,
    PreparePlan,
    lengths_agree,
    plan_batch,
)
from camvault.core.batch.resuming import batch_of
from camvault.core.capacity.media import DiscKind
from camvault.ports.batch_record import Coding, Mode
from camvault.ports.encoding import Allocation, EncodeOptions
from camvault.ports.entries import FileKind
from camvault.ports.media import MediaInfo
from tests.policies.batch.examples import BUILD, clip, planned, refused, request


class TestPlan:
    def test_what_fits_is_copied(self) -> None:
        plan = planned(clip("/c/a.mp4", 4000), clip("/c/b.mp4", 6000))
        assert (plan.mode, plan.progress.kbps, plan.total_bytes, plan.total_s) == (Mode.COPY, None, 10_000, 20.0)
        assert plan.summary() == "2 clips, 10 kB: fits 10 kB, so copy"

    def test_one_byte_more_is_encoded(self) -> None:
        plan = planned(clip("/c/a.mp4", 500_000), clip("/c/b.mp4", 500_001), disc=1_000_000)
        assert plan.mode is Mode.ENCODE
        # 1,000,000 bytes less two headers, sound and container of 20 s, in 20 s
        assert plan.progress.kbps == int((1_000_000 - 2 * 4096 - 20 * 72 * 125) / 20 / 125)
        assert "so encode to AV1 at 324 kbit/s" in plan.summary()

    def test_scenario_numbers_of_the_specification(self) -> None:
        gb = 1_000_000_000
        assert planned(clip(size=49 * gb + gb // 2), disc=50 * gb, safety=gb // 2).mode is Mode.COPY
        assert planned(clip(size=24_900_000_000), disc=25 * gb, safety=0).mode is Mode.COPY
        assert planned(clip(size=24_500_000_000), disc=25 * gb, safety=gb // 2).mode is Mode.COPY
        long = clip(size=24_500_000_001, seconds=8 * 3600.0)
        plan = planned(long, disc=25 * gb, safety=gb // 2)
        assert plan.mode is Mode.ENCODE
        assert plan.progress.kbps
        # TRAP: the formula's 6805 kbit/s is the total; video, sound and container must fit together
        assert (plan.progress.kbps + 64 + 8) * 125 * 8 * 3600 <= 24_500_000_000

    def test_complexity_is_said(self) -> None:
        wish = attrs.evolve(request(disc=900_000), options=EncodeOptions(allocation=Allocation.COMPLEXITY))
        plan = plan_batch(wish, [clip(size=1_000_000)])
        assert isinstance(plan, PreparePlan)
        assert "more where the picture needs it" in plan.summary()

    def test_the_lowest_rate_goes_with_the_job(self) -> None:
        """Corrections of this run and of every resumed one know it."""
        plan = plan_batch(request(disc=900_000, min_kbps=77), [clip(size=1_000_000)])
        assert isinstance(plan, PreparePlan)
        batch = batch_of(plan.progress)
        assert batch is not None
        assert batch.min_kbps == plan.progress.options.min_kbps == 77

    def test_all_problems_are_named_at_once(self) -> None:
        nothing = GivenClip(source=PurePath("/c/gone.mp4"), resolved=PurePath("/c/gone.mp4"))
        unreadable = attrs.evolve(clip("/c/secret.mp4"), problem="Permission denied")
        words = refused(
            nothing,
            unreadable,
            clip("/c/folder", kind=FileKind.FOLDER),
            clip("/c/pipe", kind=FileKind.OTHER),
            clip("/desk/a.mp4"),
        )
        assert words.split("; ") == [
            "/c/gone.mp4: No such file",
            "/c/secret.mp4: Permission denied",
            "/c/folder: is a directory, and there is no file in it",
            "/c/pipe: is not a regular file",
            "/desk/a.mp4: lies in the build directory, where outputs go",
        ]

    def test_a_link_into_the_build_directory_is_refused(self) -> None:
        """TRAP: deleting that original would destroy the only copy."""
        assert "lies in the build directory" in refused(attrs.evolve(clip(), resolved=BUILD / "a.mp4"))

    def test_no_clips_are_refused(self) -> None:
        assert refused() == "no input files"

    def test_a_clip_given_twice_is_taken_once(self) -> None:
        again = attrs.evolve(clip(), source=PurePath("/clips/../clips/a.mp4"))
        plan = planned(clip(), again)
        assert len(plan.progress.clips) == 1
        assert "taken once" in plan.warnings[0]

    def test_a_renamed_output_is_said(self) -> None:
        plan = planned(clip("/a/x.mp4"), clip("/b/x.mp4"))
        assert plan.warnings == ("/b/x.mp4 becomes x~2.mp4: another clip has its name (letter case does not count)",)

    def test_a_broken_clip_is_copied_whatever_the_others_are(self) -> None:
        """Footage of a camera that lost power must not stay behind."""
        plan = planned(clip(seconds=None), clip("/clips/b.mp4"))
        assert plan.mode is Mode.COPY
        assert plan.warnings == ("/clips/a.mp4: moov atom not found; it is copied as it is",)
        both = planned(clip(size=90_000, seconds=None), clip("/clips/b.mp4", 900_000, has_video=False), disc=500_000)
        assert both.mode is Mode.ENCODE
        assert both.warnings == (
            "/clips/a.mp4: moov atom not found; it is copied as it is",
            "/clips/b.mp4: has no picture; it is copied as it is if the others leave room for it",
        )
        assert [each.coding for each in both.progress.clips] == [Coding.AS_IS, Coding.IF_ROOM]

    def test_what_is_copied_is_taken_off_the_room_of_the_encodes(self) -> None:
        alone = planned(clip("/clips/a.mov", 2_000_000), disc=1_000_000)
        beside = planned(clip("/clips/a.mov", 2_000_000), clip("/clips/a.jpg", 300_000, seconds=None), disc=1_300_000)
        assert beside.progress.kbps == alone.progress.kbps
        assert [each.output_name for each in beside.progress.clips] == ["a.mp4", "a.jpg"]

    def test_an_empty_file_is_copied(self) -> None:
        """A camera that lost power leaves such files; they stop no clip."""
        assert planned(clip(size=0, seconds=None)).mode is Mode.COPY

    def test_below_the_lowest_bitrate_the_number_of_discs_is_named(self) -> None:
        words = refused(*(clip(f"/c/{i}.mp4", 1_000_000) for i in range(4)), disc=1_000_000, min_kbps=300)
        assert "less than the minimum of 300 kbit/s; at that rate it would fit on 2 discs" in words

    def test_a_clip_that_no_encode_makes_smaller_is_copied_and_stops_no_other(self) -> None:
        """A parked camera, a clock that stepped, a header that is wrong: a length that a file claims stops nothing."""
        parked, phone = clip("/c/parked.mp4", 103_000, seconds=7200.0), clip("/c/phone.mp4", 2_000_000)
        for allocation in Allocation:
            wish = attrs.evolve(request(disc=1_103_000, min_kbps=150), options=EncodeOptions(allocation=allocation))
            plan = plan_batch(wish, [parked, phone])
            assert isinstance(plan, PreparePlan)
            assert [each.coding for each in plan.progress.clips] == [Coding.AS_IS, Coding.BY_MODE]
            assert plan.progress.kbps == planned(phone, disc=1_000_000).progress.kbps
            assert plan.warnings == (
                "/c/parked.mp4: 103,000 bytes for 2 h 0 min are less than any encode would take; it is copied as it is",
            )
            batch = batch_of(plan.progress)
            assert batch is not None
            assert [each.key for each in batch.clips] == ["phone.mp4"]
            assert (batch.limit_bytes, plan.total_s) == (1_000_000, 10.0)

    def test_further_sounds_of_a_length_that_cannot_be_stop_no_clip(self) -> None:
        info = MediaInfo(duration_s=1e9, has_video=True, sound_count=2)
        plan = planned(attrs.evolve(clip(size=200_000), info=info), clip("/c/b.mp4", 2_000_000), disc=1_000_000)
        assert plan.progress.clips[0].coding is Coding.AS_IS

    def test_small_clips_that_do_not_fit_as_they_are_are_refused(self) -> None:
        small = [clip(f"/c/{i}.mp4", 6_000, seconds=100.0) for i in range(2)]
        words = refused(*small, disc=10_000, min_kbps=150)
        assert words.startswith("12,000 bytes are of clips that an encode would not make smaller; 0 s of footage in 0 ")
        assert "it would fit on 2 discs" in words

    def test_the_clip_that_is_most_of_what_is_too_long_is_named(self) -> None:
        words = refused(clip("/c/a.ts", 9_000_000, seconds=300.0), clip("/c/b.mp4", 1_000_000), disc=1_000_000)
        assert words.endswith("; /c/a.ts alone is said to be 5 min 0 s long")

    @settings(max_examples=50)
    @given(st.lists(st.tuples(st.integers(1, 500_000), st.floats(0.1, 1e10)), min_size=1, max_size=5))
    def test_small_clips_of_any_length_never_stop_a_batch_that_they_fit_beside(
        self, clips: list[tuple[int, float]]
    ) -> None:
        """Each may take what it takes now: no more room than that is asked for."""
        ordinary = clip("/c/phone.mp4", 9_000_000)
        others = [clip(f"/c/{i}.mp4", size, seconds=length) for i, (size, length) in enumerate(clips)]
        plan = planned(ordinary, *others, disc=100_000 + sum(size for size, _ in clips))
        assert plan.mode is Mode.ENCODE

    @given(st.lists(st.integers(1, 5000), min_size=1, max_size=8), st.integers(1, 20_000), st.data())
    def test_the_plan_is_total_and_its_mode_right(self, sizes: list[int], disc: int, data: st.DataObject) -> None:
        safety = data.draw(st.integers(0, disc - 1))
        clips = [clip(f"/c/{i}.mp4", size) for i, size in enumerate(sizes)]
        plan = plan_batch(request(disc=disc, safety=safety), clips)
        if sum(sizes) <= disc - safety:
            assert isinstance(plan, PreparePlan)
            assert plan.mode is Mode.COPY
        else:
            assert isinstance(plan, BatchRefusal) or plan.mode is Mode.ENCODE


def test_lengths_agree_within_half_a_second_or_a_percent() -> None:
    assert lengths_agree(1.0, 1.5)
    assert not lengths_agree(1.0, 1.6)
    assert lengths_agree(1000, 1010)
    assert not lengths_agree(1000, 1020)


def test_too_big_says_how_many_discs() -> None:
    assert str(OutputsTooBigError(20, 10, 3)).endswith("they would need 3 such discs")
    assert "one output alone" in str(OutputsTooBigError(20, 10, None))
    larger = DiscKind("BD-R DL 50", 24_438_784)
    assert str(OutputsTooBigError(20, 10, 3, larger)).endswith("discs, or one BD-R DL 50 (50,050,629,632 bytes)")
    assert str(OutputsTooBigError(20, 10, None, larger)).endswith("would fit on one BD-R DL 50 (50,050,629,632 bytes)")
