"""Adapter, shared part: what makers write into the tables (`moov`) of MP4 and MOV, and that no muxer writes again.

User data (`udta`) of the file and of its tracks, boxes of a maker's own (`uuid`), and descriptions that no demuxer
reads (`meta` of another kind than tags) are self-contained: they are put into another file byte for byte. Boxes whose
meaning may hang on places in the file, such as the index of positions of a dashcam (`gps `), are not.

Source: ISO/IEC 14496-12 and Apple's QuickTime File Format Specification.
"""

import os
import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import IO

import attrs

_SHORT, _LONG = 8, 16
_LARGEST_MOOV_BYTES = 512 << 20
"""Some hundred hours: tables that are larger are no tables."""
_COMMENT_BYTES = 256
_FILLING = frozenset({b"free", b"skip", b"wide"})
_WRITERS = frozenset({b"\xa9swr", b"\xa9too", b"\xa9enc"})
"""Who wrote the file: of the output that is another program."""
_TEXTS = frozenset(b"\xa9" + name for name in b"nam ART alb day cmt gen wrt cpy mak mod".split())
"""What a demuxer reads as a tag to the letter."""
_WRITTEN_AGAIN = frozenset({b"chpl"}) | _WRITERS | _TEXTS
_TAG_HANDLERS = frozenset({b"mdta", b"mdir"})
"""Whose items demuxers read as tags: QuickTime keys, and those of iTunes."""
_PLACES_IN_FILE = frozenset({b"iloc", b"stco", b"co64"})
_LOOKED_INTO = {b"moov": b"trak", b"trak": b"mdia", b"mdia": b"minf", b"minf": b"stbl", b"moof": b"traf"}
_CARRIED = frozenset({b"udta", b"meta", b"uuid"})
_KNOWN = {
    b"moov": frozenset(b"mvhd trak mvex iods ctab prfl pssh ipro cmov rmra clip".split()),
    b"trak": frozenset(b"tkhd mdia edts tref load tapt matt clip imap trgr txas kmat".split()),
    b"mdia": frozenset(b"mdhd hdlr minf elng".split()),
    b"minf": frozenset(b"vmhd smhd hmhd nmhd gmhd sthd hdlr dinf stbl".split()),
    b"stbl": frozenset(
        b"stsd stts ctts cslg stsc stsz stz2 stco co64 stss stsh stps sdtp padb stdp sbgp sgpd subs saiz saio"
        b" senc".split()
    ),
    b"moof": frozenset(b"mfhd traf pssh".split()),
    b"traf": frozenset(b"tfhd tfdt trun sdtp sbgp sgpd subs saiz saio senc".split()),
}
MP4_FIRST = frozenset(b"ftyp moov mdat free skip wide pnot styp moof sidx ssix".split())
"""The kinds of box with which an MP4 or MOV begins."""
_MOST_BOXES_BEFORE = 64
_TEXT_HEAD = 4
_OF_FRAGMENTS = frozenset(
    bytes.fromhex(uuid)
    for uuid in (
        "6d1d9b0542d544e680e2141daff757b2",  # when a fragment begins
        "d4807ef2ca3946958e5426cb9e46a79f",  # when the next ones begin
        "a2394f525a9b4f14a2446c427c648df4",  # encryption
    )
)
"""Of Smooth Streaming, in each fragment."""
_TAG_ITEMS = frozenset(
    b"covr trkn disk gnre aART cprt desc ldes keyw catg tvnn tvsh tven tves tvsn tmpo pgap pcst cpil stik rtng hdvd"
    b" purd soal soar soaa soco sonm sosn egid purl apID akID geID".split()
) | frozenset(
    b"\xa9" + name for name in b"nam ART alb day cmt gen wrt too lyr grp cpy des mak mod xyz enc swr aut dir".split()
)
"""Items of `ilst` that a demuxer reads as tags."""


@attrs.frozen
class UserBox:
    """One box that is carried over as it is.

    Attributes:
        kind: Its type.
        content: All of it, with its header.
        track_id: Of the track that it describes; 0 if it is about the file.
        is_user_data: Whether it lies in `udta`.
    """

    kind: bytes
    content: bytes
    track_id: int = 0
    is_user_data: bool = False

    def __str__(self) -> str:
        place = f"of track {self.track_id}" if self.track_id else "of the file"
        words = "user data" if self.is_user_data else "description"
        return f"{words} {place} ({self.kind.decode('latin-1')}, {len(self.content):,} bytes)"


