"""Pure: the one bitrate at which the encoder fills the limit, found by short samples.

Encoders of one pass do not meet a bitrate: of 0.4 to 1.3 of it pictures were made, by what they show. Therefore some
stretches are encoded at the planned rate first, spread over the footage, and the rate is solved at which all clips are
foretold to fill `FILL_AIM` of the limit. If it is another one, some of the stretches are encoded again at that rate,
because an encoder that has all the bits it can use takes no more.

Samples take at most 5 % of clips of minutes. Of short clips they take more, for nothing shorter than a group of
pictures tells anything: at most half of the footage in all rounds, but one stretch in any case. What so few samples
tell wrong is mended by encoding single clips again, which costs less than to sample all of them.
"""

import math
from collections.abc import Mapping, Sequence

import attrs

from camvault.core.capacity.allocation_values import ConstantRate, EncodeBatch, EncodeClip, EncodeSample
from camvault.ports.media import TargetBitrate

FILL_AIM = 0.993
"""The share of the limit that is aimed at."""

_SHARE, _SHORT_SHARE = 0.04, 0.3  # of clips of minutes, for the first samples; and of any at most
_AGAIN_SHARE, _AGAIN_SHORT_SHARE = 0.005, 0.1  # and for each later round
_SHORT_BATCH_S = 180.0  # of short clips more than that is never sampled in one round, but for `_SHARE`
_MINUTES_S = 120.0  # from this mean length on, clips are "of minutes", and the shares hold
_SHORT_S = 15.0  # up to this mean length clips are short
_SHORTEST_S, _LONGEST_S = 6.0, 20.0  # the length of a stretch; a group of pictures takes 5 to 7 s
_MOST = 300  # stretches: more of them tell hardly more
_ROUNDS = 2  # how often samples are taken again at a better rate
_IMAGINED = 4  # so many stretches that follow the rate exactly are imagined beside those sampled again
_AUDIO_SHARE = 0.91  # 57 to 61 of 64 kbit/s measured
_HEAD_BYTES, _INDEX_KBPS = 1500, 4.8  # an MP4 of 10 s with 250 pictures and 501 packets of sound: 6659 bytes
_NEAR = 0.06  # how far (in ln) a rate may be from a sampled one
_FURTHEST = 4.0  # the factor by which the rate may leave the planned one
_STEEPEST, _FLATTEST = 1.3, 0.3  # how ln(size) goes with ln(rate); 0 where an encoder cannot use more bits


def missing_samples(batch: EncodeBatch, sampled: Mapping[EncodeSample, int]) -> tuple[EncodeSample, ...]:
    """The samples to be taken now; none when the rate can be told."""
    return _outcome(batch, sampled).missing


def calibrated_kbps(batch: EncodeBatch, sampled: Mapping[EncodeSample, int]) -> int:
    """The rate at which the batch should fill the limit, by the samples so far; never below the batch's `min_kbps`."""
    return _outcome(batch, sampled).kbps


@attrs.frozen
class _Outcome:
    """The rate that the samples so far suggest, and those that are missing to know it better."""

    kbps: int
    missing: tuple[EncodeSample, ...] = ()


def _outcome(batch: EncodeBatch, sampled: Mapping[EncodeSample, int]) -> _Outcome:
    planned = _planned_kbps(batch)
    parts = stretches(batch.clips)
    first = _samples(parts, planned)
    if missing := _missing(first, sampled):
        return _Outcome(planned, missing)
    told = [sample for sample in first if sampled[sample]]  # not those that failed
    picture = _picture_bytes(batch, {sample: sampled[sample] for sample in told})
    if not picture:
        return _Outcome(planned)
    foretold = {planned: picture}
    kbps = _rate(batch, foretold)
    again = _again(batch, [(sample.key, sample.start_s, sample.length_s) for sample in told])
    for _ in range(_ROUNDS):
        if not again or min(abs(math.log(kbps / known)) for known in foretold) < _NEAR:
            break
        here, there = _samples(again, planned), _samples(again, kbps)
        if missing := _missing(there, sampled):
            return _Outcome(kbps, missing)
        if not all(sampled[sample] for sample in there):
            break
        growth = math.log(sum(sampled[sample] for sample in there) / sum(sampled[sample] for sample in here))
        trust = len(again) / (len(again) + _IMAGINED * (1 - len(again) / len(told)))
        foretold[kbps] = picture * math.exp(trust * growth + (1 - trust) * math.log(kbps / planned))
        kbps = _rate(batch, foretold)
    return _Outcome(kbps)


def _planned_kbps(batch: EncodeBatch) -> int:
    assert isinstance(batch.policy, ConstantRate)  # noqa: S101 - no other policy has one rate
    return batch.policy.video_kbps


_Stretch = tuple[str, float, float]  # key, start and length in seconds


def _samples(parts: Sequence[_Stretch], kbps: int) -> list[EncodeSample]:
    return [EncodeSample(key, start_s, length_s, TargetBitrate(kbps)) for key, start_s, length_s in parts]


def _missing(samples: Sequence[EncodeSample], sampled: Mapping[EncodeSample, int]) -> tuple[EncodeSample, ...]:
    return tuple(sample for sample in samples if sample not in sampled)


