"""Adapter, shared part: how much footage a file holds by its own structure, whoever reads it.

What a demuxer skips it does not mention: frames that no table names, a sound that begins after the stretch in which
streams are looked for, the second half of an AVI whose index ends early.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import IO

import attrs

from camvault.adapters._shared import ebml, mpeg
from camvault.adapters._shared.user_boxes import is_mp4

_AVI_LISTS = frozenset(
    {(b"RIFF", b"AVI "), (b"RIFF", b"AVIX")}
    | {(b"LIST", name) for name in (b"movi", b"rec ", b"hdrl", b"strl", b"odml", b"INFO")}
)
_AVI_READ = frozenset(b"avih strh strf strn vprp indx dmlh idx1 IDIT ISMP ISFT".split())
_AVI_FILLING = frozenset(b"JUNK JUNQ junk".split())
_COMMENT_BYTES = 256
"""So much of a filling is the name of the program that wrote it."""
_LOOK_BYTES = 1 << 20
_ASF = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"
_LONG_BOX = 16
_SHORT_BOX = 8


@attrs.frozen
class Payload:
    """What a file holds.

    Attributes:
        size_bytes: Of pictures, sounds and whatever else lies between them.
        spare_bytes: How much less may be read where nothing is missing.
        stream_ids: The numbers under which packets of streams are sent: the PIDs of an MPEG transport stream, the IDs
            of a program stream; empty for others.
        data_ids: The PIDs of an MPEG transport stream under which something else is sent that is no table.
        doubts: What no demuxer reads, in words.
    """

    size_bytes: int = 0
    spare_bytes: int = 0
    stream_ids: frozenset[int] = frozenset()
    data_ids: frozenset[int] = frozenset()
    doubts: tuple[str, ...] = ()


def payload_of(path: PurePath) -> Payload:
    """Look through the whole file. Raises OSError."""
    with Path(path).open("rb") as file:
        size_bytes = os.fstat(file.fileno()).st_size
        head = file.read(4 * max(mpeg.SIZES))
        if is_mp4(file, size_bytes):
            found = sum(_mdats(file, size_bytes))
            return Payload(found, found // 1000 + 4096)
        if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
            return _avi(file, size_bytes)
        if packet := mpeg.packet_of(head):
            carried = mpeg.transport_streams(file, *packet)
            return Payload(stream_ids=carried.streams, data_ids=carried.others, doubts=tuple(_names(carried.names)))
        if head.startswith(mpeg.PS_START):
            return _program_stream(file, size_bytes)
        if head.startswith(ebml.MAGIC):
            contents = ebml.contents_of(file, size_bytes)
            found = contents.payload_bytes
            # the sizes of the parts of a block that holds several packets
            return Payload(found, found // 200 + 8192, doubts=tuple(contents.doubts))
        # headers of packets, an index; ASF fills its packets up
        return Payload(size_bytes, size_bytes // (3 if head.startswith(_ASF) else 10) + 65_536)


def _names(names: frozenset[str]) -> Iterator[str]:
    if names:
        yield f"names of its programs are not kept (SDT): {', '.join(sorted(names))}"


def _program_stream(file: IO[bytes], size_bytes: int) -> Payload:
    carried = mpeg.program_stream(file, size_bytes)
    found, loose, missing = carried.payload_bytes, carried.loose_bytes, carried.missing_bytes
    doubts = [f"it is cut: {missing:,} bytes are missing at its end"] if missing else []
    if loose > _COMMENT_BYTES:
        doubts.append(f"{loose:,} bytes between its packets are no part of it, and are not read")
    # private streams have a few bytes of their own before what is in them
    spare = found // 100 + 65_536
    return Payload(found, spare, stream_ids=frozenset(carried.stream_ids), doubts=tuple(doubts))


def _mdats(file: IO[bytes], size_bytes: int) -> Iterator[int]:
    at = 0
    while at + _SHORT_BOX <= size_bytes:
        file.seek(at)
        header = file.read(_LONG_BOX)
        length, kind = struct.unpack(">I4s", header[:_SHORT_BOX])
        head = _SHORT_BOX
        if length == 1 and len(header) == _LONG_BOX:
            length, head = struct.unpack(">Q", header[_SHORT_BOX:])[0], _LONG_BOX
        elif length == 0:
            length = size_bytes - at
        if length < head:
            return
        if kind == b"mdat":
            yield min(length, size_bytes - at) - head
        at += length


def _avi(file: IO[bytes], size_bytes: int) -> Payload:
    """The sizes of the chunks of streams (`00dc`, `01wb`), in whatever lists they lie, and chunks that nobody reads."""
    found, at, info_end, described = 0, 0, 0, 0
    numbers: set[int] = set()
    unread: dict[bytes, int] = {}
    while at + _SHORT_BOX <= size_bytes:
        file.seek(at)
        kind, length, form = struct.unpack("<4sI4s", file.read(12).ljust(12, b"\0"))
        end = min(at + _SHORT_BOX + length, size_bytes)
        if (kind, form) in _AVI_LISTS:
            info_end = end if form == b"INFO" else info_end
            at += 12
            continue
        if kind[:2].isdigit() and kind[2:].isalpha():
            found += end - at - _SHORT_BOX
            numbers.add(int(kind[:2]))
        elif not (kind in _AVI_READ or kind[:2] == b"ix" or at < info_end):
            spare = _COMMENT_BYTES if kind in _AVI_FILLING else 0
            said = _said_bytes(file, at + _SHORT_BOX, end)
            if said > spare and kind.isascii() and kind.strip(b"\0"):
                unread[kind] = unread.get(kind, 0) + said
        described += kind == b"strh"
        at += _SHORT_BOX + length + length % 2
    lost = sorted(number for number in numbers if described <= number)
    words = f"packets in it are of streams that it does not describe, and are not read ({', '.join(map(str, lost))})"
    doubts: tuple[str, ...] = (words,) if lost and described else ()
    doubts += tuple(
        f"{said:,} bytes of it are neither footage nor tables, and are not read (chunk {kind.decode('latin-1')})"
        for kind, said in unread.items()
    )
    return Payload(found, found // 1000 + 4096, doubts=doubts)


def _said_bytes(file: IO[bytes], at: int, end: int) -> int:
    """How many bytes are not zero."""
    file.seek(at)
    said = 0
    while at < end and (piece := file.read(min(_LOOK_BYTES, end - at))):
        said += len(piece) - piece.count(0)
        at += len(piece)
    return said
