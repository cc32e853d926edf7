"""Under which names clips are staged."""

from itertools import islice
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.clip_names import is_numbered_of, numbered
from camvault.core.strategies import names


def test_inv_10_a_name_that_is_taken_gets_a_number() -> None:
    given_names = [str(path) for path in islice(numbered(PurePosixPath("Movie/A.MP4")), 3)]
    assert given_names == ["Movie/A.MP4", "Movie/A~2.MP4", "Movie/A~3.MP4"]


@given(names().map(PurePosixPath).filter(lambda path: path.name), st.integers(0, 120))
def test_each_is_known_to_be_one(path: PurePosixPath, number: int) -> None:
    assert is_numbered_of(next(islice(numbered(path), number, None)), path)


@pytest.mark.parametrize(
    "name", ["A~1.MP4", "A~0.MP4", "A~02.MP4", "A~x.MP4", "A2.MP4", "A.MOV", "B~2.MP4", "A~2", "x/A.MP4"]
)
def test_others_are_not(name: str) -> None:
    assert not is_numbered_of(PurePosixPath(name), PurePosixPath("A.MP4"))
