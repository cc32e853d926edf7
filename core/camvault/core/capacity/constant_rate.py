"""Pure: one bitrate for all clips, found by samples (module `calibration`), and corrections of the total, both ways.

Every clip has a share of the limit in proportion to its duration. While every output keeps to its share the total fits.
A clip whose output is above its share is *held*: it is settled as soon as the outputs so far and the shares of the
other clips fit together, because other outputs took less. If they do not fit at the end, held clips are encoded again,
the one that is furthest above its share first, each at the highest rate at which the total fits, but at least at that
of its share; after them, if need be, the other clips, and last those of which the smallest step leaves room unused. One
correction at most halves the rate of a clip, and none goes below the batch's `min_kbps`: if the total does not fit
then, it does not fit.

If the total is below `FILL_MINIMUM` of the limit, and the policy is filling, clips are encoded again at a higher rate,
one at a time, as long as such corrections are few: the shortest clip with which the total comes up to
`calibration.FILL_AIM`, or the one that brings it nearest to that. What would exceed the limit does not replace what
stands.
"""

import math
from collections.abc import Mapping, Sequence

import attrs

from camvault.core.capacity.allocation_values import (
    ConstantRate,
    Encode,
    EncodeAction,
    EncodeBatch,
    EncodeClip,
    Encoded,
    EncodeResult,
    Sampled,
    standing,
    total_of,
)
from camvault.core.capacity.calibration import FILL_AIM, beside_picture_bytes, calibrated_kbps, missing_samples
from camvault.core.capacity.rate import fixed_bytes
from camvault.ports.media import TargetBitrate

FILL_MINIMUM = 0.985
"""Below this share of the limit bits are wasted, and a correction is worth its time."""

_MARGIN = 0.003
"""How far below the limit a correction aims, as a share of the limit: encoders do not meet a bitrate exactly."""

_NO_GAIN = 0.99
"""If a lower rate leaves more than this share of the size, steps so small do nothing with this clip."""

_SMALLEST_STEP = 0.9
"""The factor of a correction that needs less; smaller ones are lost in how exactly encoders meet a bitrate."""

_LARGEST_STEP = 0.5
"""The factor of a correction that needs more, or did nothing at the last rate: no clip is ruined for a few bytes."""


_CLOSE = 0.004
"""A correction upwards that comes so near to `FILL_AIM`, as a share of the limit, is as good as an exact one."""

_HIGHEST_STEP = 1.5
"""The factor of a correction upwards that needs more: no clip gets far more than the others."""

_STEEPEST, _FLATTEST, _UNUSED = 1.3, 0.2, 0.4  # how ln(size) goes with ln(rate)
_GUESS = 0.01  # how much a guess of that counts: as an output at a tenth more

_SHORTER = 0.7
"""The part of a step that was too far which is tried next, at most."""

_FILLING_SHARE = 1.0
"""How much footage is encoded again, as a share of all, to fill what is left."""


def settled_kbps(batch: EncodeBatch, results: Sequence[EncodeResult]) -> int | None:
    """The one rate; None while samples are missing that will tell it."""
    sampled = {result.sample: result.size_bytes for result in results if isinstance(result, Sampled)}
    policy = _policy(batch)
    if not policy.is_open:
        return policy.video_kbps
    return None if missing_samples(batch, sampled) else calibrated_kbps(batch, sampled)


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
    """Samples, if the rate is open; all clips that were not encoded yet; then one correction at a time."""
    outputs = standing(results)
    missing = [clip for clip in batch.clips if clip.key not in outputs]
    if missing:
        kbps = settled_kbps(batch, results)
        if kbps is None:
            return missing_samples(batch, {r.sample: r.size_bytes for r in results if isinstance(r, Sampled)})
        rate = TargetBitrate(kbps)
        return tuple(Encode(clip.key, batch.settings(rate), "constant bitrate") for clip in missing)
    total = total_of(outputs)
    if total > batch.limit_bytes:
        return _lowering(batch, results, outputs, total - batch.limit_bytes)
    is_filling = _policy(batch).is_filling and total < FILL_MINIMUM * batch.limit_bytes
    return _raising(batch, results, outputs, total) if is_filling else ()


def _policy(batch: EncodeBatch) -> ConstantRate:
    assert isinstance(batch.policy, ConstantRate)  # noqa: S101 - `next_encodes` asks for nothing else
    return batch.policy


def _lowering(
    batch: EncodeBatch, results: Sequence[EncodeResult], outputs: dict[str, Encoded], over: int
) -> tuple[EncodeAction, ...]:
    share = shares(batch)
    room = over + (1 - FILL_MINIMUM) * batch.limit_bytes  # what may go without wasting bits

    def order(clip: EncodeClip) -> tuple[bool, float, str]:
        is_wasteful = (1 - _SMALLEST_STEP) * outputs[clip.key].size_bytes > room
        return is_wasteful, share[clip.key] - outputs[clip.key].size_bytes, clip.key

    for clip in sorted(batch.clips, key=order):
        size = outputs[clip.key].size_bytes
        wanted = size - over - _MARGIN * batch.limit_bytes
        floor = share[clip.key] if size > share[clip.key] else 0.0
        kbps = _lower(clip, results, wanted_bytes=max(wanted, floor * (1 - _MARGIN)), batch=batch)
        if kbps is not None:
            return (Encode(clip.key, batch.settings(TargetBitrate(kbps)), f"the total is {over:,} bytes too big"),)
    return ()


