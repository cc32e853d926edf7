"""Adapter for ffmpeg, pure part: whether all that an encode was to keep is in its output, as ffmpeg reads that again.

What a muxer leaves out it does not say: covers where tags are QuickTime keys, chapters without title, a second time
code, a tag that has no place.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from camvault.adapters.ffmpeg.streams import Mapping as StreamMapping
from camvault.adapters.ffmpeg.streams import Source, SourceStream
from camvault.adapters.ffmpeg.tags import Tags
from camvault.adapters.ffmpeg.talk import Talk

_WRITTEN_ANEW = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "timecode"})
_PLACE = "location"
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_SAME_PLACE = 0.001
"""In degrees: MP4 has a place as numbers, which are rounded."""
_DAY_AND_TIME = 19
_FIRST_DAY = "1970-01-02"
"""Earlier times are those of a clock that was never set: 1601 in WMV, 1904 in MP4."""
_KINDS = ("video", "audio", "subtitle", "cover", "time code", "telemetry")


@attrs.frozen
class Told:
    """What ffmpeg says of a file: its streams, its tags, the tags of each stream, and those of each chapter."""

    source: Source
    tags: Tags
    stream_tags: Sequence[Tags] = ()
    chapters: Sequence[Tags] = ()


def output_doubts(
    clip: Told, output: Told, mapping: StreamMapping, *, keys: Mapping[str, str], packets_in_file: Mapping[int, int]
) -> Iterator[str]:
    """What is not in the output. `keys` were to be written; `packets_in_file` says what the clip's tables promise."""
    yield from _stream_doubts(clip, output, mapping, packets_in_file)
    yield from _chapter_doubts(clip.chapters, output.chapters)
    wanted = {**clip.tags, **keys}
    lost = sorted(name for name, value in wanted.items() if not _is_there(name, value, output.tags))
    if lost:
        yield f"tags of it are not in the output: {', '.join(lost)}"


def packet_doubts(talk: Talk, mapping: StreamMapping) -> Iterator[str]:
    """Which subtitles and data came out with fewer packets than were read of them."""
    for place, stream in enumerate((*mapping.subtitles, *mapping.copied), start=len(mapping.encoded)):
        read, made = talk.inputs.get(stream.index), talk.outputs.get(place)
        if read is not None and made is not None and made.packets < read.packets and not stream.is_cover:
            yield f"{made.packets:,} of {read.packets:,} packets of {stream} are in the output"


def _stream_doubts(
    clip: Told, output: Told, mapping: StreamMapping, packets_in_file: Mapping[int, int]
) -> Iterator[str]:
    codes = [stream for stream in clip.source.streams if stream.tag == "tmcd"]
    kept = (*mapping.encoded, *mapping.subtitles, *mapping.copied)
    wanted, found = Counter(map(_kind, (*kept, *codes[:1]))), Counter(map(_kind, output.source.streams))
    for kind in _KINDS:
        if found[kind] < wanted[kind]:
            yield f"{found[kind]} of {wanted[kind]} streams of its kind ({kind}) are in the output"
    for stream in codes:
        if (count := packets_in_file.get(stream.index, 0)) > 1:
            yield f"{count:,} time codes are in {stream}, of which the output has the first"
    lost = _time_codes(clip) - _time_codes(output)
    if lost:
        yield f"time codes of it are not in the output: {', '.join(sorted(lost))}"


def _kind(stream: SourceStream) -> str:
    kinds = {"tmcd": "time code", "gpmd": "telemetry"}
    return "cover" if stream.is_cover else kinds.get(stream.tag, stream.kind)


def _time_codes(told: Told) -> set[str]:
    return {value for tags in told.stream_tags for name, value in tags.items() if name.lower() == "timecode"}


def _chapter_doubts(clip: Sequence[Tags], output: Sequence[Tags]) -> Iterator[str]:
    if len(output) < len(clip):
        yield f"{len(output):,} of its {len(clip):,} chapters are in the output"
    lost = Counter(_texts(clip)) - Counter(_texts(output))
    if lost:
        yield f"tags of its chapters are not in the output: {', '.join(sorted({name for name, _ in lost}))}"


def _texts(chapters: Iterable[Tags]) -> Iterator[tuple[str, str]]:
    return ((name.lower(), value) for tags in chapters for name, value in tags.items() if value)


def _is_there(name: str, value: str, tags: Tags) -> bool:
    if not value.strip() or name.lower() in _WRITTEN_ANEW:
        return True
    found = [text for other, text in tags.items() if other.lower() == name.lower()]
    if name.lower() == "creation_time":
        return value < _FIRST_DAY or any(text[:_DAY_AND_TIME] == value[:_DAY_AND_TIME] for text in found)
    if name.startswith(_PLACE):
        found = [text for other, text in tags.items() if other.startswith(_PLACE)]
        return value in found or any(_is_same_place(value, text) for text in found)
    # from 8.0 on ffmpeg joins the values of what stands there twice: as tag, and as user data that were carried over
    return any(f";{value};" in f";{text};" for text in found)


def _is_same_place(one: str, other: str) -> bool:
    pairs = list(zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=False))[:2]
    return len(pairs) > 1 and all(abs(float(left) - float(right)) < _SAME_PLACE for left, right in pairs)
