"""Adapter for ffmpeg, pure part: which streams a clip has, as `ffmpeg -i` prints them, and what an encode keeps.

Kept are every picture (AV1), every sound (mono Opus), text subtitles (as the MP4 has them), GoPro telemetry, covers,
and what the muxer writes again from what it read: time codes and chapters. MP4 holds no other kind of data track and no
subtitle made of pictures; those are left out and named.
"""

import re
from collections.abc import Collection, Iterable

import attrs

from camvault.adapters._shared.kept_streams import stream_words, why_left_out

_INPUT = re.compile(r"Input #0, (?P<formats>\S+), from ")
_STREAM = re.compile(
    r"\s*Stream #0:(?P<index>\d+)(?:\[0x(?P<id>[0-9a-f]+)\])?(?:\([^)]*\))?:"
    r" (?P<kind>Video|Audio|Subtitle|Data|Attachment|Unknown): (?P<codec>\w+)(?P<rest>.*)"
)
_TAG = re.compile(r"\((?P<tag>.{4}|\[\d+\].*?) / 0x[0-9A-Fa-f]{8}\)")
_SOUND = re.compile(r"(?P<rate>\d+) Hz, (?P<layout>[^,]+)")
_SIZE = re.compile(r", (?P<width>\d+)x(?P<height>\d+)(?: \[SAR (?P<sar>\d+:\d+) DAR)?")
_RATE = re.compile(r", (?P<rate>[\d.]+)(?P<thousands>k?) fps,")
_TURN = re.compile(r"\s*(?:displaymatrix|Display Matrix): rotation of (?P<degrees>-?[\d.]+) degrees")
_END = ("Stream mapping:", "Output #0")
"""What follows the description of the input."""
_CHAPTER = re.compile(r"\s*Chapter #0:\d+: start ")
_GLOBAL_TAG = re.compile(r"    (?P<name>[^\s:][^:]*?)\s*: ")
_ALPHA = re.compile(r", (yuva\w+|gbrap\w*|argb|rgba|abgr|bgra|(rgba|bgra|argb|abgr|ayuv)64\w*|ya(8|16\w+)|vuya)\b")
"""Names of arrangements of pixels (`pix_fmt`) that say how far one can see through."""
_INTERLACED = ("top first", "bottom first", "top coded first", "bottom coded first")
_ILST_TAGS = frozenset(
    {
        *("title", "artist", "album_artist", "composer", "album", "date", "encoder", "comment", "genre", "copyright"),
        *(
            "grouping",
            "lyrics",
            "description",
            "synopsis",
            "show",
            "episode_id",
            "network",
            "keywords",
            "track",
            "disc",
        ),
        *("creation_time", "major_brand", "minor_version", "compatible_brands", "location", "location-eng", "timecode"),
    }
)
"""What the MP4 muxer writes (or makes anew) without `use_metadata_tags`."""


@attrs.frozen
class SourceStream:
    """One stream of a clip. `rate_hz` and `layout` are of a sound; `tag` is the container's name for the codec.

    `stream_id` is the container's number of it, where it has one: the PID in MPEG-TS. Of a picture: its size as it is
    stored, how wide a pixel is in proportion to its height, its frames a second (0: unknown), and by how many degrees
    it is turned when it is shown. `field_order`: which field of an interlaced picture is first, in ffmpeg's words.
    """

    index: int
    kind: str
    codec: str
    tag: str = ""
    rate_hz: int = 0
    layout: str = ""
    is_cover: bool = False
    field_order: str = ""
    has_alpha: bool = False
    stream_id: int = -1
    width_px: int = 0
    height_px: int = 0
    pixel_aspect: float = 1.0
    frame_rate: float = 0.0
    turned_degrees: float = 0.0

    @property
    def is_interlaced(self) -> bool:
        """Whether its frames are fields, of which the order is told."""
        return bool(self.field_order)

    def __str__(self) -> str:
        return stream_words(kind=self.kind, index=self.index, codec=self.codec, tag=self.tag)


@attrs.frozen
class Source:
    """A clip as `ffmpeg -i` describes it."""

    formats: str
    streams: tuple[SourceStream, ...]
    chapter_count: int = 0
    tags: frozenset[str] = frozenset()

    @property
    def has_camera_tags(self) -> bool:
        """Whether there are tags that the MP4 muxer keeps only as QuickTime keys: make, model, and so on."""
        return not self.tags <= _ILST_TAGS


