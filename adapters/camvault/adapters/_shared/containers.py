"""Adapter, shared part: what the outermost structure of a file says of its end, and of what follows it.

ffmpeg reads a file that was cut by a power loss as far as it goes, and of two files in one only the first, without a
word. MP4 and MOV, AVI, Matroska and FLV say how long their parts are. Of others (MPEG-TS) nothing is said.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import IO

import attrs

from camvault.adapters._shared.ebml import outer_doubts, segment_at
from camvault.adapters._shared.user_boxes import MP4_FIRST, fragment_doubts, is_mp4, user_boxes

_MP4_FILLING = frozenset({b"free", b"skip", b"wide"})
_MP4_READ = MP4_FIRST | frozenset({b"mfra"})
_MP4_COMMENT_BYTES = 256
"""So much of a filling is the name of the program that wrote it."""
_UUID_PROFILE = bytes.fromhex("50524f4621d24fcebb88695cfac9c740")
"""Sony's note of which profile its own tracks have."""
_LARGEST_FRAGMENT_BYTES = 16 << 20
_EBML = b"\x1a\x45\xdf\xa3"
_FLV_SCRIPT = 18
_FLV_NAMES = frozenset({b"onMetaData", b"|RtmpSampleAccess", b"onLastSecond", b"onLastKeyframe"})
"""Data that are read as tags, and those that say how a server sends the stream."""
_FLV_TAGS = frozenset({8, 9, 18})  # sound, picture, data
_LOOK_BYTES = 1 << 20


@attrs.frozen
class Mp4Box:
    """One part: its kind, where it begins, and where its header says that it ends."""

    kind: bytes
    at: int
    end: int


def structure_doubts(path: PurePath) -> tuple[str, ...]:
    """Why the file may hold more or less than what is read of it. Raises OSError."""
    with Path(path).open("rb") as file:
        size_bytes = os.fstat(file.fileno()).st_size
        head = file.read(12)
        if is_mp4(file, size_bytes):
            return (*_mp4(file, size_bytes), *user_boxes(path).doubts)
        if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
            return tuple(_avi(file, size_bytes))
        if head[:4] == _EBML:
            return (*_matroska(file, size_bytes), *outer_doubts(file, size_bytes))
        if head[:3] == b"FLV":
            return tuple(_flv(file, size_bytes))
    return ()


def mp4_boxes(file: IO[bytes], size_bytes: int) -> Iterator[Mp4Box]:
    """The outermost parts of an MP4 or MOV, up to its end or to what is no part."""
    at = 0
    while at < size_bytes:
        file.seek(at)
        header = file.read(16)
        length, kind = struct.unpack(">I4s", header[:8]) if len(header) >= 8 else (0, b"")  # noqa: PLR2004
        if length == 1 and len(header) == 16:  # noqa: PLR2004 - the length is in the next eight bytes
            length = struct.unpack(">Q", header[8:])[0]
        elif length == 0 and kind.isalnum():
            length = size_bytes - at  # it reaches to the end of the file
        if length < 8 or not all(byte >= 0x20 or byte == 0xA9 for byte in kind):  # noqa: PLR2004
            return
        yield Mp4Box(kind, at, at + length)
        at += length


def _mp4(file: IO[bytes], size_bytes: int) -> Iterator[str]:
    seen: set[bytes] = set()
    told: set[bytes] = set()
    end = filled = 0
    for box in mp4_boxes(file, size_bytes):
        if box.kind == b"ftyp" and seen & {b"moov", b"mdat"}:
            yield f"another file is appended to it at byte {box.at:,}, of which nothing is read"
        if box.kind == b"moov" and box.kind in seen:
            yield f"a second set of tables is in it at byte {box.at:,}, which is not read (box moov)"
        if box.kind in _MP4_FILLING and 0 < box.end - box.at - 8 <= _MP4_COMMENT_BYTES:
            filled += _said_bytes(file, box.at + 8, min(box.end, size_bytes))
        if box.kind not in told:
            unread = list(
                _fragment(file, box.at, box.end - box.at)
                if box.kind == b"moof"
                else _unread_box(file, box.kind, box.at, min(box.end, size_bytes))
            )
            told.update([box.kind] if unread else ())
            yield from unread
        seen.add(box.kind)
        end = box.end
    if filled > _MP4_COMMENT_BYTES:
        yield f"{filled:,} bytes in its fillings are not zero, and are not read"
    if end < size_bytes:
        yield from _rest(file, end, size_bytes)
    if end > size_bytes:
        yield cut_words(end - size_bytes)


