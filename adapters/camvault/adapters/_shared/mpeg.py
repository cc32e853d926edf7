"""Adapter, shared part: which streams MPEG transport and program streams carry, whoever knows them.

Source: ISO/IEC 13818-1.
"""

from collections.abc import Iterator
from typing import IO

import attrs

PS_START = b"\0\0\1\xba"
_SYNC = 0x47
SIZES = (188, 192, 204)
_CHUNK_PACKETS = 20_000
_TRIED = 4
_PES = b"\0\0\1"
_FIRST_FREE_PID, _NULL_PID, _ATSC_TABLES_PID = 0x20, 0x1FFF, 0x1FFB
_SERVICES_PID, _SERVICE = 0x11, 0x48
_NO_NAMES = frozenset({b"FFmpeg", b"Service01"})
_PACK, _END, _SYSTEM, _MAP, _PRIVATE_1, _PADDING, _PRIVATE_2 = 0xBA, 0xB9, 0xBB, 0xBC, 0xBD, 0xBE, 0xBF
_DIRECTORY = 0xFF
_NO_STREAM = frozenset({_SYSTEM, _MAP, _PADDING, _DIRECTORY})
_RAW_AC3, _AC3 = 0x0B, 0x80
_HEAD_BYTES = 64
_SEARCH_BYTES = 1 << 16


@attrs.frozen
class TransportStreams:
    """The PIDs under which streams are sent, and those under which something else is sent that is no table."""

    streams: frozenset[int] = frozenset()
    others: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()
    """Of programs and of who provides them, but for those that ffmpeg writes by default."""


def packet_of(head: bytes) -> tuple[int, int] | None:
    """The size of the packets of a transport stream, and where the first begins; None if it is none."""
    for size in SIZES:
        for at in (0, 4) if size == 192 else (0,):  # noqa: PLR2004 - M2TS: a time before each packet
            marks = head[at::size][:_TRIED]
            if len(marks) > 1 and set(marks) == {_SYNC}:
                return size, at
    return None


def transport_streams(file: IO[bytes], size: int, at: int) -> TransportStreams:
    """Look through the whole file. Packets that begin elementary streams are told from tables by their first bytes."""
    streams: set[int] = set()
    tables: set[int] = set()
    others: set[int] = set()
    names: set[str] = set()
    file.seek(at)
    while chunk := file.read(size * _CHUNK_PACKETS):
        kinds = set(zip(chunk[1::size], chunk[2::size], chunk[::size], strict=False))
        sent = {(high & 0x1F) << 8 | low for high, low, mark in kinds if mark == _SYNC}
        begun = {(high, low) for high, low, mark in kinds if high & 0x40 and mark == _SYNC}
        for high, low in begun:
            pid = (high & 0x1F) << 8 | low
            if pid not in streams and any(p.startswith(_PES) for p in _payloads(chunk, size, high, low)):
                streams.add(pid)
        if not tables:
            tables = {pid for payload in _payloads(chunk, size, 0x40, 0) for pid in _tables(payload)}
        if _SERVICES_PID in sent:
            names.update(name for payload in _payloads(chunk, size, 0x40, _SERVICES_PID) for name in _services(payload))
        for pid in sent - others - streams - tables:
            if _FIRST_FREE_PID <= pid < _NULL_PID and pid != _ATSC_TABLES_PID and _says_something(chunk, size, pid):
                others.add(pid)
    return TransportStreams(frozenset(streams), frozenset(others - streams - tables), frozenset(names))


def _payloads(chunk: bytes, size: int, high: int, low: int) -> Iterator[bytes]:
    """What is in the packets of which the first three bytes are known."""
    mark = bytes((_SYNC, high, low))
    at = chunk.find(mark)
    while at >= 0:
        if at % size == 0 and chunk[at + 3 : at + 4]:
            skipped = 4 + (chunk[at + 4] + 1 if chunk[at + 3] & 0x20 and at + 4 < len(chunk) else 0)
            if chunk[at + 3] & 0x10 and skipped < SIZES[0]:
                yield chunk[at + skipped : at + SIZES[0]]
        at = chunk.find(mark, at + 1)


def _says_something(chunk: bytes, size: int, pid: int) -> bool:
    high, low = pid >> 8, pid & 0xFF
    return any(
        payload.strip(b"\0\xff")
        for flags in (0, 0x40, 0x20, 0x60)
        for payload in _payloads(chunk, size, high | flags, low)
    )


