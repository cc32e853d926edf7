"""Adapter for Matroska, pure part: the duration in a file's header.

ffmpeg leaves room for the duration and fills it in when it closes the file: the file of a recorder that was killed has
no duration. Source: RFC 8794 (EBML) and RFC 9559 (Matroska).
"""

import struct
from collections.abc import Iterator

_EBML, _SEGMENT, _INFO, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1F43B675
_SCALE, _DURATION = 0x2AD7B1, 0x4489
_SCALE_DEFAULT_NS = 1_000_000
_LONGEST_ID, _LONGEST_SIZE = 4, 8
_FLOATS = {4: ">f", 8: ">d"}


def parse_duration(header: bytes) -> float | None:
    """The duration in seconds that the header states; None if it states none, or is not a Matroska header.

    Args:
        header: The first bytes of the file; 4 KiB hold what ffmpeg writes before the first cluster's media.
    """
    try:
        return _duration(memoryview(header))
    except (IndexError, struct.error):
        return None


def _duration(header: memoryview) -> float | None:
    for name, start, end in _elements(header, 0, len(header)):
        if name == _SEGMENT:
            for inner, inner_start, inner_end in _elements(header, start, min(end, len(header))):
                if inner == _INFO:
                    return _of_info(header, inner_start, min(inner_end, len(header)))
                if inner == _CLUSTER:
                    return None
        elif name != _EBML:
            return None
    return None


def _of_info(header: memoryview, start: int, end: int) -> float | None:
    scale_ns, ticks = _SCALE_DEFAULT_NS, 0.0
    for name, value_start, value_end in _elements(header, start, end):
        value = bytes(header[value_start:value_end])
        if name == _SCALE:
            scale_ns = int.from_bytes(value, "big")
        elif name == _DURATION and len(value) in _FLOATS:
            (ticks,) = struct.unpack(_FLOATS[len(value)], value)
    seconds = ticks * scale_ns / 1e9
    return seconds if 0 < seconds < float("inf") else None


def _elements(header: memoryview, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Of each element between `start` and `end`: its identifier, and where its content begins and ends."""
    while start < end:
        name_length = _length(header[start], _LONGEST_ID)
        name = int.from_bytes(header[start : start + name_length], "big")
        start += name_length
        size_length = _length(header[start], _LONGEST_SIZE)
        size = int.from_bytes(header[start : start + size_length], "big") & ((1 << 7 * size_length) - 1)
        start += size_length
        is_unknown = size == (1 << 7 * size_length) - 1
        yield name, start, end if is_unknown else start + size
        start += size


def _length(first: int, longest: int) -> int:
    """The length of a number in bytes, from the leading zeros of its first byte."""
    length = 9 - first.bit_length()
    if length > longest:
        raise IndexError(first)
    return length


__all__ = ["parse_duration"]
