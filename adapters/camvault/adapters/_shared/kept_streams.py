"""Adapter, shared part: which streams of a clip an encode to MP4 keeps, and which files are no clips at all."""

from collections.abc import Collection

TEXT_SUBTITLES = frozenset({"mov_text", "subrip", "srt", "ass", "ssa", "webvtt", "text"})
"""Subtitles that become those of an MP4; pictures of subtitles (DVD, Blu-ray) do not."""

NO_CODEC = frozenset({"", "none", "unknown"})
_STILL_FORMATS = frozenset({"image2", "gif", "apng", "ico", "fits", "tty", "bin", "xbin", "adf", "idf"})


def why_left_out(*, kind: str, codec: str, tag: str, has_chapters: bool, is_decodable: bool = True) -> str:
    """Why a stream is not in the encode; empty if it is. `tag` is the container's name for the codec."""
    if kind in ("video", "audio"):
        return "" if is_decodable and codec not in NO_CODEC else "there is no decoder for it"
    is_kept = {
        "subtitle": codec in TEXT_SUBTITLES,
        # telemetry of GoPro; a time code and chapters are written again by the muxer
        "data": tag in ("gpmd", "tmcd") or (tag == "text" and has_chapters),
    }
    return "" if is_kept.get(kind, False) else "MP4 cannot hold it"


def stream_words(*, kind: str, index: int, codec: str, tag: str) -> str:
    """What a stream is called."""
    return f"{kind} stream {index} ({tag if tag and codec in {*NO_CODEC, 'bin_data'} else codec})"


def why_no_clip(format_names: Collection[str]) -> str:
    """Why a file that ffmpeg can open is no clip; empty if it may be one. It opens photos and plain text as video."""
    still = [name for name in format_names if name in _STILL_FORMATS or name.endswith("_pipe")]
    return f"it is no clip, but a photo or text ({still[0]})" if still else ""
