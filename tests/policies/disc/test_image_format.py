"""Whether a file is a disc image."""

import pytest

from camvault.core.disc.image_format import image_problem


@pytest.mark.parametrize(
    ("size_bytes", "identifiers", "words"),
    [
        (2049, [b"CD001"], "2,049 bytes are no whole number of sectors"),
        (4096, [], "no volume descriptor"),
        (4096, [b"NSR03"], "no volume descriptor"),
    ],
)
def test_what_is_no_image(size_bytes: int, identifiers: list[bytes], words: str) -> None:
    assert words in (image_problem(size_bytes, identifiers) or "")


@pytest.mark.parametrize("identifiers", [[b"CD001", b"BEA01"], [b"CD001"], [b"BEA01", b"NSR03"]])
def test_what_is_one(identifiers: list[bytes]) -> None:
    assert image_problem(4096, identifiers) is None