def cut_words(missing_bytes: int) -> str:
    """What is said of a file whose end is missing."""
    return f"it is cut: {missing_bytes:,} bytes are missing at its end"


def _said_bytes(file: IO[bytes], at: int, end: int) -> int:
    file.seek(at)
    content = file.read(end - at)
    return len(content) - content.count(0)


def _fragment(file: IO[bytes], at: int, length: int) -> Iterator[str]:
    if length <= _LARGEST_FRAGMENT_BYTES:
        file.seek(at)
        yield from fragment_doubts(file.read(length))


def _unread_box(file: IO[bytes], kind: bytes, at: int, end: int) -> Iterator[str]:
    """What recorders write beside the footage, such as positions: no demuxer reads it, and no encode has it."""
    content = at + 8
    if kind in _MP4_FILLING:
        if end - content <= _MP4_COMMENT_BYTES:
            return
    elif kind in _MP4_READ or end <= content:
        return
    file.seek(content)
    if kind == b"uuid" and file.read(16) == _UUID_PROFILE:
        return
    file.seek(content)
    while content < end and (chunk := file.read(min(_LOOK_BYTES, end - content))):
        if chunk.count(0) != len(chunk):
            name = kind.decode("latin-1")
            where = f"{end - at:,} bytes of it at byte {at:,}"
            yield f"{where} are neither footage nor tables, and are not read (box {name})"
            return
        content += len(chunk)


def _avi(file: IO[bytes], size_bytes: int) -> Iterator[str]:
    at = 0
    while at < size_bytes:
        file.seek(at)
        kind, length, form = struct.unpack("<4sI4s", file.read(12).ljust(12, b"\0"))
        if kind != b"RIFF":
            yield from _rest(file, at, size_bytes)
            return
        if at and form == b"AVI ":
            yield f"another file is appended to it at byte {at:,}, of which nothing is read"
        if not length:
            yield "it was never finished: its header does not say how long it is"
            return
        at += 8 + length + length % 2
    if at > size_bytes + 1:
        yield cut_words(at - size_bytes)


def _matroska(file: IO[bytes], size_bytes: int) -> Iterator[str]:
    segment = segment_at(file)
    if segment is None:
        return
    file.seek(segment + 4)
    length = _vint(file)
    if length is None:  # a recorder that could not go back to its beginning
        return
    end = file.tell() + length
    if end > size_bytes:
        yield cut_words(end - size_bytes)
    elif end < size_bytes:
        file.seek(end)
        if file.read(4) == _EBML:
            yield f"another file is appended to it at byte {end:,}, of which nothing is read"
        else:
            yield from _rest(file, end, size_bytes)


def _flv(file: IO[bytes], size_bytes: int) -> Iterator[str]:
    file.seek(5)
    at = int.from_bytes(file.read(4), "big") + 4
    names: set[bytes] = set()
    while at < size_bytes:
        file.seek(at)
        tag = file.read(11)
        name = _script_name(file) if tag[0] == _FLV_SCRIPT else b"onMetaData"
        if name not in _FLV_NAMES and name not in names:
            names.add(name)
            yield f"data in it are not kept ({name.decode('utf-8', 'replace')} at byte {at:,})"
        if tag[:3] == b"FLV":
            yield f"another file is appended to it at byte {at:,}, of which nothing is read"
            return
        if tag[0] & 0xDF not in _FLV_TAGS or any(tag[8:]):
            yield from _rest(file, at, size_bytes)
            return
        at += 11 + int.from_bytes(tag[1:4], "big") + 4
    if at > size_bytes + 4:
        yield cut_words(at - size_bytes)


def _script_name(file: IO[bytes]) -> bytes:
    """What the data of a tag are called, in AMF: a text with its length."""
    head = file.read(3)
    return file.read(int.from_bytes(head[1:], "big")) if head[:1] == b"\2" else b"data without a name"


def _vint(file: IO[bytes]) -> int | None:
    """A number of variable length; None if it is unknown."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    count = 8 - first[0].bit_length()
    value = (first[0] & ((1 << (7 - count)) - 1)) << (8 * count) | int.from_bytes(file.read(count), "big")
    return None if value == (1 << (7 * (count + 1))) - 1 else value


def _rest(file: IO[bytes], at: int, size_bytes: int) -> Iterator[str]:
    """What follows the last part: cards that reserve their room leave zeros there, which say nothing."""
    file.seek(at)
    while chunk := file.read(_LOOK_BYTES):
        if chunk.count(0) != len(chunk):
            yield f"{size_bytes - at:,} bytes at its end are no part of it, and are not read"
            return