# --- which stretches -------------------------------------------------------------------------------------------------


def stretches(clips: Sequence[EncodeClip]) -> tuple[_Stretch, ...]:
    """Where to sample a batch: key, start and length, in seconds.

    Points at equal distances on the footage, which is laid out by the bitrate of the originals: so of each kind of clip
    there is its part in the samples.
    """
    seconds = math.fsum(clip.duration_s for clip in clips)
    budget_s = _budget_s(seconds, seconds / len(clips), share=_SHARE, most=_SHORT_SHARE)
    length_s = min(_LONGEST_S, max(_SHORTEST_S, budget_s / len(clips)))
    count = min(_MOST, max(1, math.floor(budget_s / length_s)))
    found: list[_Stretch] = []
    points = iter([(number + 0.5) / count * seconds for number in range(count)])
    point, begin_s = next(points, None), 0.0
    for clip in sorted(clips, key=lambda clip: (clip.size_bytes / clip.duration_s, clip.key)):
        end_s = begin_s + clip.duration_s
        while point is not None and point < end_s:
            taken_s = min(length_s, clip.duration_s)
            start_s = min(max(0.0, point - begin_s - length_s / 2), clip.duration_s - taken_s)
            found.append((clip.key, round(start_s, 3), round(taken_s, 3)))
            point = next(points, None)
        begin_s = end_s
    return tuple(found)


def _budget_s(seconds: float, mean_s: float, *, share: float, most: float) -> float:
    """How many seconds of samples one round may take: this share of clips of minutes, and more of shorter ones."""
    shorter = math.log(_MINUTES_S / min(_MINUTES_S, max(_SHORT_S, mean_s))) / math.log(_MINUTES_S / _SHORT_S)
    return max(share * seconds, min(_SHORT_BATCH_S, min(most, math.pow(share, 1 - shorter)) * seconds))


def _again(batch: EncodeBatch, parts: Sequence[_Stretch]) -> list[_Stretch]:
    """The stretches that are sampled at another rate too: all of short clips, some of long ones."""
    seconds = math.fsum(clip.duration_s for clip in batch.clips)
    budget_s = _budget_s(seconds, seconds / len(batch.clips), share=_AGAIN_SHARE, most=_AGAIN_SHORT_SHARE)
    mean_s = math.fsum(length_s for _, _, length_s in parts) / len(parts)
    count = min(len(parts), math.floor(budget_s / mean_s + 1e-9))
    return [parts[math.floor((number + 0.5) / count * len(parts))] for number in range(count)]


# --- what they foretell ----------------------------------------------------------------------------------------------


def _picture_bytes(batch: EncodeBatch, sizes: Mapping[EncodeSample, int]) -> float:
    """What the pictures of all clips would take at the rate of these samples; 0 without samples."""
    by_key: dict[str, list[float]] = {}
    durations_s = {clip.key: clip.duration_s for clip in batch.clips}
    for sample, size in sizes.items():
        excess = _excess(sample.length_s) / _excess(durations_s[sample.key])
        by_key.setdefault(sample.key, []).append(size / sample.length_s / excess)
    rates = [rate for found in by_key.values() for rate in found]
    if not rates:
        return 0.0
    mean = math.fsum(rates) / len(rates)
    return math.fsum(
        clip.duration_s * (math.fsum(by_key[clip.key]) / len(by_key[clip.key]) if clip.key in by_key else mean)
        for clip in batch.clips
    )


def _excess(length_s: float) -> float:
    """How much more than a long clip a short one takes of a bitrate: rate control needs some seconds to settle."""
    return 1 + _EXCESS_S / max(_EXCESS_S, length_s)


_EXCESS_S = 1.5
"""Measured: 1.14 to 1.26 times a long clip's rate at 6 and 10 s, 1.02 at 20 s."""


def beside_picture_bytes(clip: EncodeClip, *, audio_kbps: int) -> float:
    """What an output is expected to take beside its picture, where `fixed_bytes` says rather too much."""
    sound_kbps = audio_kbps * _AUDIO_SHARE if clip.has_audio else 0.0
    return _HEAD_BYTES + clip.extra_bytes + clip.duration_s * (sound_kbps + _INDEX_KBPS) * 125


def _rate(batch: EncodeBatch, foretold: Mapping[int, float]) -> int:
    """The rate at which the pictures fill what the limit leaves for them, from what they take at other rates."""
    planned = _planned_kbps(batch)
    beside = math.fsum(beside_picture_bytes(clip, audio_kbps=batch.audio_kbps) for clip in batch.clips)
    wanted = max(1.0, FILL_AIM * batch.limit_bytes - beside)
    near = sorted(foretold, key=lambda kbps: (abs(math.log(wanted / foretold[kbps])), kbps))
    slope = 1.0
    if len(near) > 1:
        slope = math.log(foretold[near[0]] / foretold[near[1]]) / math.log(near[0] / near[1])
    slope = min(_STEEPEST, max(_FLATTEST, slope))
    factor = math.exp(math.log(wanted / foretold[near[0]]) / slope)
    kbps = near[0] * min(2.0, max(0.5, factor))
    return max(batch.min_kbps, 1, round(min(planned * _FURTHEST, max(planned / _FURTHEST, kbps))))
