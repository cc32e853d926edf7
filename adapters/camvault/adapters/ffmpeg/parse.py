"""Adapter for ffmpeg, pure part: what the programs print, and what their exit codes mean."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any

import attrs

from camvault.adapters._shared.kept_streams import stream_words, why_left_out, why_no_clip
from camvault.ports.errors import CamvaultError, MediaError, NoSpaceError, ToolError
from camvault.ports.media import MediaInfo, MediaStream
from camvault.ports.streams import StreamFacts

_NO_SPACE_CODE = 228  # -ENOSPC modulo 256; seen with 7.1.5 and 9.0.2
_NO_SPACE_WORDS = "No space left on device"
_UNDECODABLE_CODE = 69  # more than two thirds of the frames (-max_error_rate); seen with 7.1.5 and 9.0.2
_WORDS_SAID = 3
_FACTS = {
    "video": ("codec_name", "profile", "pix_fmt", "width", "height", "r_frame_rate"),
    "audio": ("codec_name", "profile", "sample_rate", "channels", "channel_layout"),
}
_BAD_SOURCE_WORDS = (
    "Error opening input",
    "Invalid data found when processing input",
    "matches no streams",
    "Decoder not found",
    "no decoder found for",
)


@attrs.define
class EncodeProgress:
    """The latest values of what `-progress` prints, line by line; None until they are known."""

    frames: int = 0
    seconds: float | None = None
    size_bytes: int | None = None
    dropped: int = 0
    added: int = 0

    def take(self, line: str) -> bool:
        """Read one `key=value` line; whether the position is new. "N/A", as before the first frame, changes nothing."""
        key, _, value = line.partition("=")
        value = value.strip()
        if value == "N/A":
            return False
        if key == "out_time_us":
            self.seconds = max(0.0, int(value) / 1_000_000)
            return True
        if key == "frame":
            self.frames = int(value)
        elif key == "total_size":
            self.size_bytes = int(value)
        elif key == "drop_frames":
            self.dropped = int(value)
        elif key == "dup_frames":
            self.added = int(value)
        return False


def parse_streams(text: str, path: PurePath) -> tuple[StreamFacts, ...]:
    """The facts of the streams that `ffprobe -of json` says; what is unknown or nothing is left out.

    Raises:
        MediaError: It is not JSON, or there are no streams.
    """
    streams = tuple(
        StreamFacts(stream["codec_type"], _facts(stream))
        for stream in _document(text, path).get("streams", [])
        if stream.get("codec_type") in _FACTS and not _is_cover(stream)
    )
    if not streams:
        raise MediaError(path, "there is neither picture nor sound in it")
    return streams


def _facts(stream: dict[str, Any]) -> dict[str, str]:
    return {
        name: str(stream[name])
        for name in _FACTS[stream["codec_type"]]
        if stream.get(name) not in (None, "unknown", "0/0", 0)
    }


def _document(text: str, path: PurePath) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise MediaError(path, f"ffprobe printed no JSON: {text[:60]!r}") from error
    return document


def _is_cover(stream: dict[str, Any]) -> bool:
    return bool(stream.get("disposition", {}).get("attached_pic"))


def parse_probe(text: str, path: PurePath) -> MediaInfo:
    """What `ffprobe -of json` says.

    Raises:
        MediaError: It is not JSON, or there is no duration that can be planned with.
    """
    document = _document(text, path)
    container = document.get("format", {})
    if reason := why_no_clip(str(container.get("format_name", "")).split(",")):
        raise MediaError(path, reason)
    streams: list[dict[str, Any]] = document.get("streams", [])
    videos = [s for s in streams if s.get("codec_type") == "video" and not _is_cover(s)]
    sounds = [s for s in streams if s.get("codec_type") == "audio"]
    video = videos[0] if videos else {}
    return MediaInfo(
        duration_s=duration_of(container.get("duration"), path),
        has_video=bool(videos),
        has_audio=bool(sounds),
        width_px=int(video.get("width", 0)),
        height_px=int(video.get("height", 0)),
        sound_count=len(sounds),
        copied_bytes=sum(map(_copied_bytes, streams)),
        streams=tuple(map(_stream, (s for s in streams if "index" in s))),
        unkept=tuple(_unkept(streams, has_chapters=bool(document.get("chapters")))),
    )


def _stream(stream: dict[str, Any]) -> MediaStream:
    return MediaStream(
        int(stream["index"]), _count(stream.get("nb_frames")), round(parse_seconds(stream.get("duration")) or 0.0, 3)
    )


def _copied_bytes(stream: dict[str, Any]) -> int:
    """About what a track of data or subtitles takes; 0 where its bitrate is not known."""
    if stream.get("codec_type") not in ("data", "subtitle"):
        return 0
    return round(_count(stream.get("bit_rate")) * (parse_seconds(stream.get("duration")) or 0.0) / 8)


def _count(value: str | None) -> int:
    return int(value) if value and value.isdecimal() else 0


def _unkept(streams: Iterable[dict[str, Any]], *, has_chapters: bool) -> Iterator[str]:
    for stream in streams:
        kind, codec, tag = (str(stream.get(key, "")) for key in ("codec_type", "codec_name", "codec_tag_string"))
        if reason := why_left_out(kind=kind, codec=codec, tag=tag, has_chapters=has_chapters):
            name = stream_words(kind=kind, index=int(stream.get("index", 0)), codec=codec, tag=tag)
            yield f"{name} is left out: {reason}"


def parse_seconds(value: str | None) -> float | None:
    """Seconds, None for everything that is no positive finite number: "N/A", nothing, rubbish."""
    try:
        seconds = float(value or "")
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def duration_of(value: str | None, path: PurePath) -> float:
    """The duration of a file.

    Raises:
        MediaError: It is unknown.
    """
    seconds = parse_seconds(value)
    if seconds is None:
        raise MediaError(path, f"its duration is unknown (ffprobe says {value or 'nothing'})")
    return seconds


def failure(exit_code: int, words: Sequence[str], *, source: PurePath, target: PurePath) -> CamvaultError | None:
    """The error that ffmpeg's end means; None for exit code 0, which alone does not prove success.

    `words` are its errors from the first one on: the first names the cause.
    """
    if exit_code == 0:
        return None
    text = " | ".join(words)
    if exit_code == _NO_SPACE_CODE or _NO_SPACE_WORDS in text:
        return NoSpaceError(target)
    if exit_code == _UNDECODABLE_CODE or any(bad in text for bad in _BAD_SOURCE_WORDS):
        return MediaError(source, f"cannot be decoded: {' | '.join(words[:_WORDS_SAID])}")
    return ToolError("ffmpeg", exit_code, tuple(words[:_WORDS_SAID]))
