"""Adapter, shared part: what of a Matroska file no demuxer reads.

Demuxers skip elements that they do not know, and blocks of tracks that were never described. Source: RFC 8794 (EBML)
and RFC 9559 (Matroska).
"""

from collections.abc import Iterator
from typing import IO

import attrs

MAGIC = b"\x1a\x45\xdf\xa3"
SEGMENT = 0x18538067
_INFO, _TRACKS, _CLUSTER, _TAGS = 0x1549A966, 0x1654AE6B, 0x1F43B675, 0x1254C367
_TOP = frozenset({_INFO, _TRACKS, _CLUSTER, _TAGS, 0x114D9B74, 0x1C53BB6B, 0x1043A770, 0x1941A469})
_VOID, _CRC = 0xEC, 0xBF
_FILLING = frozenset({_VOID, _CRC})
_TRACK_ENTRY, _TRACK_NUMBER, _TRACK_TYPE, _TRACK_UID = 0xAE, 0xD7, 0x83, 0x73C5
_TRACK_TYPES = frozenset({1, 2, 17, 33})  # pictures, sounds, subtitles, metadata
_SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK, _ADDITIONS = 0xA3, 0xA0, 0xA1, 0x75A1
_TAG, _SIMPLE_TAG, _TAG_BINARY = 0x7373, 0x67C8, 0x4485
_DEEPEST_TAG, _OUTER_TAG = 16, 2
_CHAPTERS, _ATTACHMENTS = 0x1043A770, 0x1941A469
_TAG_NAME, _TAG_TARGETS, _TAG_TRACK = 0x45A3, 0x63C0, 0x63C5
_CHAPTER_PARTS = {
    0x45B9: frozenset({0x45BC, 0x45BD, 0x45DB, 0x45DD, 0x4520}),
    0xB6: frozenset({0x73C4, 0x5654, 0x91, 0x92, 0x98, 0x4598, 0x63C3, 0x8F, 0x80, 0x4588, 0x6E67, 0x6EBC}),
    0x80: frozenset({0x85, 0x437C, 0x437D, 0x437E}),
}
_DEEPEST_CHAPTER = 8
_FILE_PARTS = frozenset({0x467E, 0x466E, 0x4660, 0x465C, 0x46AE})
_ENTRY_PARTS = frozenset(
    {_TRACK_NUMBER, _TRACK_TYPE, 0x73C5, 0xB9, 0x88, 0x55AA, 0x55AB, 0x55AC, 0x55AD, 0x55AE, 0x55AF, 0x9C, 0x6DE7}
    | {0x6DF8, 0x23E383, 0x234E7A, 0x23314F, 0x537F, 0x55EE, 0x41E4, 0x536E, 0x22B59C, 0x22B59D, 0x86, 0x63A2}
    | {0x258688, 0x7446, 0x3A9697, 0x3B4040, 0x26B240, 0xAA, 0x6FAB, 0x56AA, 0x56BB, 0x6624, 0xE0, 0xE1, 0xE2}
    | {0x6D80, 0xC0, 0xC1, 0xC6, 0xC7, 0xC4}
)
_KNOWN = {
    _INFO: frozenset(
        {0x73A4, 0x7384, 0x3CB923, 0x3C83AB, 0x3EB923, 0x3E83BB, 0x4444, 0x6924}
        | {0x2AD7B1, 0x4489, 0x4461, 0x7BA9, 0x4D80, 0x5741}
    ),
    _CLUSTER: frozenset({0xE7, 0xA7, 0xAB, 0x5854, _SIMPLE_BLOCK, _BLOCK_GROUP}),
    _BLOCK_GROUP: frozenset({_BLOCK, 0xFB, 0x9B, 0xFA, 0x75A2, 0x8E, 0xA2, 0xFD, 0xC8}),
}
_BLOCK_HEAD_BYTES = 4
_LONGEST_HEAD_BYTES = 12
_LONGEST_NAME_BYTES = 256
_EBML_HEADER = 0x1A45DFA3


@attrs.frozen
class _Element:
    """`end` is None if its length is unknown: it ends where an element of a higher level begins."""

    name: int
    begin: int
    end: int | None


