"""Adapter for ffmpeg, pure part: how large the picture of an archive is.

A picture is never made larger, and its aspect stays unless it is stretched. Sides are even, as 4:2:0 needs. Encoders of
hardware get a width that is a multiple of 16: green bars were seen where it was not (RandomEngy/VidCoder#1124).
"""

from collections.abc import Sequence

from camvault.adapters.ffmpeg.streams import SourceStream
from camvault.ports.archiving import ArchiveSettings

_LEAST_PX = 16
_QUARTER_TURN = 90
_HALF_TURN = 180


def is_sideways(stream: SourceStream) -> bool:
    """Whether its height is its width when it is shown."""
    return round(stream.turned_degrees / _QUARTER_TURN) * _QUARTER_TURN % _HALF_TURN == _QUARTER_TURN


def shown_size(stream: SourceStream) -> tuple[float, float]:
    """Width and height in square pixels, upright."""
    width, height = stream.width_px * stream.pixel_aspect, float(stream.height_px)
    return (height, width) if is_sideways(stream) else (width, height)


def archive_size(stream: SourceStream, settings: ArchiveSettings, *, width_step_px: int = 2) -> tuple[int, int]:
    """Width and height of its archive."""
    width, height = shown_size(stream)
    if settings.is_stretched:
        wanted = min(width, settings.width_px), min(height, settings.height_px)
        return _whole(wanted[0], width_step_px), _whole(wanted[1], 2)
    scale = min(1.0, settings.width_px / width, settings.height_px / height)
    made_px = _whole(width * scale, width_step_px)
    return made_px, _whole(min(height * scale, settings.height_px, made_px * height / width + 1), 2)


def _whole(length: float, step_px: int) -> int:
    """The largest multiple that is not longer, up to rounding."""
    return max(_LEAST_PX, int(length + 0.5) // step_px * step_px)


def frame_rate_of(streams: Sequence[SourceStream]) -> float:
    """The frames a second of the first picture; 25 where that is unknown."""
    return next((stream.frame_rate for stream in streams if stream.frame_rate), 25.0)
