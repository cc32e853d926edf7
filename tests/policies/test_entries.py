"""Which file it is: what two looks within one run say, and what a record of an earlier run says."""

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.strategies import identities
from camvault.ports.entries import FileIdentity, ListedFile, Listing, Recognition

SEEN = FileIdentity(5, 7, "8:1", 11, 13)


@pytest.mark.parametrize(
    ("change", "is_same", "recognition"),
    [
        ({}, True, Recognition.SAME),
        ({"size_bytes": 6}, False, Recognition.OTHER),
        ({"mtime_ns": 8}, False, Recognition.OTHER),
        ({"device": "8:17"}, False, Recognition.SAME),
        ({"inode": 12}, False, Recognition.DOUBTFUL),
        ({"ctime_ns": 14}, False, Recognition.DOUBTFUL),
        ({"device": ""}, True, Recognition.SAME),
        ({"inode": None}, True, Recognition.SAME),
        ({"ctime_ns": None}, True, Recognition.SAME),
        ({"inode": 0}, False, Recognition.DOUBTFUL),
        ({"device": "8:17", "inode": 12, "ctime_ns": 14}, False, Recognition.DOUBTFUL),
    ],
)
def test_what_differs_counts_if_both_know_it(change: dict[str, Any], is_same: bool, recognition: Recognition) -> None:
    """A device may have another number after a restart; what has another inode or ctime needs a look at its content."""
    found = attrs.evolve(SEEN, **change)
    assert SEEN.is_same_file(found) is found.is_same_file(SEEN) is is_same
    assert SEEN.recognized_in(found) is found.recognized_in(SEEN) is recognition


@given(identities(), identities())
def test_equal_is_size_and_mtime(one: FileIdentity, other: FileIdentity) -> None:
    """As the records of batches and of the monitor have it; the other facts never make equal what is not."""
    is_equal = (one.size_bytes, one.mtime_ns) == (other.size_bytes, other.mtime_ns)
    assert (one == other) is is_equal
    assert is_equal or not one.is_same_file(other)
    assert (one.recognized_in(other) is Recognition.OTHER) is not is_equal
    assert one.is_same_file(one)
    assert not is_equal or hash(one) == hash(other)


@given(st.booleans())
def test_a_listing_says_what_it_knows(is_numbered: bool) -> None:
    listed = ListedFile("a.mkv", 5, 7, 13, 11)
    found = Listing((listed,), device="8:1", is_numbered=is_numbered).identity_of(listed)
    assert attrs.astuple(found) == ((5, 7, "8:1", 11, 13) if is_numbered else (5, 7, "8:1", None, None))