def _tables(payload: bytes) -> Iterator[int]:
    """The PIDs of the tables of programs, as the first table (PAT) names them."""
    section = payload[1 + payload[0] :]
    end = 3 + (int.from_bytes(section[1:3], "big") & 0xFFF) - 4
    for at in range(8, min(end, len(section) - 3), 4):
        yield int.from_bytes(section[at + 2 : at + 4], "big") & 0x1FFF


def _services(payload: bytes) -> Iterator[str]:
    """The names that the table of services (SDT) has, as far as its first packet goes. Source: EN 300 468."""
    section = payload[1 + payload[0] :] if payload else b""
    if section[:1] != b"\x42":
        return
    end = min(len(section), 3 + (int.from_bytes(section[1:3], "big") & 0xFFF) - 4)
    at = 11
    while at + 5 <= end:
        stop = min(end, at + 5 + (int.from_bytes(section[at + 3 : at + 5], "big") & 0xFFF))
        at += 5
        while at + 2 <= stop:
            content = section[at + 2 : at + 2 + section[at + 1]]
            if section[at] == _SERVICE and len(content) > 2:  # noqa: PLR2004 - two lengths and a type
                name_at = 2 + content[1]
                texts = content[2:name_at], content[name_at + 1 : name_at + 1 + sum(content[name_at : name_at + 1])]
                yield from (text.decode("utf-8", "replace") for text in texts if text and text not in _NO_NAMES)
            at += 2 + section[at + 1]
        at = stop


@attrs.define
class ProgramStream:
    """What an MPEG program stream carries: bytes of streams, and their numbers as ffmpeg gives them."""

    payload_bytes: int = 0
    stream_ids: set[int] = attrs.field(factory=set)
    loose_bytes: int = 0
    """Between packets, and no filling."""
    missing_bytes: int = 0
    """Of the last packet."""


def program_stream(file: IO[bytes], size_bytes: int) -> ProgramStream:
    """Look through the whole file. Raises OSError."""
    found = ProgramStream()
    at = 0
    while at + 4 <= size_bytes:
        file.seek(at)
        head = file.read(_HEAD_BYTES)
        if head[:3] != _PES or head[3] < _END:
            at = _next_start(file, at, size_bytes, found)
            continue
        if head[3] == _END:
            at += 4
        elif head[3] == _PACK:
            at += _pack_bytes(head)
        else:
            length = int.from_bytes(head[4:6], "big")
            if head[3] not in _NO_STREAM:
                _take_packet(head, min(length, size_bytes - at - 6), found)
            at += 6 + length
            found.missing_bytes = max(0, at - size_bytes)
    return found


def _pack_bytes(head: bytes) -> int:
    is_mpeg2 = head[4:5] and head[4] & 0xC0 == 0x40  # noqa: PLR2004
    return 14 + (head[13] & 7 if len(head) > 13 else 0) if is_mpeg2 else 12  # noqa: PLR2004


def _take_packet(head: bytes, length: int, found: ProgramStream) -> None:
    kind = head[3]
    begin = 6 if kind == _PRIVATE_2 else _payload_begin(head)
    size = 6 + length - begin
    if size <= 0:
        return
    number = 0x100 | kind
    if kind == _PRIVATE_1 and begin < len(head):
        number = _AC3 if head[begin] == _RAW_AC3 else head[begin]
    found.stream_ids.add(number)
    found.payload_bytes += size


def _payload_begin(head: bytes) -> int:
    """Behind the header of a packet, which MPEG-1 has without a length."""
    if len(head) > 8 and head[6] & 0xC0 == 0x80:  # noqa: PLR2004
        return 9 + head[8]
    at = 6
    while at < len(head) - 1 and head[at] == 0xFF:  # noqa: PLR2004
        at += 1
    if at < len(head) and head[at] & 0xC0 == 0x40:  # noqa: PLR2004
        at += 2
    lengths = {0x20: 5, 0x30: 10}
    return at + (lengths.get(head[at] & 0xF0, 1) if at < len(head) else 0)


def _next_start(file: IO[bytes], at: int, size_bytes: int, found: ProgramStream) -> int:
    """Where the next pack begins; what lies before it is counted, unless it is filling."""
    begin = at
    while at < size_bytes:
        file.seek(at)
        piece = file.read(_SEARCH_BYTES)
        place = piece.find(PS_START, 1 if at == begin else 0)
        is_last = place >= 0 or len(piece) < _SEARCH_BYTES
        # the last bytes of a piece may begin the next pack
        loose = piece[:place] if place >= 0 else piece if is_last else piece[: 1 - len(PS_START)]
        found.loose_bytes += len(loose) - loose.count(0) - loose.count(0xFF)
        at += len(loose)
        if is_last:
            return at if place >= 0 else size_bytes
    return size_bytes
