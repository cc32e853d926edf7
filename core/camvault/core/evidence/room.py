"""Pure: what the evidence of a disc takes at most, before any clip is on it.

It is kept free before it is decided whether clips are copied or encoded, and how much an encode may take.
"""

from collections.abc import Iterable
from pathlib import PurePath

from camvault.core.evidence.camera_start import ClockSource
from camvault.core.evidence.custody import ClipCustody, How, Made, Original, clip_line_bytes
from camvault.core.evidence.extents import EARLY_SECTOR, Extent, extents_text
from camvault.core.evidence.sums import sums_text
from camvault.ports.image import SECTOR_BYTES

_FILE_COUNT = 8
"""README.txt, SHA256SUMS, custody.jsonl, extents.txt twice, set.json, and those of a signature."""
_BYTES_PER_FILE = 4 * SECTOR_BYTES
"""What each of them takes beside its content, as any other file of an image."""
_DISC_BYTES = 16 * SECTOR_BYTES
"""README.txt, the line of the disc, the headings, and a signature (measured: 3 kB by a key of 8,192 bits)."""
_ENCODE_BYTES = 8 * 1024
"""Beside the paths, what a command line and the doubts of an encode take; measured: 3 kB."""
_WORDS = "x" * 64
_SHA256 = "0" * 64
_MOST_BYTES = 10**14


def evidence_room_bytes(sources: Iterable[PurePath]) -> int:
    """What the evidence of clips that come from `sources` takes on a disc: its content, its entries and its gaps."""
    clips = sum(map(_clip_bytes, sources))
    return clips + _DISC_BYTES + _FILE_COUNT * _BYTES_PER_FILE + EARLY_SECTOR * SECTOR_BYTES


def _clip_bytes(source: PurePath) -> int:
    name = f"{source.name}~9999.mp4"
    custody = ClipCustody(
        name=name,
        camera=_WORDS,
        start=_WORDS,
        clock=ClockSource.FILE_TIME,
        duration_s=1e9 / 3,
        original=Original(path=str(source), size_bytes=_MOST_BYTES, mtime=_WORDS, sha256=_SHA256),
        made=Made(how=How.ENCODE, argv=(str(source), str(source)), tool=_WORDS),
        size_bytes=_MOST_BYTES,
        sha256=_SHA256,
    )
    extents = len(extents_text([Extent(0, _MOST_BYTES, _SHA256, name)]).encode("utf-8", "surrogateescape"))
    sums = len(sums_text({name: _SHA256}).encode("utf-8", "surrogateescape"))
    return clip_line_bytes(custody) + _ENCODE_BYTES + sums + 2 * extents
