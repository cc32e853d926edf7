"""Adapter for ffmpeg, pure part: what lies between the pictures of H.264 and HEVC: messages (SEI), and other units.

Body-cams write positions, device numbers and times there. An encoder makes pictures of pictures: no message survives.
Those that only say how the stream is to be decoded or shown, and what an encoder says of its own settings, are no loss.
Units that are neither picture nor parameter set nor mark are a loss as well: a second view or layer, and types that the
standards leave to others. Source: ITU-T H.264 and H.265, chapter 7 and annex D.
"""

from collections.abc import Collection, Iterator, Mapping

import attrs

UNITS_READ: Mapping[str, str] = {"h264": "0|6|9-12|14-31", "hevc": ""}
"""The types of units that are looked at, by codec, as ffmpeg's filter `filter_units` takes them; empty: all of them.

TRAP: of HEVC that filter leaves out whatever is of a second layer."""

_SEI = {"h264": frozenset({6}), "hevc": frozenset({39, 40})}
_ORDINARY = {
    "h264": frozenset({*range(1, 6), 7, 8, 13}),
    "hevc": frozenset({*range(10), *range(16, 22), 32, 33, 34}),
}
"""Pictures and parameter sets."""
_MARKS = {"h264": {9: 1, 10: 0, 11: 0, 14: 4}, "hevc": {35: 1, 36: 0, 37: 0}}
"""Units that only mark a place, or the layer of the next one, and how long they are at most."""
_FILLERS = {"h264": 12, "hevc": 38}
_HEADER_BYTES = {"h264": 1, "hevc": 2}
_START = b"\0\0\1"
_FILLER, _REGISTERED, _UNREGISTERED = 3, 4, 5
_NAMES = {
    1: "time codes",
    _REGISTERED: "registered user data",
    _UNREGISTERED: "user data",
    45: "arrangement of frames",
    47: "orientation of the display",
    136: "time codes",
}
_OF_DECODING = frozenset(
    {
        *range(4),  # buffering, times of pictures, pan and scan, filling
        *range(6, 26),  # recovery points, scenes, sub-sequences, freezes, film grain, filters
        *range(128, 136),  # structure of pictures, parameter sets, hashes of pictures
        *(137, 144, 147, 148),  # colours and light of the display
    }
)
_ENCODERS = {
    "dc45e9bde6d948b7962cd820d923eeef": b"x264 - core ",
    "2ca2de09b51747dbbb55a4fe7fc2fc4e": b"x265 (build ",
    "32fe466c98414269ae356a91549ef3f1": b"Kvazaar ",
    "59948b2811ec45af967519d41feaa94d": b"Lavc",  # ffmpeg with VA-API
}
"""By their UUIDs: encoders that write their own name and settings, and nothing else; how that begins."""

_LONGEST_UNIT_BYTES = 1 << 20
_KINDS_NAMED = 4


@attrs.define
class Messages:
    """Reads units in pieces, as they come, and counts the messages that an encode loses, by what they are."""

    codec: str
    counts: dict[str, int] = attrs.field(factory=dict)
    has_picture_timing: bool = False
    _rest: bytes = b""

    def take(self, piece: bytes) -> None:
        """Read a piece of the stream of units."""
        *units, self._rest = (self._rest + piece).split(_START)
        for unit in units:
            self._take_unit(unit)
        if len(self._rest) > _LONGEST_UNIT_BYTES:
            self._rest = self._rest[:_LONGEST_UNIT_BYTES]

    def finish(self) -> None:
        """Read the last unit."""
        self._take_unit(self._rest)
        self._rest = b""

    def words(self, stream: object) -> Iterator[str]:
        """What is lost, in words."""
        if self.counts:
            kinds = [f"{count:,} of {kind}" for kind, count in list(self.counts.items())[:_KINDS_NAMED]]
            more = f", and {len(self.counts) - _KINDS_NAMED} more kinds" if len(self.counts) > _KINDS_NAMED else ""
            yield f"messages between the pictures of {stream} are not kept: {', '.join(kinds)}{more}"

    def note(self, kind: str, count: int = 1) -> None:
        """Count messages of a kind."""
        self.counts[kind] = self.counts.get(kind, 0) + count

    def _take_unit(self, unit: bytes) -> None:
        if not unit.strip(b"\0"):
            return
        kind = unit[0] & 0x1F if self.codec == "h264" else unit[0] >> 1 & 0x3F
        if kind not in _SEI[self.codec]:
            if not self._is_ordinary(unit, kind):
                self.note(f"units of type {kind}")
            return
        if self._layer(unit):
            self.note(f"layer {self._layer(unit)}")
        body = unit.rstrip(b"\0").replace(b"\0\0\3", b"\0\0")[_HEADER_BYTES[self.codec] :]
        for number, content in _messages(body):
            if number == 1:
                self.has_picture_timing = True
            if not _is_no_loss(number, content):
                self.note(_kind(number, content))

    def _layer(self, unit: bytes) -> int:
        return 0 if self.codec == "h264" else (unit[0] & 1) << 5 | unit[1:2].ljust(1, b"\0")[0] >> 3

    def _is_ordinary(self, unit: bytes, kind: int) -> bool:
        if self._layer(unit):
            return False
        if kind in _ORDINARY[self.codec]:
            return True
        content = unit[_HEADER_BYTES[self.codec] :].rstrip(b"\0")
        if kind == _FILLERS[self.codec]:
            return not content.removesuffix(b"\x80").strip(b"\xff")
        return len(content) <= _MARKS[self.codec].get(kind, -1)


def _messages(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The type and the content of each message of a unit; its last byte only marks the end."""
    at = 0
    while at + 2 < len(body):
        number, at = _number(body, at)
        size, at = _number(body, at)
        yield number, body[at : at + size]
        at += size


def _number(body: bytes, at: int) -> tuple[int, int]:
    value = 0
    while body[at : at + 1] == b"\xff":
        value, at = value + 255, at + 1
    return value + int.from_bytes(body[at : at + 1], "big"), at + 1


def _is_no_loss(number: int, content: bytes) -> bool:
    if number == _UNREGISTERED:
        begin = _ENCODERS.get(content[:16].hex())
        return begin is not None and content[16:].startswith(begin)
    if number == _FILLER:
        return not content.strip(b"\xff")
    return number in _OF_DECODING


def _kind(number: int, content: bytes) -> str:
    name = _NAMES.get(number, f"type {number}")
    if number == _UNREGISTERED:
        return f"{name} {content[:16].hex()}"
    if number == _REGISTERED:
        return f"{name} {content[:3].hex()}"
    return name


def has_time_codes(lines: Collection[str]) -> bool:
    """Whether ffmpeg's filter `trace_headers` shows messages with a time of day."""
    return any("clock_timestamp_flag" in line and line.rstrip().endswith("= 1") for line in lines)
