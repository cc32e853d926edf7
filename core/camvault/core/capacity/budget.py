"""Pure: how many bytes a medium leaves for a batch of clips, whether to copy or to encode, and at which rate.

The specification's formula (usable bytes x 8 / seconds) is the rate of everything in the outputs; sound and container
come off it, the rest is the video's (decision 0002).
"""

import math
from collections.abc import Iterable, Sequence

import attrs

from camvault.ports.progress import Mode

AUDIO_KBPS = 64
"""The specification's `-b:a 64k`. Opus stays at or below it: 58 to 61 kbit/s measured, 1 kbit/s for silence."""

CONTAINER_KBPS = 8
"""The index of an MP4 with AV1 and Opus; 5.7 to 7.7 kbit/s measured at 30 frames a second."""

CONTAINER_BYTES_PER_CLIP = 4096
"""Headers of one MP4, whatever its length."""

IMAGE_BASE_BYTES = 2 * 1024 * 1024
"""Volume structures, path tables and padding of a bridge image, rounded up generously."""

IMAGE_BYTES_PER_FILE = 4 * 2048
"""One file's share of the image beyond its content: its UDF entry, its names in three trees, the last sector's rest."""


@attrs.frozen
class Budget:
    """A medium's capacity and the part of it that stays free."""

    disc_bytes: int = attrs.field(default=25_000_000_000, validator=attrs.validators.ge(1))
    safety_bytes: int = attrs.field(default=500_000_000, validator=attrs.validators.ge(0))

    @safety_bytes.validator
    def _leaves_something(self, _: "attrs.Attribute[int]", value: int) -> None:
        if value >= self.disc_bytes:
            msg = f"safety bytes ({value:,}) must be less than disc bytes ({self.disc_bytes:,})"
            raise ValueError(msg)

    @property
    def usable_bytes(self) -> int:
        """The specification's limit for the sum of all outputs."""
        return self.disc_bytes - self.safety_bytes


def image_overhead_bytes(file_count: int) -> int:
    """An upper bound of what a bridge image needs beside the content of `file_count` files in one folder."""
    return IMAGE_BASE_BYTES + IMAGE_BYTES_PER_FILE * file_count


def payload_limit(budget: Budget, *, file_count: int, is_for_image: bool) -> int:
    """The largest sum of file sizes that is allowed; 0 if not even an empty image fits.

    `prepare_bodycam` alone promises `usable_bytes` (`is_for_image` false). When an image is made of the outputs, that
    must fit the disc too: with the default safety bytes nothing changes, with `--safety-bytes 0` the limit is lower.
    """
    if not is_for_image:
        return budget.usable_bytes
    return max(0, min(budget.usable_bytes, budget.disc_bytes - image_overhead_bytes(file_count)))


def choose_mode(*, total_bytes: int, limit_bytes: int) -> Mode:
    """Copy what fits as it is, encode what does not."""
    return Mode.COPY if total_bytes <= limit_bytes else Mode.ENCODE


@attrs.frozen
class RatePlan:
    """The constant bitrate of a batch; `video_kbps` is what is stored as `kbps` and given to `-b:v`."""

    total_kbps: float
    video_kbps: int
    seconds: float
    limit_bytes: int


@attrs.frozen
class TooLong:
    """The footage would look worse than `min_kbps` allows (or has no room at all).

    `video_kbps` is what the limit would leave for the picture: 0 where sound and container alone fill it.
    `disc_count` is the number of such discs needed at `min_kbps`; None if one clip alone is too long for any disc.
    """

    video_kbps: int
    min_kbps: int
    seconds: float
    limit_bytes: int
    disc_count: int | None

    def __str__(self) -> str:
        found = f"{self.seconds:,.0f} s of footage in {self.limit_bytes:,} bytes leave {self.video_kbps} kbit/s"
        need = f"{found} for the picture, less than the minimum of {self.min_kbps} kbit/s"
        if self.disc_count is None:
            return f"{need}; one clip alone does not fit a disc at that rate"
        return f"{need}; at that rate it would fit on {self.disc_count} discs"


def fixed_bytes(duration_s: float, *, has_audio: bool = True, audio_kbps: int = AUDIO_KBPS) -> float:
    """What one encoded clip needs beside its picture: sound and container, rather too much than too little."""
    kbps = CONTAINER_KBPS + (audio_kbps if has_audio else 0)
    return CONTAINER_BYTES_PER_CLIP + duration_s * kbps * 125


def plan_rate(
    durations_s: Sequence[float], *, limit_bytes: int, min_kbps: int, audio_kbps: int = AUDIO_KBPS
) -> RatePlan | TooLong:
    """The one video bitrate at which all clips together fill `limit_bytes`, or why there is none.

    Every clip is taken to have sound. `durations_s` holds at least one clip, all positive.
    """
    seconds = math.fsum(durations_s)
    fixed = math.fsum(fixed_bytes(d, audio_kbps=audio_kbps) for d in durations_s)
    video_kbps = max(0, math.floor((limit_bytes - fixed) / seconds / 125))
    if video_kbps < max(1, min_kbps):
        sizes = [math.ceil(fixed_bytes(d, audio_kbps=audio_kbps) + d * min_kbps * 125) for d in durations_s]
        discs = discs_needed(sizes, limit_bytes=limit_bytes)
        return TooLong(video_kbps, min_kbps, seconds, limit_bytes, discs)
    return RatePlan(limit_bytes / seconds / 125, video_kbps, seconds, limit_bytes)


def discs_needed(sizes_bytes: Iterable[int], *, limit_bytes: int) -> int | None:
    """How many discs hold these files, none of them split; None if one file alone is too big.

    First fit, largest first: never more than 11/9 of the best possible plus one.
    """
    free: list[int] = []
    for size in sorted(sizes_bytes, reverse=True):
        if size > limit_bytes:
            return None
        for index, room in enumerate(free):
            if size <= room:
                free[index] = room - size
                break
        else:
            free.append(limit_bytes - size)
    return len(free)
