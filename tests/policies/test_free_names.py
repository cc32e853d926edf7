"""Which name is free."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.free_names import folded, free_names


@pytest.mark.parametrize(("one", "other"), [("A.MKV", "a.mkv"), ("\u00e9", "e\u0301"), ("STRASSE", "stra\u00dfe")])
def test_names_that_a_file_system_may_take_for_one_are_one(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@given(st.text())
def test_a_folded_name_is_folded(name: str) -> None:
    assert folded(folded(name)) == folded(name)
    assert folded(name) == folded(unicodedata.normalize("NFD", name))


def test_the_free_candidates_come_in_their_order() -> None:
    assert list(free_names(["a", "B", "c", "d"], taken={"b", "c"})) == ["a", "d"]


def test_a_candidate_without_end_is_read_as_far_as_needed() -> None:
    numbers = (f"clip~{number}" for number in itertools.count(1))
    assert next(free_names(numbers, taken={"clip~1", "clip~2"})) == "clip~3"


def test_a_name_that_is_taken_meanwhile_is_not_free() -> None:
    taken: set[str] = set()
    found = free_names(["a", "A", "b"], taken=taken)
    for name in found:
        taken.add(folded(name))
    assert taken == {"a", "b"}


def test_a_candidate_may_need_two_names() -> None:
    pairs = [("a.mov", "a.mp4"), ("a~2.mov", "a~2.mp4")]
    assert next(free_names(pairs, taken={"a.mp4"}, names_of=lambda pair: pair)) == pairs[1]
