"""Adapter for ffmpeg, pure part: what it says on stderr with `-loglevel level+verbose`, line by line.

Errors are kept from the first one on: the first names the cause, and what follows says who was hit by it. SVT-AV1
prints its own ("Svt[error]: Source Width must be at least 64"). 5.1, 7.1 and 9.0 end with the same statistics:

    Input stream #0:0 (video): 50 packets read (3156965 bytes); 50 frames decoded; 0 decode errors;
    Output stream #0:1 (audio): 102 frames encoded (48483 samples); 102 packets muxed (17386 bytes);

Whenever a picture's size or a sound's channels change within a clip, they build their filters anew, and say so:

    [graph 0 input from stream 0:0 @ 0x55558ca31f80] [verbose] w:160 h:120 pixfmt:yuv420p tb:1/90000 fr:25/1 sar:1/1
    [graph_1_in_0_1 @ 0x555594061440] [verbose] tb:1/44100 samplefmt:s16p samplerate:44100 chlayout:mono
"""

import re
from collections.abc import Mapping

import attrs

_ERRORS_KEPT = 12
_CONTEXT = r"(?:\[[^\]]* @ 0x[0-9a-f]+\] )*"
_ERROR = re.compile(rf"(?P<context>{_CONTEXT})\[(?:error|fatal|panic)\] (?P<words>.*)")
_SVT_ERROR = re.compile(r"Svt\[(?:error|fatal)\]:\s*(?P<words>.*)")
_INPUT = re.compile(
    rf"{_CONTEXT}\[verbose\]\s+Input stream #0:(?P<index>\d+) \(\w+\): (?P<packets>\d+) packets read"
    r" \((?P<bytes>\d+) bytes\);(?: (?P<frames>\d+) frames decoded)?"
    r"(?:; (?P<errors>\d+) decode errors)?(?: \((?P<samples>\d+) samples\))?"
)
_OUTPUT = re.compile(
    rf"{_CONTEXT}\[verbose\]\s+Output stream #0:(?P<index>\d+) \(\w+\):"
    r"(?: (?P<frames>\d+) frames encoded)?(?: \((?P<samples>\d+) samples\))?;?"
    r" (?P<packets>\d+) packets muxed \((?P<bytes>\d+) bytes\)"
)
_LEVEL = re.compile(
    r"\[ametadata@(?P<name>\w+) @ 0x[0-9a-f]+\] \[info\] lavfi\.astats\.(?P<channel>\d+)"
    r"\.RMS_level=(?P<db>-?[\d.]+|-inf)"
)
_PICTURE_SHAPE = re.compile(
    r"\[graph \S+ input from stream 0:(?P<index>\d+) @ 0x[0-9a-f]+\] \[verbose\] w:(?P<width>\d+) h:(?P<height>\d+) "
)
_SOUND_SHAPE = re.compile(
    r"\[graph_\S+?_in_0[_:](?P<index>\d+) @ 0x[0-9a-f]+\] \[verbose\] tb:\S+ samplefmt:\S+ samplerate:\d+"
    r" chlayout:(?P<layout>.+)"
)
_SHOWN_IN = re.compile(
    r"\[Parsed_showinfo_\d+ @ 0x[0-9a-f]+\] \[info\] config in time_base: (?P<above>\d+)/(?P<below>[1-9]\d*)"
)
_SHOWN = re.compile(r"\[Parsed_showinfo_\d+ @ 0x[0-9a-f]+\] \[info\] n: *\d+ pts: *(?P<ticks>-?\d+) ")
_BESIDE_THE_PICTURE = re.compile(
    r"SEI type \d+ (?:size \d+ truncated at|overread by) \d+|non-existing SPS \d+ referenced in buffering period"
)
"""Of messages between the pictures; cameras of several makers write such ones into every clip."""

_STREAM_HIT = re.compile(r"#0:(?P<index>\d+)")
_NO_DECODER = ("no decoder found for", "not found for input stream")


@attrs.frozen
class StreamCount:
    """How much of one stream went through ffmpeg; 0 for what does not apply."""

    packets: int = 0
    frames: int = 0
    errors: int = 0
    samples: int = 0
    size_bytes: int = 0


@attrs.define
class Talk:
    """What one run of ffmpeg said: its first errors, and its statistics by stream number."""

    errors: list[str] = attrs.field(factory=list)
    inputs: dict[int, StreamCount] = attrs.field(factory=dict)
    outputs: dict[int, StreamCount] = attrs.field(factory=dict)
    levels_db: dict[str, list[list[float]]] = attrs.field(factory=dict)
    """How loud the channels of a sound are (`all1`) and their mix is (`mix1`), for each window."""
    shapes: dict[int, list[str]] = attrs.field(factory=dict)
    """Of each stream that is filtered: sizes of a picture, or channels of a sound, each once."""
    shown_s: list[float] = attrs.field(factory=list)
    """When each picture is shown, where the filter `showinfo` says it."""
    undecodable: int | None = None
    """The stream for which this ffmpeg has no decoder, if it ended for that."""
    remarks: list[str] = attrs.field(factory=list)
    """What a decoder calls an error, and what is none of a picture or a sound."""
    _tick_s: float = attrs.field(default=0.0, init=False)

    def take(self, line: str) -> None:
        """Read one line."""
        if match := _ERROR.match(line) or _SVT_ERROR.match(line):
            self._take_error(line, match["words"].strip())
        elif match := _INPUT.match(line):
            self.inputs[int(match["index"])] = _count(match.groupdict())
        elif match := _OUTPUT.match(line):
            self.outputs[int(match["index"])] = _count(match.groupdict())
        elif match := _SHOWN.match(line):
            self.shown_s.append(int(match["ticks"]) * self._tick_s)
        elif match := _SHOWN_IN.match(line):
            self._tick_s = int(match["above"]) / int(match["below"])
        elif match := _LEVEL.match(line):
            windows = self.levels_db.setdefault(match["name"], [])
            if match["channel"] == "1":
                windows.append([])
            windows[-1].append(float(match["db"]))
        elif match := _PICTURE_SHAPE.match(line):
            self._take_shape(int(match["index"]), f"{match['width']}x{match['height']}")
        elif match := _SOUND_SHAPE.match(line):
            self._take_shape(int(match["index"]), match["layout"].strip())

    def _take_shape(self, index: int, shape: str) -> None:
        known = self.shapes.setdefault(index, [])
        if shape not in known:
            known.append(shape)

    def _take_error(self, line: str, words: str) -> None:
        kept = self.remarks if _BESIDE_THE_PICTURE.match(words) else self.errors
        if len(kept) < _ERRORS_KEPT:
            kept.append(words)
        hit = _STREAM_HIT.search(line)
        if hit and any(known in line for known in _NO_DECODER):
            self.undecodable = int(hit["index"])


def _count(found: Mapping[str, str | None]) -> StreamCount:
    def number(name: str) -> int:
        return int(found.get(name) or 0)

    return StreamCount(number("packets"), number("frames"), number("errors"), number("samples"), number("bytes"))
