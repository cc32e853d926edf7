"""Amounts of bytes as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.archive.byte_sizes import bytes_of_size

UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("500GB", 500 * 10**9),
        ("1TB", 10**12),
        ("2TiB", 2 * 2**40),
        ("4096", 4096),
        ("0", 0),
        ("10B", 10),
        ("1kib", 1024),
        (" 3m ", 3_000_000),
    ],
)
def test_sizes_are_read_as_they_are_meant(text: str, size_bytes: int) -> None:
    assert bytes_of_size(text) == size_bytes


@pytest.mark.parametrize("text", ["", "B", "GB", "-1", "1.5GB", "1 GB", "5iB", "1PB", "1GBB", "٣", "1e3", "0x10"])
def test_anything_else_is_no_size(text: str) -> None:
    assert bytes_of_size(text) is None


@given(count=st.integers(0, 10**15), unit=st.sampled_from(sorted(UNITS)), is_byte=st.booleans())
def test_each_unit_has_one_factor(count: int, unit: str, is_byte: bool) -> None:
    assert bytes_of_size(f"{count}{unit}{'B' if is_byte else ''}") == count * UNITS[unit]
