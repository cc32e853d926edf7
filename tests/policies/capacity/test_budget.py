"""What fits a medium, and in which mode."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.capacity.budget import Budget, choose_mode, image_overhead_bytes, kept_free_bytes
from camvault.ports.batch_record import Mode

GB = 1_000_000_000


class TestBudget:
    def test_defaults_are_the_specifications(self) -> None:
        """25 GB, 500 MB of them free."""
        assert Budget().usable_bytes == 24_500_000_000

    def test_safety_may_be_zero(self) -> None:
        """Scenario 2 asks for it, although the text wants positive numbers."""
        assert Budget(25 * GB, 0).usable_bytes == 25 * GB

    @pytest.mark.parametrize(("disc", "safety"), [(10, 10), (10, 11), (0, 0), (-5, 0), (10, -1)])
    def test_nonsense_is_refused(self, disc: int, safety: int) -> None:
        """A margin as large as the disc leaves nothing."""
        with pytest.raises(ValueError, match=r"safety|>="):
            Budget(disc, safety)


class TestKeptFree:
    def test_default_safety_holds_the_image(self) -> None:
        """With the default margin the image needs nothing more, whatever the number of clips."""
        assert kept_free_bytes(Budget().safety_bytes, clip_count=10_000) == Budget().safety_bytes

    def test_without_safety_the_image_must_fit_the_disc(self) -> None:
        """Outputs that fill the disc to the byte leave no room for the file system around them."""
        limit = Budget(25 * GB, kept_free_bytes(0, clip_count=100)).usable_bytes
        assert limit == 25 * GB - image_overhead_bytes(100) < 25 * GB

    def test_disc_smaller_than_an_empty_image(self) -> None:
        """Nothing fits: there is no such budget."""
        with pytest.raises(ValueError, match="safety"):
            Budget(1000, kept_free_bytes(0, clip_count=1))


class TestMode:
    @given(st.integers(0, 10**12), st.integers(0, 10**12))
    def test_copies_what_fits(self, total: int, limit: int) -> None:
        """Copy exactly if it fits: a byte decides."""
        assert choose_mode(total_bytes=total, limit_bytes=limit) is (Mode.COPY if total <= limit else Mode.ENCODE)

    def test_s02_249_gb_fit_without_safety(self) -> None:
        """Scenario 2."""
        limit = Budget(25 * GB, kept_free_bytes(0, clip_count=50)).usable_bytes
        assert choose_mode(total_bytes=24_900_000_000, limit_bytes=limit) is Mode.COPY
