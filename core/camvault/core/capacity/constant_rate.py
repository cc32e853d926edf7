"""Pure: one bitrate for all clips, and what becomes of a clip that takes so much that the total would not fit.

Every clip has a share of the limit in proportion to its duration. While all keep to their shares the total fits. A clip
above its share is *held*: it is settled as soon as what is encoded and the shares of the rest fit together, because
others took less. If at the end they do not, held clips are encoded again, the greediest first, each at the lowest cost
to its picture that makes the total fit, down to its share; after them, if need be, the others, down to 1 kbit/s.
"""

import math
from collections.abc import Sequence

from camvault.core.capacity.encoding import Action, Batch, Clip, Constant, Encode, Encoded, Result, standing, total_of
from camvault.core.capacity.budget import fixed_bytes
from camvault.ports.media import TargetBitrate

_MARGIN = 0.003
"""How far below the limit a correction aims, as a share of the limit: encoders do not hit exactly."""

_NO_GAIN = 0.99
"""A lower rate that leaves more than this share of the size did nothing: the encoder is at its end."""


def shares(batch: Batch) -> dict[str, float]:
    """Each clip's part of the limit, in bytes, by duration."""
    seconds = math.fsum(clip.duration_s for clip in batch.clips)
    return {clip.key: batch.limit_bytes * clip.duration_s / seconds for clip in batch.clips}


def settled(batch: Batch, results: Sequence[Result]) -> frozenset[str]:
    """The clips within their share, or all that are encoded if the total will fit or nothing can be done about it."""
    outputs = standing(results)
    share = shares(batch)
    expected = sum(outputs[key].size_bytes if key in outputs else part for key, part in share.items())
    if expected <= batch.limit_bytes or (len(outputs) == len(batch.clips) and not next_actions(batch, results)):
        return frozenset(outputs)
    return frozenset(key for key, output in outputs.items() if output.size_bytes <= share[key])


def next_actions(batch: Batch, results: Sequence[Result]) -> tuple[Action, ...]:
    """All clips that were not encoded yet; then one correction at a time while the total is over the limit."""
    outputs = standing(results)
    missing = [clip for clip in batch.clips if clip.key not in outputs]
    if missing:
        rate = TargetBitrate(_kbps(batch))
        return tuple(Encode(clip.key, batch.settings(rate), "constant bitrate") for clip in missing)
    over = total_of(outputs) - batch.limit_bytes
    return _correction(batch, results, outputs, over) if over > 0 else ()


def _kbps(batch: Batch) -> int:
    assert isinstance(batch.policy, Constant)  # noqa: S101 - what `next_step` dispatches on
    return batch.policy.video_kbps


def _correction(batch: Batch, results: Sequence[Result], outputs: dict[str, Encoded], over: int) -> tuple[Action, ...]:
    share = shares(batch)
    by_greed = sorted(batch.clips, key=lambda clip: (share[clip.key] - outputs[clip.key].size_bytes, clip.key))
    for clip in by_greed:
        size = outputs[clip.key].size_bytes
        wanted = size - over - _MARGIN * batch.limit_bytes
        floor = share[clip.key] if size > share[clip.key] else 0.0
        kbps = _lower(clip, results, wanted_bytes=max(wanted, floor * (1 - _MARGIN)), audio_kbps=batch.audio_kbps)
        if kbps is not None:
            return (Encode(clip.key, batch.settings(TargetBitrate(kbps)), f"the total is {over:,} bytes too big"),)
    return ()


def _lower(clip: Clip, results: Sequence[Result], *, wanted_bytes: float, audio_kbps: int) -> int | None:
    """A rate not tried yet that should give `wanted_bytes`; None if lower rates do nothing any more."""
    tries = sorted(
        ((r.rate.video_kbps, r.size_bytes) for r in results if isinstance(r, Encoded) and r.key == clip.key
         and isinstance(r.rate, TargetBitrate)),
        reverse=True,
    )  # fmt: skip
    kbps, size = tries[-1]
    if kbps == 1:
        return None
    if len(tries) > 1 and size > _NO_GAIN * tries[-2][1]:
        return 1
    fixed = fixed_bytes(clip.duration_s, has_audio=clip.has_audio, audio_kbps=audio_kbps)
    video = max(size - fixed, 0.2 * size)  # silence takes far less than the fixed part says
    factor = min(0.9, (wanted_bytes - size + video) / video)
    return max(1, math.floor(kbps * factor))
