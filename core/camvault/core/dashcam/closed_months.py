"""Pure: the months in which each clip has ended: their ledgers need not be read again for what waits.

A ledger is known by its length: it only grows. What is written down here is made of the ledgers, and without it they
are read.
"""

from collections.abc import Mapping

from camvault.core.dashcam.clip_book import ClipBook, KnownClip
from camvault.core.segments.ledger import ProofKind

_FIELDS = 2
_DIGITS_MOST = 19
_ENDED = (ProofKind.UNSTAGED, ProofKind.OVERWRITTEN)


def read_closed(text: str) -> Mapping[str, int]:
    """The months, each with the length of its ledger; a line that cannot be read is none."""
    lines = (line.split("\t") for line in text.splitlines())
    pairs = [each for each in lines if len(each) == _FIELDS]
    return {
        month: int(size) for month, size in pairs if size.isascii() and size.isdecimal() and len(size) <= _DIGITS_MOST
    }


def closed_text(closed: Mapping[str, int]) -> str:
    """The same as text, a line each."""
    return "".join(f"{month}\t{size_bytes}\n" for month, size_bytes in sorted(closed.items()))


def is_open(clip: KnownClip, book: ClipBook) -> bool:
    """Whether a clip waits: seen and not copied, or staged and not proven."""
    has_ended = clip.last.kind in _ENDED or clip.last.proof is not None or clip.was_lost_at_server
    return not (has_ended or is_superseded(clip, book))


def is_superseded(clip: KnownClip, book: ClipBook) -> bool:
    """Whether it was an unfinished state of a clip that was seen later."""
    return not clip.is_finished and bool(book.others_of(clip))