@attrs.frozen
class UserBoxes:
    """What was found.

    Attributes:
        carried: Boxes that can be carried over.
        doubts: What cannot, in words.
        keys: The names of the QuickTime keys of the file, which a demuxer reads as tags, if it knows their type.
    """

    carried: tuple[UserBox, ...] = ()
    doubts: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()

    @property
    def has_marks(self) -> bool:
        """Whether they hold marks in the footage (GoPro's highlights), which demuxers show as untitled chapters."""
        return any(box.kind == b"HMMT" for box in self.carried)


@attrs.frozen
class _Key:
    name: str


@attrs.frozen
class _Box:
    kind: bytes
    at: int
    head: int
    end: int


def is_mp4(file: IO[bytes], size_bytes: int) -> bool:
    """Whether it is MP4 or MOV: a box that may stand first does, or one of these follows others. Raises OSError."""
    at = 0
    for _ in range(_MOST_BOXES_BEFORE):
        file.seek(at)
        header = file.read(_LONG)
        if header[4:8] in MP4_FIRST:
            return True
        box = _header(header, 0, size_bytes - at)
        if box is None or at + box.end >= size_bytes:
            return False
        at += box.end
    return False


def lost_with_tracks(boxes: Collection[UserBox], track_ids: Collection[int], left_out: int) -> Iterator[str]:
    """User data of tracks that are written anew (time codes, chapters), unless tracks are `left_out` and named."""
    for box in boxes:
        if box.track_id and box.track_id not in track_ids and not left_out:
            yield f"{box} is not kept: its track is written anew"


def user_boxes(path: PurePath) -> UserBoxes:
    """What of the tables of an MP4 or MOV is a maker's own; nothing of other files. Raises OSError."""
    with Path(path).open("rb") as file:
        found = _tables(file)
        if found is None:
            return UserBoxes()
        moov = found[1]
    carried: list[UserBox] = []
    doubts: dict[str, None] = {}
    keys: set[str] = set()
    for thing in _found_below(moov, _whole(moov), 0):
        if isinstance(thing, UserBox):
            carried.append(thing)
        elif isinstance(thing, _Key):
            keys.add(thing.name)
        else:
            doubts[thing] = None
    return UserBoxes(tuple(carried), tuple(doubts), frozenset(keys))


def fragment_doubts(moof: bytes) -> Iterator[str]:
    """What of the tables of one fragment (`moof`) is a maker's own, in words. `moof` is all of the box."""
    box = _header(moof, 0, len(moof))
    if box is not None and box.kind == b"moof":
        yield from (thing for thing in _found_below(moof, box, 0) if isinstance(thing, str))


def carry_over(boxes: Collection[UserBox], target: PurePath, *, track_ids: Mapping[int, int]) -> tuple[str, ...]:
    """Put the boxes into the tables of an MP4, which stand at its end; returns why some are not in it.

    A kind of user data that the muxer wrote itself, from what it read, is left as it is.

    Args:
        boxes: What is carried over.
        target: The MP4, as ffmpeg wrote it. It is changed in place.
        track_ids: The number of a track in the target, by its number in the file that the boxes are from. What belongs
            to a track that is not in the target is left out, as the track is.

    Raises:
        OSError: It cannot be read or written.
    """
    wanted = [attrs.evolve(box, track_id=track_ids[box.track_id]) for box in boxes if box.track_id in track_ids]
    wanted += [box for box in boxes if not box.track_id]
    if not wanted:
        return ()
    with Path(target).open("r+b") as file:
        found = _tables(file)
        if found is None or found[0] + len(found[1]) != os.fstat(file.fileno()).st_size:
            return tuple(f"{box} could not be written into the output" for box in wanted)
        at, moov = found
        larger = _with_boxes(moov, _whole(moov), wanted)
        file.seek(at)
        file.write(larger)
    return ()


def _tables(file: IO[bytes]) -> tuple[int, bytes] | None:
    """Where the box `moov` begins, and all of it; None if there is none, or if it is cut."""
    size_bytes = os.fstat(file.fileno()).st_size
    at = 0
    while at + _SHORT <= size_bytes:
        file.seek(at)
        header = file.read(_LONG)
        box = _header(header, 0, size_bytes - at)
        if box is None:
            return None
        length = box.end
        if box.kind == b"moov":
            if at + length > size_bytes or length > _LARGEST_MOOV_BYTES:
                return None
            file.seek(at)
            return at, file.read(length)
        at += length
    return None


def _header(content: bytes, at: int, rest_end: int) -> _Box | None:
    """The box that begins at `at`; None if there is none. `rest_end` is where one ends that does not say it."""
    if at + _SHORT > len(content):
        return None
    length, kind = struct.unpack_from(">I4s", content, at)
    head = _SHORT
    if length == 1 and at + _LONG <= len(content):
        length, head = struct.unpack_from(">Q", content, at + _SHORT)[0], _LONG
    elif length == 0:
        length = rest_end - at
    return _Box(kind, at, head, at + length) if length >= head and kind.strip(b"\0") else None


