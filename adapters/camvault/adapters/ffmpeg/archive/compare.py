"""Adapter for ffmpeg, pure part: whether small pictures of an archive are those of its source.

Both are scaled to 64x48, so that what an encoder leaves out hardly shows. Measured with ffmpeg 9.0 on eleven scenes of
640x360 (test pictures, fractals, gradients, noise, black, still ones, cells), each encoded to 320x180 with x264, the
worst of five places; "block" is the largest difference of the means of a square of 8x8, of any colour:

    good, quality 26: block up to 3.5,  PSNR from 30.1 dB      bad, quality 26: block from  PSNR up to
    good, quality 36: block up to 8.3,  PSNR from 25.1 dB      all green, half green   119       14 dB
    good, quality 44: block up to 8.7,  PSNR from 25.1 dB      4 green lines of 360    7.4       33 dB
    good, quality 51: block up to 25,   PSNR from 21.8 dB      torn, shifted, upside down, frozen, 5 frames late,
                                                               without or with wrong colours: 19 to 255 where the scene
                                                               moves or has a pattern

A picture that is the same whatever is done to it is never doubted: noise that is shifted, black that is torn, a still
scene that is frozen. How much nearer an archive is to the source's picture of another place than to its own was at
most 1.9 times for good ones (gradients at quality 51), and over 100 times for frozen gradients and fractals.
"""

import math
import struct
from collections.abc import Sequence
from operator import sub

import attrs

PLANE_NAMES = ("green", "blue", "red")
_SQUARES = [*(value * value for value in range(256)), *(value * value for value in range(-255, 0))]
"""By difference: a negative one counts from the end."""

FINE_QUALITY = 26
"""The quality from which on an encode may differ by more, the coarser the more."""
_LEAST_PSNR_DB, _PSNR_DB_A_STEP = 24.0, 0.3
_BLOCK_LIMIT, STEPS_A_DOUBLE = 7.0, 12.0
_MEASURED_PIXELS = 320 * 180
_NEARER_TIMES, _NOISE = 3.0, 1.0
_SAME_TIME_S = 0.0005
"""Cameras give two frames the same time."""


@attrs.frozen
class Picture:
    """A small picture: a plane of bytes for each of green, blue and red, row by row."""

    width_px: int
    planes: tuple[bytes, ...]


@attrs.frozen
class ComparedPlace:
    """The same place of both: some consecutive pictures each."""

    at_s: float
    source: tuple[Picture, ...]
    archive: tuple[Picture, ...]


def looks_of(raw: bytes, *, at_s: float, width_px: int, height_px: int) -> ComparedPlace:
    """Both pictures of each frame, which stand one above the other, plane by plane."""
    half = width_px * height_px
    size = half * 2 * len(PLANE_NAMES)
    frames = [raw[at : at + size] for at in range(0, len(raw) - size + 1, size)]

    def pictures(part: int) -> tuple[Picture, ...]:
        starts = range(part * half, size, 2 * half)
        return tuple(Picture(width_px, tuple(frame[at : at + half] for at in starts)) for frame in frames)

    return ComparedPlace(at_s, pictures(0), pictures(1))


def squared_error(one: bytes, other: bytes) -> float:
    """The mean of the squared differences."""
    return sum(map(_SQUARES.__getitem__, map(sub, one, other))) / max(1, len(one))


def error_of(one: Picture, other: Picture) -> float:
    """The mean of the squared differences of all planes."""
    return sum(map(squared_error, one.planes, other.planes)) / len(one.planes)


