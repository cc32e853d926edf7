"""Adapter for ffmpeg, pure part: whether the streams of an archive are those that were to be made, in their shape.

A picture that is scaled to be compared looks the same whether it was squeezed, made small, or is shown with other
pixels than square ones. So its size is compared with the one that was asked for.
"""

from collections.abc import Sequence

import attrs

from camvault.adapters.ffmpeg.streams import Mapping, Source, SourceStream

_ASPECT_SPARE = 0.01
_TURN_SPARE = 1.0
_FULL_TURN = 360


@attrs.frozen
class Shape:
    """How a picture is stored, and what is done to it when it is shown."""

    width_px: int
    height_px: int
    pixel_aspect: float = 1.0
    turned_degrees: float = 0.0

    def __str__(self) -> str:
        aspect = "" if abs(self.pixel_aspect - 1) < _ASPECT_SPARE else f", pixels {self.pixel_aspect:.2f} wide"
        turn = f", turned by {self.turned_degrees:.0f} degrees" if self.turned_degrees else ""
        return f"{self.width_px}x{self.height_px}{aspect}{turn}"

    def is_like(self, other: "Shape") -> bool:
        """Whether both are shown alike."""
        turn = abs(self.turned_degrees - other.turned_degrees) % _FULL_TURN
        return (
            (self.width_px, self.height_px) == (other.width_px, other.height_px)
            and abs(self.pixel_aspect / other.pixel_aspect - 1) < _ASPECT_SPARE
            and min(turn, _FULL_TURN - turn) < _TURN_SPARE
        )


def shape_of(stream: SourceStream) -> Shape:
    """How a picture is."""
    return Shape(stream.width_px, stream.height_px, stream.pixel_aspect, stream.turned_degrees)


def shape_doubt(made: Source, mapping: Mapping, shapes: Sequence[Shape]) -> str:
    """Why the pictures and sounds of an archive are not those that were asked for; "" if they are."""
    pictures = [stream for stream in made.streams if stream.kind == "video" and not stream.is_cover]
    sounds = [stream for stream in made.streams if stream.kind == "audio"]
    if (len(pictures), len(sounds)) != (len(mapping.pictures), len(mapping.sounds)):
        wanted = f"{len(mapping.pictures)} and {len(mapping.sounds)}"
        return f"it has {len(pictures)} pictures and {len(sounds)} sounds, expected {wanted}"
    for stream, shape in zip(pictures, shapes, strict=True):
        if not shape.is_like(shape_of(stream)):
            return f"its picture is {shape_of(stream)}, expected {shape}"
    return ""