def _whole(content: bytes) -> _Box:
    box = _header(content, 0, len(content))
    assert box is not None  # noqa: S101 - it was found by its header
    return box


def _children(content: bytes, parent: _Box) -> Iterator[_Box]:
    at = parent.at + parent.head
    while box := _header(content, at, parent.end):
        if box.end > parent.end:
            return
        yield box
        at = box.end


def _found_below(moov: bytes, parent: _Box, track_id: int) -> Iterator[UserBox | _Key | str]:
    for box in _children(moov, parent):
        body = moov[box.at + box.head : box.end]
        where = parent.kind.decode()
        name = f"{where}/{box.kind.decode('latin-1')}"
        if box.kind == _LOOKED_INTO.get(parent.kind):
            inner_id = _track_id(moov, box) if box.kind == b"trak" else track_id
            yield from _found_below(moov, box, inner_id)
        elif box.kind in _KNOWN[parent.kind] or _is_empty(box.kind, body) or body[:16] in _OF_FRAGMENTS:
            continue
        elif box.kind not in _CARRIED or parent.kind not in (b"moov", b"trak"):
            yield _unkept(len(body), name)
        elif box.kind == b"udta":
            yield from _user_data(moov, box, track_id, name)
        elif box.kind == b"meta":
            yield from _description(moov, box, track_id, name)
        else:
            yield UserBox(box.kind, moov[box.at : box.end], track_id)


def _user_data(moov: bytes, udta: _Box, track_id: int, name: str) -> Iterator[UserBox | _Key | str]:
    at = udta.at + udta.head
    seen: set[bytes] = set()
    for box in _children(moov, udta):
        at = box.end
        if box.kind == b"meta":
            handler, _ = _meta(moov, box)
            if handler in _TAG_HANDLERS:
                yield from _tags(moov, box, f"{name}/meta")
            else:
                yield _unkept(box.end - box.at, f"{name}/meta")
        elif box.kind in _TEXTS and not track_id:
            if box.kind in seen or _has_more(moov[box.at + box.head : box.end]):
                words = "a text of its tags has more than one entry, of which one is kept"
                yield f"{words} ({box.kind.decode('latin-1')} in {name})"
            seen.add(box.kind)
        elif (box.kind not in _WRITTEN_AGAIN or box.kind in _TEXTS) and not _is_empty(
            box.kind, moov[box.at + box.head : box.end]
        ):
            yield UserBox(box.kind, moov[box.at : box.end], track_id, is_user_data=True)
    rest = moov[at : udta.end]
    if rest.strip(b"\0"):
        yield _unkept(len(rest), name)


def _has_more(body: bytes) -> bool:
    """Whether a text of QuickTime has a second entry, or something behind a zero."""
    length = int.from_bytes(body[:2], "big")
    if body[4:8] == b"data" or _TEXT_HEAD + length > len(body):
        return False
    text, rest = body[_TEXT_HEAD : _TEXT_HEAD + length], body[_TEXT_HEAD + length :]
    return b"\0" in text.rstrip(b"\0") or bool(rest.strip(b"\0"))


def _several(moov: bytes, ilst: _Box) -> Iterator[bytes]:
    """The items of which a demuxer reads one value of several, or a text as far as a zero. A cover is a stream."""
    seen: set[bytes] = set()
    for item in _children(moov, ilst):
        values = [box for box in _children(moov, item) if box.kind == b"data"]
        texts = [moov[box.at + box.head + 8 : box.end] for box in values if moov[box.at + box.head + 3] == 1]
        is_more = len(values) > 1 or item.kind in seen or any(b"\0" in text.rstrip(b"\0") for text in texts)
        if is_more and item.kind != b"covr":
            yield item.kind
        seen.add(item.kind)


def _description(moov: bytes, box: _Box, track_id: int, name: str) -> Iterator[UserBox | _Key | str]:
    handler, _ = _meta(moov, box)
    if handler in _TAG_HANDLERS and not track_id:
        yield from _tags(moov, box, name)
    elif _PLACES_IN_FILE & {inner.kind for inner in _meta_children(moov, box)}:
        yield _unkept(box.end - box.at, name)
    else:
        yield UserBox(box.kind, moov[box.at : box.end], track_id)