def square_sums(plane: bytes, width_px: int, side_px: int) -> list[int]:
    """The sums of the squares of a plane, whole ones only, from left to right and then down.

    The width is even, the side 2, 4, 8 or 16 points. All squares are added up at once, as lanes of 16 bits in one
    large number: a square of 16x16 is 65,280 at most, so that no lane runs over into the next. A loop over squares
    takes four times as long, and this is asked for every picture of a clip.
    """
    lanes, even = int.from_bytes(plane, "little"), int.from_bytes(b"\xff\0" * (len(plane) // 2), "little")
    sums, side = (lanes & even) + (lanes >> 8 & even), 2
    while side < side_px:
        sums, side = sums + (sums >> 8 * side), side * 2
    side = 1
    while side < side_px:
        sums, side = sums + (sums >> 8 * side * width_px), side * 2
    words = struct.unpack(f"<{len(plane) // 2}H", sums.to_bytes(len(plane), "little"))
    step, across, down = side_px // 2, width_px // side_px, len(plane) // width_px // side_px
    tops = range(0, down * step * width_px, step * width_px)
    return [total for top in tops for total in words[top : top + across * step : step]]


def worst_block(one: Picture, other: Picture, side_px: int = 8) -> float:
    """The largest difference of the means of a square, of any plane."""
    pairs = zip(one.planes, other.planes, strict=True)
    sums = (tuple(square_sums(plane, one.width_px, side_px) for plane in pair) for pair in pairs)
    worst: int = max(max(map(abs, map(sub, mine, theirs))) for mine, theirs in sums)
    return worst / side_px**2


def nearest(look: ComparedPlace) -> tuple[Picture, Picture]:
    """The pair of pictures that belong together: a seek may land one frame apart."""
    pairs = [(0, 0), (0, 1), (1, 0)]
    there = [(s, a) for s, a in pairs if s < len(look.source) and a < len(look.archive)]
    s, a = min(there, key=lambda pair: error_of(look.source[pair[0]], look.archive[pair[1]]))
    return look.source[s], look.archive[a]


def at_places(times_s: Sequence[float], places: Sequence[float]) -> list[float]:
    """The seconds of the places (0 to 1), each in the middle between two frames that are shown at these times."""
    count = len(times_s)
    chosen = sorted({min(count - 1, round(place * (count - 1))) for place in places}) if count else []
    # what is looked for from there on is the frame; each in the middle of all would miss it where frames are irregular
    return [_just_before(times_s, number) for number in chosen]


def _just_before(times_s: Sequence[float], number: int) -> float:
    earlier = (time for time in reversed(times_s[:number]) if time < times_s[number] - _SAME_TIME_S)
    before_s = next(earlier, None)
    return 0.0 if before_s is None else max(0.0, (before_s + times_s[number]) / 2)


def block_limit_of(quality: int, pixel_count: int) -> float:
    """By how much the mean of a square of a good archive differs at most."""
    coarser = max(0, quality - FINE_QUALITY)
    return _BLOCK_LIMIT * 2 ** (coarser / STEPS_A_DOUBLE) * _smaller(pixel_count)


def picture_doubt(looks: Sequence[ComparedPlace], *, quality: int, pixel_count: int) -> str:
    """Why the archive shows another picture than its source; "" if it shows the same, as far as it was looked at.

    `pixel_count` is the archive's: of a smaller one, fewer points are one point here, so that what it leaves out shows.
    """
    coarser, smaller = max(0, quality - FINE_QUALITY), _smaller(pixel_count)
    error_limit = 255**2 / 10 ** ((_LEAST_PSNR_DB - coarser * _PSNR_DB_A_STEP) / 10) * smaller**2
    block_limit = block_limit_of(quality, pixel_count)
    pairs = [nearest(look) for look in looks]
    for look, (source, archive) in zip(looks, pairs, strict=True):
        if (block := worst_block(source, archive)) > block_limit:
            return f"at {look.at_s:.1f} s a part of its picture is another one (by {block:.0f} of 255)"
        if (error := error_of(source, archive)) > error_limit:
            return f"at {look.at_s:.1f} s its picture is another one (PSNR {psnr_db(error):.1f} dB)"
        for other, (elsewhere, _) in zip(looks, pairs, strict=True):
            if error > _NEARER_TIMES * (error_of(elsewhere, archive) + _NOISE):
                return f"at {look.at_s:.1f} s its picture is that of {other.at_s:.1f} s"
    return ""


def _smaller(pixel_count: int) -> float:
    return max(1.0, math.sqrt(_MEASURED_PIXELS / max(1, pixel_count)))


def psnr_db(error: float) -> float:
    """A mean of squared differences in decibels, as usual."""
    return 10 * math.log10(255**2 / error) if error else math.inf
