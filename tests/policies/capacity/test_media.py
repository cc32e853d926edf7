"""What discs hold, and how many of them files need."""

import math
from pathlib import PurePath

from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.discfile.parse import DiscFile
from camvault.core.capacity.media import DISCS, discs_needed, smallest_disc


class TestDiscs:
    def test_what_discs_hold(self) -> None:
        """The figures of real drives; 25 GB is not 25 GiB. A disc file is such a disc unless told otherwise."""
        (bd_r,) = [disc for disc in DISCS if disc.name == "BD-R 25"]
        assert bd_r.capacity_bytes == 25_025_314_816
        assert bd_r.sector_count == DiscFile(PurePath("x")).sector_count
        assert str(bd_r) == "BD-R 25 (25,025,314,816 bytes)"

    def test_the_smallest_disc_that_takes_an_image(self) -> None:
        found = [smallest_disc(size) for size in (4_700_372_992, 24_900_000_000, 49_800_000_000)]
        assert [disc.name for disc in found if disc] == ["DVD+R", "BD-R 25", "BD-R DL 50"]
        assert smallest_disc(200_000_000_000) is None
        assert list(DISCS) == sorted(DISCS, key=lambda disc: disc.sector_count)


class TestDiscsNeeded:
    @given(st.lists(st.integers(1, 100), max_size=40), st.integers(1, 150))
    def test_between_the_bounds(self, sizes: list[int], limit: int) -> None:
        """Never less than the bytes need, never more than one disc a file; None only for a file that is too big."""
        count = discs_needed(sizes, limit_bytes=limit)
        if count is None:
            assert max(sizes) > limit
        else:
            assert sum(sizes) <= count * limit
            assert count <= len(sizes)
            assert count <= 2 * math.ceil(sum(sizes) / limit)

    def test_how_many_discs(self) -> None:
        assert discs_needed([], limit_bytes=10) == 0
        assert [discs_needed([1] * n, limit_bytes=10) for n in (1, 10, 11)] == [1, 1, 2]