def _tags(moov: bytes, meta: _Box, name: str) -> Iterator[_Key | str]:
    """Keys by their names, and items of iTunes that no demuxer knows."""
    handler, boxes = _meta(moov, meta)
    if handler == b"mdta" and b"keys" in boxes:
        keys = boxes[b"keys"]
        found = list(_children(moov, attrs.evolve(keys, head=keys.head + 8)))
        names = [moov[key.at + key.head : key.end].decode("utf-8", "replace") for key in found]
        yield from map(_Key, names)
        twice = {key for key in names if names.count(key) > 1}
        numbers = _several(moov, boxes[b"ilst"]) if b"ilst" in boxes else ()
        twice |= {key for number in numbers for key in names[int.from_bytes(number, "big") - 1 :][:1]}
        if twice:
            words = "keys of its tags have more than one value, of which one is kept"
            yield f"{words} ({', '.join(sorted(twice))} in {name})"
        untyped = _untyped(moov, boxes[b"ilst"]) if b"ilst" in boxes else set()
        if raw := [key for number, key in enumerate(names, start=1) if number in untyped]:
            yield f"keys of its tags have values of no type, and are not kept ({', '.join(raw)} in {name})"
    elif handler == b"mdir" and b"ilst" in boxes:
        if several := sorted(kind.decode("latin-1") for kind in _several(moov, boxes[b"ilst"])):
            yield f"items of its tags have more than one value, of which one is kept ({', '.join(several)} in {name})"
        unknown = [item.kind for item in _children(moov, boxes[b"ilst"]) if item.kind not in _TAG_ITEMS]
        if unknown:
            kinds = ", ".join(item.decode("latin-1") for item in dict.fromkeys(unknown))
            yield f"items of its tags are not known, and are not kept ({kinds} in {name})"


def _untyped(moov: bytes, ilst: _Box) -> set[int]:
    """The numbers of the keys with bytes of which nothing is said. A demuxer takes them for text."""
    return {
        int.from_bytes(item.kind, "big")
        for item in _children(moov, ilst)
        for data in _children(moov, item)
        if data.kind == b"data" and moov[data.at + data.head : data.at + data.head + 4] == bytes(4)
    }


def _unkept(size_bytes: int, name: str) -> str:
    return f"{size_bytes:,} bytes in its tables are not known, and are not kept (box {name})"


def _meta(moov: bytes, meta: _Box) -> tuple[bytes, dict[bytes, _Box]]:
    """What kind of things a `meta` holds, and its boxes by their types."""
    boxes = {box.kind: box for box in _meta_children(moov, meta)}
    at = boxes[b"hdlr"].at + boxes[b"hdlr"].head + 8 if b"hdlr" in boxes else 0
    return (moov[at : at + 4] if at else b""), boxes


def _meta_children(moov: bytes, meta: _Box) -> Iterator[_Box]:
    """In MP4 it begins with a version and flags, in MOV it does not."""
    is_full = moov[meta.at + meta.head + 4 : meta.at + meta.head + 8] != b"hdlr"
    return _children(moov, attrs.evolve(meta, head=meta.head + 4) if is_full else meta)


def _is_empty(kind: bytes, body: bytes) -> bool:
    return not body.strip(b"\0") or (kind in _FILLING and len(body) <= _COMMENT_BYTES)


def _track_id(moov: bytes, trak: _Box) -> int:
    for box in _children(moov, trak):
        if box.kind == b"tkhd":
            at = box.at + box.head
            skipped = 20 if moov[at : at + 1] == b"\1" else 12
            return int.from_bytes(moov[at + skipped : at + skipped + 4], "big")
    return 0


def _with_boxes(moov: bytes, parent: _Box, boxes: Sequence[UserBox]) -> bytes:
    """The tables, or one track of them, with the boxes in it."""
    track_id = _track_id(moov, parent) if parent.kind == b"trak" else 0
    own = [box for box in boxes if box.track_id == track_id]
    parts: list[bytes] = []
    written: set[bytes] = set()
    user_data = b""
    for box in _children(moov, parent):
        content = moov[box.at : box.end]
        if box.kind == b"udta":
            written |= {inner.kind for inner in _children(moov, box)}
            user_data += moov[box.at + box.head : box.end]
        elif box.kind == b"trak" and parent.kind == b"moov":
            parts.append(_with_boxes(moov, box, boxes))
        else:
            parts.append(content)
    # before the tags of iTunes: behind them some demuxers take all user data for such
    user_data = b"".join(box.content for box in own if box.is_user_data and box.kind not in written) + user_data
    if user_data:
        parts.append(_boxed(b"udta", user_data))
    parts += [box.content for box in own if not box.is_user_data]
    return _boxed(parent.kind, b"".join(parts))


def _boxed(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", _SHORT + len(content), kind) + content
