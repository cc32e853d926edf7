"""Files a few at a time."""

from pathlib import PurePath

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.chunks import in_chunks
from camvault.ports.entries import FileEntry, FileIdentity


@given(st.lists(st.integers(0, 20), max_size=30), st.integers(1, 5), st.integers(1, 30))
def test_in_their_order_within_both_limits_and_no_smaller_than_need_be(
    sizes: list[int], most_files: int, most_bytes: int
) -> None:
    files = [FileEntry(PurePath(f"/{number}"), FileIdentity(size, 0)) for number, size in enumerate(sizes)]

    pieces = list(in_chunks(files, most_files=most_files, most_bytes=most_bytes))

    assert [file for piece in pieces for file in piece] == files
    totals = [sum(file.identity.size_bytes for file in piece) for piece in pieces]
    assert all(len(piece) == 1 or total <= most_bytes for piece, total in zip(pieces, totals, strict=True))
    assert all(1 <= len(piece) <= most_files for piece in pieces)
    for piece, total, behind in zip(pieces, totals, pieces[1:], strict=False):
        assert len(piece) == most_files or total + behind[0].identity.size_bytes > most_bytes
