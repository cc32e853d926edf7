"""Months in which each clip has ended."""

from pathlib import PurePosixPath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.clip_book import ClipBook
from camvault.core.dashcam.closed_months import closed_text, is_open, read_closed
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.ports.entries import FileIdentity

K = ProofKind
LINE = LedgerEntry(PurePosixPath("1.MP4"), FileIdentity(5, 10**18), "", K.SEEN, "2026-05-28T12:00:00+00:00", "67EF")


@given(st.dictionaries(st.from_regex(r"[0-9]{4}-[0-9]{2}|unknown", fullmatch=True), st.integers(0, 10**19 - 1)))
def test_what_is_written_is_read(closed: dict[str, int]) -> None:
    assert read_closed(closed_text(closed)) == closed


@pytest.mark.parametrize(
    "text", ["", "2026-05", "2026-05\t", "2026-05\t-1\n", "2026-05\tx", "a\tb\tc", "2026-05\t" + "9" * 5000]
)
def test_what_cannot_be_read_is_no_month(text: str) -> None:
    assert read_closed(text) == {}


@pytest.mark.parametrize(
    ("kind", "where", "expected"),
    [
        (K.SEEN, "67EF", True),
        (K.STAGED, "", True),
        (K.SENT, "5f8d", True),
        (K.WITHDRAWN, "", True),
        (K.WITHDRAWN, "5f8d", True),  # it is staged, and sent again
        (K.REMOTE_HASH, "5f8d", False),
        (K.UNSTAGED, "5f8d", False),
        (K.OVERWRITTEN, "67EF", False),
    ],
)
def test_a_clip_waits_until_it_is_proven_or_gone(kind: ProofKind, where: str, expected: bool) -> None:
    book = ClipBook()
    book.take(LINE)
    sha256 = "" if kind is K.SEEN else "5f" * 32
    clip = book.take(attrs.evolve(LINE, kind=kind, where=where, sha256=sha256))
    assert is_open(clip, book) is expected


def test_what_the_server_lost_after_it_left_the_staging_waits_for_nothing_that_a_look_at_the_card_says() -> None:
    book = ClipBook()
    book.take(LINE)
    for kind in (K.STAGED, K.REMOTE_HASH, K.UNSTAGED, K.WITHDRAWN):
        clip = book.take(attrs.evolve(LINE, kind=kind, where="5f8d", sha256="5f" * 32))
    assert not is_open(clip, book)
    assert is_open(book.take(attrs.evolve(LINE, kind=K.STAGED, where="", sha256="5f" * 32)), book)


def test_an_unfinished_state_of_a_clip_that_was_seen_later_waits_for_nothing() -> None:
    book = ClipBook()
    first = book.take(attrs.evolve(LINE, note="remark=still recording"))
    assert is_open(first, book)
    book.take(attrs.evolve(LINE, identity=FileIdentity(9, 10**18)))
    assert not is_open(first, book)
