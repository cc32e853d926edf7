"""What reading a disc back has shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.disc.read_back import ReadBackResult, describe_damage, judge_read_back
from camvault.ports.burner import ReadBack

digests = st.sampled_from(["", "a" * 64, "b" * 64])


@given(digests, digests, st.integers(0, 2), st.sampled_from(["a" * 64, "b" * 64]))
def test_equal_is_only_what_was_read_whole_and_is_the_image_of_before_the_burn(
    disc: str, image: str, bad_sector_count: int, before: str
) -> None:
    read = ReadBack(disc, image, bad_sector_count=bad_sector_count)
    found = judge_read_back(read, sha256=before)
    assert (found is ReadBackResult.EQUAL) == (disc == image == before and bad_sector_count == 0)
    assert (found is ReadBackResult.IMAGE_CHANGED) == (image not in {"", before})


@pytest.mark.parametrize(
    ("read", "files", "text"),
    [
        (ReadBack("a", "b", (7,), 1), ["x.mp4"], "sector 7 differs, in x.mp4"),
        (ReadBack("a", "b", (7, 9), 1200), ["x", "y"], "sector 7 differs, 1,200 sectors in all, in x, y"),
        (ReadBack("", "", (7,), 1, unreadable_sector=7), [], "sector 7 cannot be read, in no file"),
        (ReadBack("", "", (7, 9), 2, unreadable_sector=9), [], "sector 7 differs, 2 sectors in all, in no file"),
        (ReadBack("a", "b"), [], "sector 0 differs, in no file"),
    ],
)
def test_the_first_bad_sector_is_named(read: ReadBack, files: list[str], text: str) -> None:
    assert describe_damage(read, files=files).startswith(text)
