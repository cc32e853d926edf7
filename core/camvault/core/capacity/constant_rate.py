"""Pure: one bitrate for all clips, and corrections where outputs are so large that the total would not fit.

Every clip has a share of the limit in proportion to its duration. While every output keeps to its share the total fits.
A clip whose output is above its share is *held*: it is settled as soon as the outputs so far and the shares of the
other clips fit together, because other outputs took less. If they do not fit at the end, held clips are encoded again,
the one that is furthest above its share first, each at the highest rate at which the total fits, but at least at that
of its share; after them, if need be, the other clips. One correction at most halves the rate of a clip, and none goes
below the batch's `min_kbps`: if the total does not fit then, it does not fit.
"""

import math
from collections.abc import Sequence

from camvault.core.capacity.allocation_values import (
    ConstantRate,
    Encode,
    EncodeAction,
    EncodeBatch,
    EncodeClip,
    Encoded,
    EncodeResult,
    standing,
    total_of,
)
from camvault.core.capacity.rate import fixed_bytes
from camvault.ports.media import TargetBitrate

_MARGIN = 0.003
"""How far below the limit a correction aims, as a share of the limit: encoders do not meet a bitrate exactly."""

_NO_GAIN = 0.99
"""If a lower rate leaves more than this share of the size, steps so small do nothing with this clip."""

_SMALLEST_STEP = 0.9
"""The factor of a correction that needs less; smaller ones are lost in how exactly encoders meet a bitrate."""

_LARGEST_STEP = 0.5
"""The factor of a correction that needs more, or did nothing at the last rate: no clip is ruined for a few bytes."""


def shares(batch: EncodeBatch) -> dict[str, float]:
    """Each clip's part of the limit, in bytes, by duration."""
    seconds = math.fsum(clip.duration_s for clip in batch.clips)
    return {clip.key: batch.limit_bytes * clip.duration_s / seconds for clip in batch.clips}


def settled(batch: EncodeBatch, results: Sequence[EncodeResult]) -> frozenset[str]:
    """The clips within their share; all encoded clips if the total will fit, or if no correction can make it fit."""
    outputs = standing(results)
    share = shares(batch)
    expected = sum(outputs[key].size_bytes if key in outputs else part for key, part in share.items())
    if expected <= batch.limit_bytes or (len(outputs) == len(batch.clips) and not next_actions(batch, results)):
        return frozenset(outputs)
    return frozenset(key for key, output in outputs.items() if output.size_bytes <= share[key])


def next_actions(batch: EncodeBatch, results: Sequence[EncodeResult]) -> tuple[EncodeAction, ...]:
    """All clips that were not encoded yet; then one correction at a time while the total is over the limit."""
    outputs = standing(results)
    missing = [clip for clip in batch.clips if clip.key not in outputs]
    if missing:
        rate = TargetBitrate(_kbps(batch))
        return tuple(Encode(clip.key, batch.settings(rate), "constant bitrate") for clip in missing)
    over = total_of(outputs) - batch.limit_bytes
    return _correction(batch, results, outputs, over) if over > 0 else ()


def _kbps(batch: EncodeBatch) -> int:
    assert isinstance(batch.policy, ConstantRate)  # noqa: S101 - `next_encodes` asks for nothing else
    return batch.policy.video_kbps


def _correction(
    batch: EncodeBatch, results: Sequence[EncodeResult], outputs: dict[str, Encoded], over: int
) -> tuple[EncodeAction, ...]:
    share = shares(batch)
    by_excess = sorted(batch.clips, key=lambda clip: (share[clip.key] - outputs[clip.key].size_bytes, clip.key))
    for clip in by_excess:
        size = outputs[clip.key].size_bytes
        wanted = size - over - _MARGIN * batch.limit_bytes
        floor = share[clip.key] if size > share[clip.key] else 0.0
        kbps = _lower(clip, results, wanted_bytes=max(wanted, floor * (1 - _MARGIN)), batch=batch)
        if kbps is not None:
            return (Encode(clip.key, batch.settings(TargetBitrate(kbps)), f"the total is {over:,} bytes too big"),)
    return ()


def _lower(clip: EncodeClip, results: Sequence[EncodeResult], *, wanted_bytes: float, batch: EncodeBatch) -> int | None:
    """A rate not tried yet that should bring the output nearer to `wanted_bytes`; None at the lowest one."""
    tries = sorted(
        ((r.rate.video_kbps, r.size_bytes) for r in results if isinstance(r, Encoded) and r.key == clip.key
         and isinstance(r.rate, TargetBitrate)),
        reverse=True,
    )  # fmt: skip
    kbps, size = tries[-1]
    if kbps <= batch.min_kbps:
        return None
    fixed = clip.extra_bytes + fixed_bytes(clip.duration_s, has_audio=clip.has_audio, audio_kbps=batch.audio_kbps)
    video = max(size - fixed, 0.2 * size)  # silence takes far less than the fixed part says
    needed = (wanted_bytes - size + video) / video
    if len(tries) > 1 and size > _NO_GAIN * tries[-2][1]:
        needed = _LARGEST_STEP
    factor = min(_SMALLEST_STEP, max(_LARGEST_STEP, needed))
    return max(batch.min_kbps, math.floor(kbps * factor))
