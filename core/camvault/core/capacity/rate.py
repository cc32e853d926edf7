"""Pure: at which bitrate footage fills a medium, and which discs it needs if that would be too low.

The specification's formula (usable bytes x 8 / seconds) is the rate of everything in the outputs. Sound and container
come off it, the rest is the video's (decision 0002).
"""

import math
from collections.abc import Sequence

import attrs

from camvault.core.capacity.budget import kept_free_bytes
from camvault.core.capacity.media import DiscKind, discs_needed, smallest_disc

AUDIO_KBPS = 64
"""The specification's `-b:a 64k`. Opus stays at or below it: 58 to 61 kbit/s measured, 1 kbit/s for silence."""

CONTAINER_KBPS = 8
"""The index of an MP4 with AV1 and Opus; 5.7 to 7.7 kbit/s measured at 30 frames a second."""

CONTAINER_BYTES_PER_CLIP = 4096
"""Headers of one MP4, whatever its length."""


@attrs.frozen
class RatePlan:
    """The constant bitrate of a batch; `video_kbps` is what is stored as `kbps` and given to `-b:v`."""

    video_kbps: int


@attrs.frozen
class TooLong:
    """The footage would look worse than `min_kbps` allows, or there is no room for a picture at all.

    Attributes:
        video_kbps: What the limit would leave for the picture; 0 where sound and container alone fill it.
        min_kbps: The lowest video bitrate worth producing.
        seconds: The length of the footage.
        limit_bytes: What the outputs may take on one disc.
        disc_count: How many such discs are needed at `min_kbps`; None if one clip alone is too long for a disc.
        larger_disc: The kind of disc that holds everything at `min_kbps`; None if no disc does.
        copied_bytes: What clips take of `limit_bytes` that are copied, because an encode at `min_kbps` would be larger.
    """

    video_kbps: int
    min_kbps: int
    seconds: float
    limit_bytes: int
    disc_count: int | None
    larger_disc: DiscKind | None = None
    copied_bytes: int = 0

    def __str__(self) -> str:
        left_bytes = max(0, self.limit_bytes - self.copied_bytes)
        found = f"{self.seconds:,.0f} s of footage in {left_bytes:,} bytes leave {self.video_kbps} kbit/s"
        if self.copied_bytes:
            found = f"{self.copied_bytes:,} bytes are of clips that an encode would not make smaller; {found}"
        need = f"{found} for the picture, less than the minimum of {self.min_kbps} kbit/s"
        if self.disc_count is None:
            larger = "" if self.larger_disc is None else f"; all clips would fit on one {self.larger_disc}"
            return f"{need}; one clip alone does not fit such a disc at that rate{larger}"
        larger = "" if self.larger_disc is None else f", or on one {self.larger_disc}"
        return f"{need}; at that rate it would fit on {self.disc_count} discs{larger}"


def fixed_bytes(duration_s: float, *, has_audio: bool = True, audio_kbps: int = AUDIO_KBPS) -> float:
    """What one encoded clip needs beside its picture: sound and container, rather too much than too little."""
    kbps = CONTAINER_KBPS + (audio_kbps if has_audio else 0)
    return CONTAINER_BYTES_PER_CLIP + duration_s * kbps * 125


def plan_rate(
    durations_s: Sequence[float],
    *,
    limit_bytes: int,
    min_kbps: int,
    audio_kbps: int = AUDIO_KBPS,
    safety_bytes: int = 0,
    copied_sizes: Sequence[int] = (),
) -> RatePlan | TooLong:
    """The one video bitrate at which all clips together fill `limit_bytes`, or why there is none.

    Every clip counts as if it had sound. `durations_s` are all positive; where there is none, the rate is `min_kbps`.
    `copied_sizes` are those of clips that are copied, because an encode would be larger. `safety_bytes` would stay free
    on a larger disc as well.
    """
    copied_bytes = sum(copied_sizes)
    if not durations_s and copied_bytes <= limit_bytes:
        return RatePlan(max(1, min_kbps))  # nothing is encoded, and a job that encodes has a bitrate
    seconds = math.fsum(durations_s)
    fixed = math.fsum(fixed_bytes(d, audio_kbps=audio_kbps) for d in durations_s)
    video_kbps = max(0, math.floor((limit_bytes - copied_bytes - fixed) / seconds / 125)) if seconds else 0
    if video_kbps >= max(1, min_kbps):
        return RatePlan(video_kbps)
    sizes = [math.ceil(fixed_bytes(d, audio_kbps=audio_kbps) + d * max(1, min_kbps) * 125) for d in durations_s]
    sizes += copied_sizes
    return TooLong(
        video_kbps,
        min_kbps,
        seconds,
        limit_bytes,
        disc_count=discs_needed(sizes, limit_bytes=limit_bytes),
        larger_disc=smallest_disc(sum(sizes) + kept_free_bytes(safety_bytes, clip_count=len(sizes))),
        copied_bytes=copied_bytes,
    )
