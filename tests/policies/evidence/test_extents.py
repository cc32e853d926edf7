"""extents.txt: its size is known before the sectors are, and every line is read back."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.evidence.errors import EvidenceError
from camvault.core.evidence.extents import Extent, extents_text, parse_extents
from tests.policies.evidence.examples import EXTENTS

ONE = Extent(576, 2049, "a" * 64, "cam1.mp4")


@given(st.lists(EXTENTS, max_size=4))
def test_every_file_comes_back(extents: list[Extent]) -> None:
    assert parse_extents(extents_text(extents)) == tuple(extents)


@given(EXTENTS, st.integers(0, 2**32 - 1))
def test_the_sectors_do_not_change_the_size(extent: Extent, sector: int) -> None:
    moved = attrs.evolve(extent, first_sector=sector)
    assert len(extents_text([moved])) == len(extents_text([extent]))


def test_a_line_says_what_dd_needs() -> None:
    line = extents_text([ONE]).splitlines()[1]
    assert line.split() == ["576", "2", "2049", "a" * 64, "cam1.mp4"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not whole"),
        (extents_text([ONE])[:-1], "not whole"),
        (extents_text([]) + "x\n", "no line"),
        (extents_text([ONE]).replace("         2 ", "         3 "), "do not take 3 sectors"),
    ],
)
def test_what_is_no_whole_text_is_refused(text: str, words: str) -> None:
    with pytest.raises(EvidenceError, match=words):
        parse_extents(text)