@attrs.frozen
class Mapping:
    """What an encode makes of a clip's streams, each group in the order of the output; `left_out` names the others."""

    pictures: tuple[SourceStream, ...]
    sounds: tuple[SourceStream, ...] = ()
    subtitles: tuple[SourceStream, ...] = ()
    copied: tuple[SourceStream, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def encoded(self) -> tuple[SourceStream, ...]:
        """The streams that are decoded and encoded, in the order of the output."""
        return (*self.pictures, *self.sounds)

    @property
    def track_ids(self) -> dict[int, int]:
        """The number of each track in the output by that in the clip; a cover is no track."""
        tracks = [stream for stream in (*self.encoded, *self.subtitles, *self.copied) if not stream.is_cover]
        return {stream.stream_id: number for number, stream in enumerate(tracks, start=1)}


def parse_source(lines: Iterable[str]) -> Source | None:
    """What `ffmpeg -i` prints of a file; None if it could not open it."""
    formats, streams, chapters, tags = "", [], 0, set()
    is_global = False
    for line in lines:
        if line.startswith(_END):
            break
        if match := _INPUT.match(line):
            formats, is_global = match["formats"].rstrip(","), True
        elif match := _STREAM.match(line):
            streams.append(_stream(match))
        elif streams and (match := _TURN.match(line)):
            streams[-1] = attrs.evolve(streams[-1], turned_degrees=float(match["degrees"]))
        elif _CHAPTER.match(line):
            chapters += 1
        is_global = is_global and not line.startswith(("  Duration:", "  Chapters:", "  Stream"))
        if is_global and (match := _GLOBAL_TAG.match(line)):
            tags.add(match["name"])
    if not formats:
        return None
    return Source(formats, tuple(sorted(streams, key=lambda stream: stream.index)), chapters, frozenset(tags))


def _stream(match: re.Match[str]) -> SourceStream:
    kind, rest = match["kind"], match["rest"]
    tag, sound = _TAG.search(rest), _SOUND.search(rest)
    is_sound = kind == "Audio" and sound is not None
    size = _SIZE.search(rest) if kind == "Video" else None
    rate = _RATE.search(rest) if kind == "Video" else None
    return SourceStream(
        int(match["index"]),
        kind.lower(),
        match["codec"],
        tag=tag["tag"] if tag else "",
        rate_hz=int(sound["rate"]) if is_sound and sound else 0,
        layout=sound["layout"].removesuffix(" (default)") if is_sound and sound else "",
        is_cover="(attached pic)" in rest,
        has_alpha=kind == "Video" and _ALPHA.search(rest) is not None,
        field_order=next((words for words in _INTERLACED if words in rest), ""),
        stream_id=int(match["id"], 16) if match["id"] else -1,
        width_px=int(size["width"]) if size else 0,
        height_px=int(size["height"]) if size else 0,
        pixel_aspect=_ratio(size["sar"]) if size else 1.0,
        frame_rate=float(rate["rate"]) * (1000 if rate["thousands"] else 1) if rate else 0.0,
    )


def _ratio(text: str | None) -> float:
    """What "4:3" means; 1 for what is unknown, which ffmpeg writes as 0:1."""
    above, _, below = (text or "1:1").partition(":")
    return int(above) / int(below) if int(above) and int(below) else 1.0


def mapping_of(source: Source, *, undecodable: Collection[int] = ()) -> Mapping | None:
    """What an encode keeps; None if there is no picture. `undecodable` are streams that turned out to be so."""
    pictures: list[SourceStream] = []
    sounds: list[SourceStream] = []
    subtitles: list[SourceStream] = []
    copied: list[SourceStream] = []
    left_out: list[str] = []
    for stream in source.streams:
        reason = why_left_out(
            kind=stream.kind,
            codec=stream.codec,
            tag=stream.tag,
            has_chapters=source.chapter_count > 0,
            is_decodable=stream.index not in undecodable,
        )
        if reason:
            left_out.append(f"{stream} is left out: {reason}")
        elif stream.kind == "video":
            (copied if stream.is_cover else pictures).append(stream)
        elif stream.kind == "audio":
            sounds.append(stream)
        elif stream.kind == "subtitle":
            subtitles.append(stream)
        elif stream.tag == "gpmd":
            copied.append(stream)
    if not pictures:
        return None
    return Mapping(tuple(pictures), tuple(sounds), tuple(subtitles), tuple(copied), tuple(left_out))
