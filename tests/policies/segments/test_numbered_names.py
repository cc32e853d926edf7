"""The names that a file of footage may get."""

from itertools import islice

import pytest

from camvault.core.segments.numbered_names import footage_names


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("A_20251026T023000.mkv", ["A_20251026T023000.mkv", "A_20251026T023000~2.mkv", "A_20251026T023000~3.mkv"]),
        ("A_20251026T003000Z~7.mkv", ["A_20251026T003000Z~7.mkv", "A_20251026T003000Z~8.mkv"]),
        ("A_20251026T023000~99999999.mkv", ["A_20251026T023000~99999999.mkv", "A_20251026T023000.mkv"]),
        ("clip.mkv", ["clip.mkv", "clip~2.mkv", "clip~3.mkv"]),
    ],
)
def test_the_own_name_first_and_then_with_numbers(wanted: str, expected: list[str]) -> None:
    assert list(islice(footage_names(wanted), len(expected))) == expected