def _lower(clip: EncodeClip, results: Sequence[EncodeResult], *, wanted_bytes: float, batch: EncodeBatch) -> int | None:
    """A rate not tried yet that should bring the output nearer to `wanted_bytes`; None at the lowest one."""
    tries = sorted(_tries(clip, results).items(), reverse=True)
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


def _tries(clip: EncodeClip, results: Sequence[EncodeResult]) -> dict[int, int]:
    """The sizes of all outputs of a clip by their rates."""
    mine = [result for result in results if isinstance(result, Encoded) and result.key == clip.key]
    return {result.rate.video_kbps: result.size_bytes for result in mine if isinstance(result.rate, TargetBitrate)}


# --- filling ---------------------------------------------------------------------------------------------------------


@attrs.frozen
class _Raise:
    """One clip encoded again at a higher rate; the one with the smallest `merit` is the best."""

    key: str
    kbps: int
    merit: tuple[bool, float, float, str]


def _raising(
    batch: EncodeBatch, results: Sequence[EncodeResult], outputs: Mapping[str, Encoded], total: int
) -> tuple[EncodeAction, ...]:
    durations_s = {clip.key: clip.duration_s for clip in batch.clips}
    tries: dict[str, dict[int, int]] = {clip.key: {} for clip in batch.clips}
    raised_s = []
    for result in results:
        if isinstance(result, Encoded) and isinstance(result.rate, TargetBitrate):
            kbps, mine = result.rate.video_kbps, tries[result.key]
            raised_s += [durations_s[result.key]] if mine and kbps > min(mine) else []
            mine[kbps] = result.size_bytes
    if len(raised_s) >= 6 + len(batch.clips) // 4:
        return ()
    left_s = _FILLING_SHARE * math.fsum(durations_s.values()) - math.fsum(raised_s)
    raises = [
        found
        for clip in batch.clips
        if clip.duration_s <= left_s and (found := _raise_of(batch, clip, outputs[clip.key], tries[clip.key], total))
    ]
    if not raises:
        return ()
    best = min(raises, key=lambda found: found.merit)
    why = f"the total is {total / batch.limit_bytes:.2%} of the limit"
    return (Encode(best.key, batch.settings(TargetBitrate(best.kbps)), why),)


def _raise_of(
    batch: EncodeBatch, clip: EncodeClip, output: Encoded, tries: Mapping[int, int], total: int
) -> _Raise | None:
    """The rate at which this clip would fill the rest, or come nearest to that; None if there is none."""
    assert isinstance(output.rate, TargetBitrate)  # noqa: S101 - nothing else is offered here
    now = output.rate.video_kbps
    picture = _picture_bytes(batch, clip, output.size_bytes)
    slope = _slope(now, {kbps: _picture_bytes(batch, clip, size) for kbps, size in tries.items()}, clip.duration_s)
    gap = FILL_AIM * batch.limit_bytes - total
    wanted = now * min(_HIGHEST_STEP, math.pow(1 + gap / picture, 1 / slope))
    beyond = [kbps for kbps in tries if kbps > now]
    kbps = max(now + 1, round(wanted))
    if beyond:
        kbps = min(kbps, now + math.floor(_SHORTER * (min(beyond) - now)))
    growth = picture * (math.pow(kbps / now, slope) - 1)
    if kbps <= now or growth > batch.limit_bytes - total:
        return None
    left = abs(gap - growth) / batch.limit_bytes
    is_vain = picture >= clip.size_bytes  # the original has not more than that
    return _Raise(clip.key, kbps, (is_vain, max(0.0, left - _CLOSE), clip.duration_s, clip.key))


def _picture_bytes(batch: EncodeBatch, clip: EncodeClip, size_bytes: int) -> float:
    """What of an output is picture: at least a fifth of it, because silence takes far less than sound."""
    return max(size_bytes - beside_picture_bytes(clip, audio_kbps=batch.audio_kbps), 0.2 * size_bytes, 1.0)


def _slope(now: int, pictures: Mapping[int, float], duration_s: float) -> float:
    """How ln(size) goes with ln(rate): a guess, and what the outputs at other rates say.

    An output far below its rate is of a clip that can hardly use more.
    """
    guess = min(1.0, max(_UNUSED, pictures[now] / (now * 125 * duration_s)))
    steps = [(math.log(kbps / now), math.log(picture / pictures[now])) for kbps, picture in pictures.items()]
    slope = (math.fsum(x * y for x, y in steps) + _GUESS * guess) / (math.fsum(x * x for x, _ in steps) + _GUESS)
    return min(_STEEPEST, max(_FLATTEST, slope))