@attrs.define
class Contents:
    """What was found: the sizes of the packets of all tracks, and in words what nobody reads."""

    payload_bytes: int = 0
    doubts: dict[str, None] = attrs.field(factory=dict)
    tracks: set[int] = attrs.field(factory=set)
    tracks_of_blocks: set[int] = attrs.field(factory=set)
    track_uids: set[int] = attrs.field(factory=set)
    tagged_uids: set[int] = attrs.field(factory=set)
    tag_names: set[tuple[bytes, bytes]] = attrs.field(factory=set)

    def unknown(self, element: _Element, size_bytes: int) -> None:
        """Note an element that is skipped."""
        self.doubts[f"{size_bytes:,} bytes of it are not known, and are not read (element {element.name:#x})"] = None


def segment_at(file: IO[bytes]) -> int | None:
    """Where the segment begins; None if there is none."""
    at = 0
    while (element := _element(file, at)) is not None and element.name != SEGMENT:
        if element.end is None:
            return None
        at = element.end
    return None if element is None else at


def outer_doubts(file: IO[bytes], size_bytes: int) -> tuple[str, ...]:
    """What of the file's outer structure no demuxer reads; no footage is looked at. Raises OSError."""
    contents = Contents()
    _read(file, size_bytes, contents, is_deep=False)
    return tuple(contents.doubts)


def contents_of(file: IO[bytes], size_bytes: int) -> Contents:
    """Look through the whole file. Raises OSError."""
    contents = Contents()
    _read(file, size_bytes, contents, is_deep=True)
    lost = contents.tracks_of_blocks - contents.tracks
    if contents.tracks and lost:
        names = ", ".join(map(str, sorted(lost)))
        contents.doubts[f"packets in it are of tracks that it does not describe, and are not read (track {names})"] = (
            None
        )
    return contents


def _read(file: IO[bytes], size_bytes: int, contents: Contents, *, is_deep: bool) -> None:
    at = 0
    before: list[_Element] = []
    while at < size_bytes and (element := _element(file, at)) is not None:
        end = size_bytes if element.end is None else min(element.end, size_bytes)
        if element.name == SEGMENT:
            for other in before:
                _check(other, frozenset({_EBML_HEADER}), contents)
            _segment(file, element.begin, end, contents, is_deep=is_deep)
            for uid in sorted(contents.tagged_uids - contents.track_uids - {0}):
                contents.doubts[f"tags in it are of a track that it does not describe, and are not kept ({uid:#x})"] = (
                    None
                )
            return
        before.append(element)
        at = end


def _segment(file: IO[bytes], at: int, end: int, contents: Contents, *, is_deep: bool) -> None:
    while at < end and (element := _element(file, at)) is not None and element.begin <= end:
        element_end = end if element.end is None else min(element.end, end)
        if element.name == _CLUSTER and (is_deep or element.end is None):
            at = _cluster(file, element.begin, element_end, contents)
            continue
        if element.name == _INFO:
            for inner in _inner(file, element.begin, element_end):
                _check(inner, _KNOWN[_INFO], contents)
        elif element.name == _TRACKS:
            _tracks(file, element.begin, element_end, contents)
        elif element.name == _CHAPTERS:
            _chapters(file, element, element_end, contents)
        elif element.name == _ATTACHMENTS:
            for attached in _inner(file, element.begin, element_end):
                for inner in _inner(file, attached.begin, attached.end or element_end):
                    _check(inner, _FILE_PARTS, contents)
        elif element.name == _TAGS:
            _tags(file, element.begin, element_end, contents)
        else:
            _check(element, _TOP, contents)
        at = element_end


def _check(element: _Element, known: frozenset[int], contents: Contents) -> None:
    size_bytes = 0 if element.end is None else element.end - element.begin
    if element.name not in known | _FILLING and size_bytes:
        contents.unknown(element, size_bytes)


def _cluster(file: IO[bytes], at: int, end: int, contents: Contents) -> int:
    """Read the blocks of a cluster; returns where it ends."""
    while at < end and (element := _element(file, at)) is not None and element.begin <= end:
        if element.name in _TOP:
            return at
        element_end = end if element.end is None else min(element.end, end)
        if element.name == _SIMPLE_BLOCK:
            _block(file, element.begin, element_end, contents)
        elif element.name == _BLOCK_GROUP:
            for inner in _inner(file, element.begin, element_end):
                if inner.name == _BLOCK:
                    _block(file, inner.begin, inner.end or element_end, contents)
                else:
                    _check(inner, _KNOWN[_BLOCK_GROUP], contents)
        else:
            _check(element, _KNOWN[_CLUSTER], contents)
        at = element_end
    return max(at, end)


