"""Adapter for ffmpeg, pure part: whether the pictures of an archive are those of its source at all times.

What is wrong with an archive need not be wrong at the places that are looked at closely: a decoder of hardware that
tears one second of a minute, an encoder that stands still from some second on. So the source's pictures, all of them
or those that stand for themselves (key pictures), are laid beside the archive's pictures of the same time, very small.

Two things are asked of each: that no part of it is another one, and that what moved in the source moved in the archive
as well. Where it did not, the archive's picture is nearer to the source's earlier one than to its own, in just those
points that changed. A person who walks through a still scene is a few points of 768; the rest of the picture says
nothing of it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from operator import sub

import attrs

from camvault.adapters.ffmpeg.archive.compare import (
    FINE_QUALITY,
    STEPS_A_DOUBLE,
    Picture,
    block_limit_of,
    error_of,
    worst_block,
)

WATCH_WIDTH_PX, WATCH_HEIGHT_PX = 32, 24
_PLANES = 3
_BLOCK_PX = 4
"""As large a part of the picture as a block of a close look."""

_BLOCK_TIMES = 2.0
"""How much more a part may differ than at a close look: these are many more pictures, also the hardest ones."""

_CHANGE = 8
"""From which difference on a point of a source has changed, where the archive is a fine one."""
_NOISE_TIMES = 6
"""How much more than the middle one of all points it changed: noise is everywhere, what moves is somewhere."""
_LEAST_CHANGED = 3
_STALE_PART = 0.3
_STALE_PICTURES = 2
_BEFORE_S = 1.0
"""With which earlier picture of the source one is compared: the last that is so much older."""

_FRAMES_SPARE = 1.5
_ROUNDING_S = 0.002


@attrs.frozen
class Track:
    """Small pictures of a file, and when each is shown, in seconds; in order of time."""

    times_s: Sequence[float]
    pictures: Sequence[Picture]


def track_of(raw: bytes, times_s: Sequence[float]) -> Track:
    """Pictures as `watch_argv` prints them, and their times. What has no pair is left out."""
    plane = WATCH_WIDTH_PX * WATCH_HEIGHT_PX
    size = plane * _PLANES
    count = min(len(raw) // size, len(times_s))
    pictures = [
        Picture(WATCH_WIDTH_PX, tuple(raw[at + n * plane : at + (n + 1) * plane] for n in range(_PLANES)))
        for at in range(0, count * size, size)
    ]
    pairs = sorted(zip(times_s, range(count), strict=False))
    return Track([time for time, _ in pairs], [pictures[number] for _, number in pairs])


def watch_doubt(source: Track, archive: Track, *, quality: int, pixel_count: int) -> str:
    """Why the archive is another one at some time; "" if it is not. `pixel_count` is the size of its picture."""
    spare_s = _FRAMES_SPARE * _frame_s(archive.times_s) + _ROUNDING_S
    block_limit = _BLOCK_TIMES * block_limit_of(quality, pixel_count)
    change = min(255.0, _CHANGE * 2 ** (max(0, quality - FINE_QUALITY) / STEPS_A_DOUBLE))
    stale: list[float] = []
    for number, (at_s, picture) in enumerate(zip(source.times_s, source.pictures, strict=True)):
        if _shows(archive, at_s, picture, change / 2):
            stale.clear()
            continue  # most are: a point that stands still, or a part that is another one, is off by more
        found = _nearest(archive, at_s, picture, spare_s=spare_s)
        if found is None:
            return f"at {at_s:.1f} s there is no picture in it"
        if (block := worst_block(picture, found, _BLOCK_PX)) > block_limit:
            return f"at {at_s:.1f} s a part of its picture is another one (by {block:.0f} of 255)"
        before = _before(source, number)
        if before is not None and _is_stale(picture, before, found, change):
            stale.append(at_s)
            if len(stale) >= _STALE_PICTURES:
                return f"at {stale[0]:.1f} s its picture stands still, and that of its source does not"
        else:
            stale.clear()
    return ""


def _frame_s(times_s: Sequence[float]) -> float:
    """How long a frame is mostly; a gap does not count."""
    steps = sorted(map(sub, times_s[1:], times_s[:-1]))
    return steps[len(steps) // 2] if steps else 0.0


def _shows(track: Track, at_s: float, picture: Picture, most: float) -> bool:
    """Whether the picture of that very time is this one, no point of which is off by more than `most`."""
    place = bisect_left(track.times_s, at_s)
    if place == len(track.times_s) or track.times_s[place] - at_s > _ROUNDING_S:
        return False
    planes = zip(picture.planes, track.pictures[place].planes, strict=True)
    return all(max(map(abs, map(sub, *pair))) <= most for pair in planes)


def _nearest(track: Track, at_s: float, picture: Picture, *, spare_s: float) -> Picture | None:
    """The picture of that time, or that before or after it: the one that is most alike."""
    place = bisect_left(track.times_s, at_s)
    near = range(max(0, place - 1), min(len(track.times_s), place + 2))
    if not near or min(abs(track.times_s[number] - at_s) for number in near) > spare_s:
        return None
    return min((track.pictures[number] for number in near), key=lambda other: error_of(picture, other))


def _before(source: Track, number: int) -> Picture | None:
    at = bisect_left(source.times_s, source.times_s[number] - _BEFORE_S + _ROUNDING_S) - 1
    return source.pictures[at] if at >= 0 else None


def _is_stale(now: Picture, before: Picture, archive: Picture, least_change: float) -> bool:
    """Whether the archive shows the earlier picture in the points that changed by more than noise does."""
    changed = stale = 0
    for is_now, was, is_archived in zip(now.planes, before.planes, archive.planes, strict=True):
        changes = list(map(abs, map(sub, is_now, was)))
        if max(changes) <= least_change:
            continue
        change = max(least_change, _NOISE_TIMES * sorted(changes)[len(changes) // 2])
        moved = [number for number, point in enumerate(changes) if point > change]
        changed += len(moved)
        for number in moved:
            shown = is_archived[number]
            stale += abs(shown - was[number]) + change / 2 < abs(shown - is_now[number])
    return changed >= _LEAST_CHANGED and stale >= _STALE_PART * changed
