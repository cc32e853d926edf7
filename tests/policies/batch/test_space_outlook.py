"""What a run will take of the disc and of the file systems."""

from pathlib import PurePosixPath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.batch.space_outlook import (
    DEFAULT,
    Outlook,
    SpaceNeed,
    bound_bytes,
    budget_of,
    image_bound_bytes,
    least_image_bytes,
    shortages,
)
from camvault.core.capacity.budget import kept_free_bytes
from camvault.ports.batch_record import BatchRecord, ClipRecord, ClipState, Mode
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import UsageError

ROOT = PurePosixPath("/v")
STORED = BatchRecord(
    disc_bytes=10_000_000,
    safety_bytes=kept_free_bytes(0, clip_count=2),
    mode=Mode.COPY,
    kbps=None,
    clips=tuple(
        ClipRecord(
            name, ClipState.PENDING, source=ROOT / name, source_identity=FileIdentity(1_000, 0), output_name=name
        )
        for name in ("a.mp4", "b.mp4")
    ),
)
NEW = Outlook(wished_disc_bytes=10_000_000, wished_safety_bytes=0, clip_sizes=(1_000, None, 2_000))
RESUMED = Outlook(wished_disc_bytes=None, wished_safety_bytes=None, is_resumed=True, stored=STORED)


class TestBudget:
    def test_what_is_not_given_is_the_default(self) -> None:
        assert budget_of(disc_bytes=None, safety_bytes=None) == DEFAULT
        assert budget_of(disc_bytes=10, safety_bytes=9).usable_bytes == 1

    @pytest.mark.parametrize(("disc_bytes", "safety_bytes"), [(10, 10), (10, None), (None, 25_000_000_000)])
    def test_nothing_left_is_refused(self, disc_bytes: int | None, safety_bytes: int | None) -> None:
        with pytest.raises(UsageError, match="leaves nothing of --disc-bytes"):
            budget_of(disc_bytes=disc_bytes, safety_bytes=safety_bytes)


class TestOutlook:
    def test_a_new_run_takes_its_clips_or_what_is_usable(self) -> None:
        """A clip that cannot be seen is left to the first stage, and counts as an output all the same."""
        assert (NEW.clip_count, NEW.outputs_bytes, NEW.least_image_bytes) == (3, 3_000, 3_000)
        assert NEW.image_bytes == image_bound_bytes(3_000, output_count=3)
        small = attrs.evolve(NEW, wished_disc_bytes=kept_free_bytes(0, clip_count=3) + 500)
        assert small.outputs_bytes == small.least_image_bytes == 500

    def test_a_drive_that_was_not_asked_bounds_nothing(self) -> None:
        asked = attrs.evolve(NEW, wished_disc_bytes=None)
        assert (asked.outputs_bytes, asked.least_image_bytes) == (3_000, 0)
        asked.check_budget()

    def test_what_stays_free(self) -> None:
        """At least what the image needs; the default where nothing was said."""
        assert NEW.safety_bytes == kept_free_bytes(0, clip_count=3)
        assert attrs.evolve(NEW, wished_safety_bytes=None).safety_bytes == DEFAULT.safety_bytes

    def test_a_resumed_run_takes_what_its_record_says(self) -> None:
        assert (RESUMED.clip_count, RESUMED.outputs_bytes, RESUMED.safety_bytes) == (2, 2_000, None)
        assert RESUMED.least_image_bytes == 2_000

    def test_the_same_wish_on_a_resume_is_what_it_became(self) -> None:
        """Another wish is handed on as it is, and contradicts the record there."""
        assert attrs.evolve(RESUMED, wished_safety_bytes=0).safety_bytes == STORED.safety_bytes
        assert attrs.evolve(RESUMED, wished_safety_bytes=3_000_000).safety_bytes == 3_000_000

    def test_a_record_that_cannot_be_read_bounds_nothing(self) -> None:
        unread = attrs.evolve(RESUMED, stored=None, wished_safety_bytes=7)
        assert (unread.safety_bytes, unread.outputs_bytes, unread.least_image_bytes) == (7, 0, 0)
        unread.check_budget()

    def test_a_budget_that_leaves_nothing_is_refused_with_its_figures(self) -> None:
        NEW.check_budget()
        overhead = kept_free_bytes(0, clip_count=3)
        with pytest.raises(
            UsageError, match=rf"of 5 bytes {overhead:,} stay free, the larger of 0 .* and {overhead:,}"
        ):
            attrs.evolve(NEW, wished_disc_bytes=5).check_budget()
        with pytest.raises(UsageError, match=r"the larger of 500,000,000 \(--safety-bytes\)"):
            attrs.evolve(NEW, wished_disc_bytes=5, wished_safety_bytes=None).check_budget()


class TestRoom:
    @given(st.integers(0, 10**12), st.integers(1, 10**12))
    def test_outputs_never_take_more_than_the_smaller_one(self, given_bytes: int, usable_bytes: int) -> None:
        """Copied as they are, or encoded to what fits; without a limit all of them."""
        assert bound_bytes(input_bytes=given_bytes, usable_bytes=usable_bytes) == min(given_bytes, usable_bytes)
        assert bound_bytes(input_bytes=given_bytes, usable_bytes=None) == given_bytes

    def test_what_is_not_known_bounds_nothing(self) -> None:
        """A progress file of the plain format does not say what the clips take."""
        assert bound_bytes(input_bytes=None, usable_bytes=5) == 5
        assert bound_bytes(input_bytes=None, usable_bytes=None) == 0
        assert (
            least_image_bytes(input_bytes=None, usable_bytes=5)
            == least_image_bytes(input_bytes=5, usable_bytes=None)
            == 0
        )

    @given(st.integers(0, 10**12), st.integers(1, 10**12))
    def test_the_least_image_is_what_is_copied_or_filled(self, given_bytes: int, usable_bytes: int) -> None:
        """Never more than the most that it can take."""
        least = least_image_bytes(input_bytes=given_bytes, usable_bytes=usable_bytes)
        assert least == min(given_bytes, usable_bytes)
        assert least <= image_bound_bytes(least, output_count=0)

    def test_the_image_needs_something_itself(self) -> None:
        """Also with `--prep-safety-bytes 0`."""
        assert kept_free_bytes(0, clip_count=2) == image_bound_bytes(0, output_count=2)
        assert kept_free_bytes(500_000_000, clip_count=2) == 500_000_000

    @given(st.lists(st.integers(0, 10**12), max_size=20))
    def test_the_image_holds_all_sectors(self, sizes: list[int]) -> None:
        """Each file begins on a sector of its own."""
        sectors = sum(-(-size // 2048) for size in sizes)
        assert image_bound_bytes(sum(sizes), output_count=len(sizes)) > sectors * 2048

    def test_what_shares_a_file_system_is_added_up(self) -> None:
        """Each fits alone, and both together do not."""
        needs = [
            SpaceNeed("build directory", ROOT, "a", 60),
            SpaceNeed("image", ROOT, "a", 50),
            SpaceNeed("disc file", ROOT, "b", 50),
        ]
        (found,) = shortages(needs, free_bytes={"a": 100, "b": 50})
        assert found == "Not enough free space at /v for build directory and image: 110 bytes needed, 100 bytes free"
        assert shortages(needs, free_bytes={"a": 110, "b": 50}) == ()
        assert len(shortages(needs, free_bytes={"a": 0, "b": 0})) == 2
