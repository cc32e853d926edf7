"""Adapter for ffmpeg, pure part: whether an encode accounts for all of its source; each shortfall is a doubt.

An exit code of 0 proves nothing: ffmpeg leaves out what it cannot decode, drops frames, and says so in its statistics.
"""

from collections.abc import Collection, Iterator, Mapping

from camvault.adapters._shared.payload import Payload
from camvault.adapters.ffmpeg.streams import Mapping as StreamMapping
from camvault.adapters.ffmpeg.streams import Source, SourceStream
from camvault.adapters.ffmpeg.talk import StreamCount, Talk

_ONE_PACKET_ONE_FRAME = frozenset({"h264", "hevc", "mjpeg", "av1"})
_EXACT_CONTAINERS = ("mov,", "matroska,")
_PACKETS_SPARE = {"audio": 3, "subtitle": 1, "data": 1}
"""What an edit list hides where nothing is missing: a sound encoder's delay at either end, the empty last subtitle."""

_COUNTED_CONTAINERS = ("mov,",)
"""Whose tables say how many packets there are; the number in an AVI's header is not that of its packets."""

_SAMPLES_COUNTED = ("pcm_", "adpcm_")
"""Sounds of which MOV counts samples, or blocks of some; ffmpeg reads many of them as one packet."""

_CUT = "(cut, or hidden by an edit list)"
_SOUND_TOLERANCE_S = 0.2
_OUTPUT_RATE_HZ = 24_000


def doubts_of(
    talk: Talk, mapping: StreamMapping, *, formats: str, packets_in_file: Mapping[int, int], dropped: int, added: int
) -> Iterator[str]:
    """Why not all of the source may be in the output.

    `packets_in_file` says how many packets the source's own tables promise, by stream; `dropped` and `added` are
    the frames that ffmpeg itself says it left out and doubled.
    """
    yield from damage_of(talk, mapping, formats=formats, packets_in_file=packets_in_file)
    if talk.remarks:
        yield f"the encoder could not read all of it: {talk.remarks[0]}"
    yield from losses_of(talk, mapping, dropped=dropped, added=added)
    yield from changes_of(talk, mapping)
    for stream in mapping.pictures:
        if stream.has_alpha:
            yield f"what one can see through in {stream} (its alpha channel) is not in the output"


def damage_of(talk: Talk, mapping: StreamMapping, *, formats: str, packets_in_file: Mapping[int, int]) -> Iterator[str]:
    """What of the source was not read or not decoded."""
    packets_in_file = packets_in_file if formats.startswith(_COUNTED_CONTAINERS) else {}
    if talk.errors:
        yield f"the encoder could not read all of it: {talk.errors[0]}"
    for stream in (*mapping.encoded, *mapping.subtitles, *mapping.copied):
        read = talk.inputs.get(stream.index)
        if read is None:
            continue
        yield from _packet_doubts(stream, read, packets_in_file.get(stream.index, 0))
        is_exact = stream.codec in _ONE_PACKET_ONE_FRAME and not stream.is_interlaced and not stream.is_cover
        if is_exact and formats.startswith(_EXACT_CONTAINERS) and read.frames + read.errors < read.packets:
            missing = read.packets - read.frames - read.errors
            words = "(damaged, or hidden by an edit list)"
            yield f"{missing:,} of {read.packets:,} packets of {stream} gave no frame {words}"


def losses_of(talk: Talk, mapping: StreamMapping, *, dropped: int, added: int) -> Iterator[str]:
    """What of the decoded pictures and sounds is not in the output, or twice."""
    if dropped:
        yield f"{dropped:,} frames were dropped"
    if added:
        yield f"{added:,} frames were added"
    for place, stream in enumerate(mapping.encoded):
        read, made = talk.inputs.get(stream.index), talk.outputs.get(place)
        if read is None or made is None:
            yield f"the encoder did not say what became of {stream}"
        elif stream.kind == "video":
            if made.frames != read.frames or made.packets != made.frames:
                yield f"{made.packets:,} of {read.frames:,} decoded frames of {stream} were encoded"
        else:
            yield from _sound_doubts(stream, read, made)


def copy_losses_of(talk: Talk, mapping: StreamMapping, encoded: Collection[int]) -> Iterator[str]:
    """What of the streams that were copied was not written; `encoded` are the sounds that were not copied."""
    for place, stream in enumerate(mapping.encoded):
        read, made = talk.inputs.get(stream.index), talk.outputs.get(place)
        if read is None or made is None:
            yield f"ffmpeg did not say what became of {stream}"
        elif stream.index in encoded:
            yield from _sound_doubts(stream, read, made)
        elif made.packets != read.packets or not read.packets:
            yield f"{made.packets:,} of {read.packets:,} packets of {stream} were copied"


def changes_of(talk: Talk, mapping: StreamMapping) -> Iterator[str]:
    """The streams that become other ones on the way; a few seconds of a smaller picture may be the whole of it."""
    for stream in mapping.encoded:
        first, *later = talk.shapes.get(stream.index, [""])
        if later:
            yield f"{stream} changes from {first} to {', '.join(later)}; all of it is encoded as {first}"


def payload_doubts(talk: Talk, source: Source, mapping: StreamMapping, payload: Payload) -> Iterator[str]:
    """What of the file's bytes nobody read; of a clip whose streams are left out that is known already."""
    known = {stream.stream_id for stream in source.streams}
    yield from payload.doubts
    word = "ID" if source.formats == "mpeg" else "PID"
    for number in sorted(payload.stream_ids - known):
        yield f"a stream in it was not noticed, and is not in the output ({word} {number:#x})"
    for number in sorted(payload.data_ids - known):
        yield f"data in it that are no stream are not read, and are not in the output (PID {number:#x})"
    if mapping.left_out:
        return
    covers = {stream.index for stream in mapping.copied if stream.is_cover}
    read_bytes = sum(count.size_bytes for index, count in talk.inputs.items() if index not in covers)
    if read_bytes + payload.spare_bytes < payload.size_bytes:
        yield f"only {read_bytes:,} of the {payload.size_bytes:,} bytes of footage in it were read"


def _packet_doubts(stream: SourceStream, read: StreamCount, promised: int) -> Iterator[str]:
    if stream.codec.startswith(_SAMPLES_COUNTED):
        if read.samples + _SOUND_TOLERANCE_S * stream.rate_hz < promised:
            yield f"only {read.samples:,} of {promised:,} samples of {stream} were read {_CUT}"
    elif read.packets + _PACKETS_SPARE.get(stream.kind, 0) < promised:
        yield f"only {read.packets:,} of {promised:,} packets of {stream} were read {_CUT}"
    if read.errors:
        yield f"{read.errors:,} packets of {stream} could not be decoded"


def _sound_doubts(stream: SourceStream, read: StreamCount, made: StreamCount) -> Iterator[str]:
    if not stream.rate_hz or not read.samples:
        return
    read_s, made_s = read.samples / stream.rate_hz, made.samples / _OUTPUT_RATE_HZ
    # half of it: the stream's description has the rate without its upper band (HE-AAC)
    if made_s + _SOUND_TOLERANCE_S < read_s and abs(made_s - read_s / 2) > _SOUND_TOLERANCE_S:
        yield f"{made_s:.1f} of {read_s:.1f} s of {stream} were encoded"
