"""Adapter for ffmpeg, pure part: what the programs print, and what their exit codes mean."""

import json
import math
from fractions import Fraction
from pathlib import PurePath
from typing import Any

import attrs

from camvault.ports.errors import CamvaultError, MediaError, NoSpaceError, ToolError
from camvault.ports.media import MediaInfo
from camvault.ports.streams import StreamFacts

_NO_SPACE_CODE = 228  # -ENOSPC modulo 256; seen with 7.1.5 and 9.0.2
_NO_SPACE_WORDS = "No space left on device"
_FRAMES_SHARE = 0.97
_FRAME_RATE_MAX = 250  # more is the clock of a container that knows no rate (seen with AVI: 600)
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
class Progress:
    """The latest values of what `-progress` prints, line by line; None until they are known."""

    seconds: float | None = None
    size_bytes: int | None = None
    frame_count: int | None = None
    is_ended: bool = False

    def take(self, line: str) -> bool:
        """Read one `key=value` line; whether the position is new. "N/A", as before the first frame, changes nothing."""
        key, _, value = line.partition("=")
        value = value.strip()
        if value == "N/A":
            return False
        if key == "out_time_us":
            self.seconds = max(0.0, int(value) / 1_000_000)
            return True
        if key == "total_size":
            self.size_bytes = int(value)
        elif key == "frame":
            self.frame_count = int(value)
        elif key == "progress":
            self.is_ended = value == "end"
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
    streams: list[dict[str, Any]] = document.get("streams", [])
    videos = [s for s in streams if s.get("codec_type") == "video" and not _is_cover(s)]
    sounds = [s for s in streams if s.get("codec_type") == "audio"]
    video = videos[0] if videos else {}
    kept = [parse_seconds(stream.get("duration")) for stream in (*videos[:1], *sounds[:1])]
    return MediaInfo(
        duration_s=duration_of(document.get("format", {}).get("duration"), path),
        has_video=bool(videos),
        has_audio=bool(sounds),
        width_px=int(video.get("width", 0)),
        height_px=int(video.get("height", 0)),
        frame_rate=parse_rate(video.get("avg_frame_rate", "")),
        kept_s=max((seconds for seconds in kept if seconds), default=0.0),
    )


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


def parse_rate(value: str) -> float:
    """Frames a second from "30000/1001"; 0 where it is unknown ("0/0")."""
    try:
        return float(Fraction(value))
    except (ValueError, ZeroDivisionError):
        return 0.0


def failure(exit_code: int, last_lines: tuple[str, ...], *, source: PurePath, target: PurePath) -> CamvaultError | None:
    """The error that ffmpeg's end means; None for exit code 0, which alone does not prove success."""
    if exit_code == 0:
        return None
    words = " | ".join(last_lines)
    if exit_code == _NO_SPACE_CODE or _NO_SPACE_WORDS in words:
        return NoSpaceError(target)
    if any(bad in words for bad in _BAD_SOURCE_WORDS):
        return MediaError(source, f"cannot be decoded: {' | '.join(last_lines[-5:])}")
    return ToolError("ffmpeg", exit_code, last_lines)


def duration_problem(source: MediaInfo, output: MediaInfo) -> str | None:
    """Why the output cannot be the whole source; None if it can.

    Frames are not cut: an output may differ by the last frame of each stream and by what the sound's codec adds.
    """
    wanted_s = source.kept_s or source.duration_s
    tolerance_s = 0.1 + 2 / (source.frame_rate or 25.0)
    if abs(output.duration_s - wanted_s) > tolerance_s:
        return f"the output is {output.duration_s:.2f} s long, the source {wanted_s:.2f} s"
    if source.has_audio and not output.has_audio:
        return "the output has no sound, the source has"
    return None


def damage(source: MediaInfo, *, frame_count: int | None, error_lines: list[str]) -> str:
    """Why an encode that ended well may lack footage of its source; empty if nothing speaks for it.

    ffmpeg leaves out what it cannot decode, says so, and ends with 0; the time stamps keep the length.
    """
    if error_lines:
        return f"the encoder could not read all of it: {error_lines[0]}"
    is_rate_sane = source.frame_rate <= _FRAME_RATE_MAX
    expected = source.frame_rate * (source.kept_s or source.duration_s) if is_rate_sane else 0.0
    if frame_count is not None and frame_count < expected * _FRAMES_SHARE - 2:
        return f"only {frame_count:,} of some {expected:,.0f} frames were encoded"
    return ""