def _block(file: IO[bytes], begin: int, end: int, contents: Contents) -> None:
    file.seek(begin)
    track = _vint(file.read(8))
    if track is not None:
        contents.tracks_of_blocks.add(track[0])
    contents.payload_bytes += max(0, end - begin - _BLOCK_HEAD_BYTES)


def _tracks(file: IO[bytes], at: int, end: int, contents: Contents) -> None:
    for entry in _inner(file, at, end):
        values: dict[int, int] = {}
        for inner in _inner(file, entry.begin, entry.end or end) if entry.name == _TRACK_ENTRY else ():
            _check(inner, _ENTRY_PARTS, contents)
            if inner.name in (_TRACK_NUMBER, _TRACK_TYPE, _TRACK_UID) and inner.end is not None:
                file.seek(inner.begin)
                values[inner.name] = int.from_bytes(file.read(min(8, inner.end - inner.begin)), "big")
        contents.track_uids.add(values.get(_TRACK_UID, 0))
        number, kind = values.get(_TRACK_NUMBER, 0), values.get(_TRACK_TYPE, 1)
        if number:
            contents.tracks.add(number)
        if kind not in _TRACK_TYPES:
            contents.doubts[f"its track {number} is of a kind that is not known, and is not read (type {kind})"] = None


def _chapters(file: IO[bytes], parent: _Element, end: int, contents: Contents, *, depth: int = 0) -> None:
    for element in _inner(file, parent.begin, end):
        if element.name == parent.name:  # chapters within chapters
            _check(element, frozenset(), contents)
        elif element.name in _CHAPTER_PARTS and depth < _DEEPEST_CHAPTER:
            _chapters(file, element, element.end or end, contents, depth=depth + 1)
        else:
            _check(element, _CHAPTER_PARTS.get(parent.name, frozenset()), contents)


def _tags(file: IO[bytes], at: int, end: int, contents: Contents, *, depth: int = 0, where: bytes = b"") -> None:
    for element in _inner(file, at, end):
        if element.name == _TAG_TARGETS:
            where = _bytes_of(file, element, end)
            for target in _inner(file, element.begin, element.end or end):
                if target.name == _TAG_TRACK:
                    contents.tagged_uids.add(int.from_bytes(_bytes_of(file, target, end), "big"))
        elif element.name == _TAG_NAME:
            place = (where, _bytes_of(file, element, end).lower())
            if depth == _OUTER_TAG and place in contents.tag_names:
                name = place[1].decode("utf-8", "replace")
                contents.doubts[f"a tag is in it more than once, and is not kept ({name})"] = None
            contents.tag_names.add(place)
        elif element.name in (_TAG, _SIMPLE_TAG) and depth < _DEEPEST_TAG:
            _tags(file, element.begin, element.end or end, contents, depth=depth + 1, where=where)
        elif element.name == _TAG_BINARY:
            contents.unknown(element, (element.end or end) - element.begin)


def _bytes_of(file: IO[bytes], element: _Element, end: int) -> bytes:
    file.seek(element.begin)
    return file.read(min((element.end or end) - element.begin, _LONGEST_NAME_BYTES))


def _inner(file: IO[bytes], at: int, end: int) -> Iterator[_Element]:
    while at < end and (element := _element(file, at)) is not None:
        if element.end is None or element.end > end:
            return
        yield element
        at = element.end


def _element(file: IO[bytes], at: int) -> _Element | None:
    """The element that begins at `at`; None if there is none."""
    file.seek(at)
    head = file.read(_LONGEST_HEAD_BYTES)
    name_length = 9 - head[0].bit_length() if head and head[0] >= 0x10 else 0  # noqa: PLR2004 - at most four bytes
    size = _vint(head[name_length:]) if name_length else None
    if size is None:
        return None
    value, size_length = size
    begin = at + name_length + size_length
    is_unknown = value == (1 << 7 * size_length) - 1
    return _Element(int.from_bytes(head[:name_length], "big"), begin, None if is_unknown else begin + value)


def _vint(head: bytes) -> tuple[int, int] | None:
    """A number of variable length, and how many bytes it takes; None if it is none."""
    length = 9 - head[0].bit_length() if head and head[0] else 9
    if length > min(8, len(head)):
        return None
    return int.from_bytes(head[:length], "big") & ((1 << 7 * length) - 1), length
