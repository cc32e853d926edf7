"""`2/7`: a part of many files."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.subset import Subset, subset_of

NAMES = st.text(st.characters(exclude_characters="\0/"), min_size=1).map(PurePosixPath)


@given(st.lists(NAMES, max_size=20), st.integers(1, 9))
def test_each_file_is_in_exactly_one_part(paths: list[PurePosixPath], count: int) -> None:
    for path in paths:
        assert sum(Subset(number, count).has(path) for number in range(1, count + 1)) == 1


def test_a_name_that_is_no_text_is_in_a_part_too() -> None:
    path = PurePosixPath(b"\xff.mp4".decode("utf-8", "surrogateescape"))
    assert Subset().has(path)


@pytest.mark.parametrize(("text", "subset"), [("1/1", Subset()), ("2/7", Subset(2, 7)), ("007/7", Subset(7, 7))])
def test_a_part_is_named_by_two_numbers(text: str, subset: Subset) -> None:
    assert subset_of(text) == subset
    assert subset_of(str(subset)) == subset


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "1/0", "-1/3", "1/3 ", "1/3\n", "a/b", "1/9999999"])
def test_other_words_name_no_part(text: str) -> None:
    assert subset_of(text) is None
