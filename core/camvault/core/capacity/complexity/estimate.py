"""Pure: what a clip is predicted to take at each CRF, from the sizes of short samples and of whole outputs.

Complexity is the rate in bytes a second that a clip takes at CRF 40. CRF is counted in quarters.
"""

import math
from collections.abc import Mapping

import attrs

from camvault.core.capacity.allocation_values import (
    EncodeBatch,
    EncodeClip,
    Encoded,
    EncodeSample,
)
from camvault.core.capacity.complexity.lines import Line, straight
from camvault.core.capacity.rate import CONTAINER_BYTES_PER_CLIP, CONTAINER_KBPS
from camvault.ports.media import ConstantQuality

REFERENCE = 160
"""CRF 40 in quarters, where complexity is measured."""

FINEST = 40
"""CRF 10: a lower CRF spends bits on what cannot be seen."""

COARSEST = 252
"""CRF 63, the end of SVT-AV1's range."""

SLOPE = 0.019
"""How much ln(size) falls for each quarter of CRF: 7.2 % a CRF measured around CRF 40 with SVT-AV1 4."""

SAMPLE_EXCESS = 0.85
"""A whole clip against its stretches, each of which has a key frame: 0.53 to 0.94 measured."""

_SLOPE_MIN, _SLOPE_MAX = 0.008, 0.04
_AUDIO_SHARE = 0.93  # Opus stays below its nominal rate: 58 to 61 of 64 kbit/s measured
_LONG_S = 60.0


@attrs.frozen
class Prediction:
    """What one clip will take, in bytes: `known` are (quarters, bytes of picture) of its whole outputs, newest last."""

    clip: EncodeClip
    fixed_bytes: float
    video_bytes: float
    """At `REFERENCE`."""
    fall: Line
    """ln(size), where that at `REFERENCE` is 0."""
    known: tuple[tuple[int, float], ...] = ()
    odds: Line | None = None
    """Its quality, as `worth.odds_of` has it; None where it was not measured."""
    coarsest: float = COARSEST
    """The CRF, in quarters, above which its picture is not to come."""

    def video_at(self, quarters: float) -> float:
        """Predicted bytes of the picture."""
        at, size = REFERENCE, self.video_bytes
        if self.known:
            at, size = min(self.known, key=lambda point: abs(point[0] - quarters))
        return size * math.exp(self.fall.at(quarters) - self.fall.at(at))

    def least_at(self, quarters: float) -> float:
        """As `video_at`, if its size fell as fast as that of any clip does."""
        return attrs.evolve(self, fall=falling(_SLOPE_MAX)).video_at(quarters)

    def quarters_for(self, video_bytes: float) -> float:
        """The CRF, in quarters and within range, that should give this size."""
        at, size = REFERENCE, self.video_bytes
        if self.known:
            at, size = min(self.known, key=lambda point: abs(math.log(point[1] / max(1.0, video_bytes))))
        quarters = self.fall.where(self.fall.at(at) + math.log(max(1.0, video_bytes) / size))
        return min(COARSEST, max(FINEST, quarters))


def falling(slope: float) -> Line:
    """How ln(size) falls, straight."""
    return straight(-slope, through=(REFERENCE, 0.0))


def stretches(duration_s: float) -> tuple[tuple[float, float], ...]:
    """Where to sample a clip: (start, length) pairs in seconds, spread evenly, 2.5 % of a long clip.

    Of a short one they are a third. As at most half of them are sampled again, all samples take at most half of a clip.
    """
    length = 2.0 if duration_s < _LONG_S else min(2.0, max(1.5, 0.0125 * duration_s))
    count = max(2, min(16, math.floor(0.025 * duration_s / length)))
    length = min(length, duration_s / 6)
    return tuple(((i + 0.5) / count * duration_s - length / 2, length) for i in range(count))


def predictions_of(batch: EncodeBatch, sampled: Mapping[EncodeSample, int]) -> list[Prediction]:
    """A prediction for each clip of the batch, in its order, from the sizes of its samples."""
    by_key: dict[str, dict[EncodeSample, int]] = {clip.key: {} for clip in batch.clips}
    for sample, size in sampled.items():
        by_key[sample.key][sample] = size
    return [_prediction(batch, clip, by_key[clip.key]) for clip in batch.clips]


def _prediction(batch: EncodeBatch, clip: EncodeClip, sizes: Mapping[EncodeSample, int]) -> Prediction:
    base = {sample.start_s: size for sample, size in sizes.items() if quarters_of(sample) == REFERENCE}
    sampled_s = math.fsum(length for _, length in stretches(clip.duration_s))
    excess = SAMPLE_EXCESS if sampled_s < clip.duration_s else 1.0
    video = max(1.0, sum(base.values()) / sampled_s * clip.duration_s * excess)
    return Prediction(clip, fixed_part(batch, clip), video, falling(_sampled_slope(base, sizes)))


def fixed_part(batch: EncodeBatch, clip: EncodeClip) -> float:
    """What an output takes beside its picture, in bytes."""
    audio_kbps = batch.audio_kbps * _AUDIO_SHARE if clip.has_audio else 0.0
    return CONTAINER_BYTES_PER_CLIP + clip.extra_bytes + clip.duration_s * (audio_kbps + CONTAINER_KBPS) * 125


def _sampled_slope(base: Mapping[float, int], sizes: Mapping[EncodeSample, int]) -> float:
    """How fast this clip's size falls, from the stretches that were sampled at two CRFs."""
    others = {sample: size for sample, size in sizes.items() if quarters_of(sample) != REFERENCE}
    if not others:
        return SLOPE
    there = max(1, sum(others.values()))
    here = max(1, sum(base[sample.start_s] for sample in others))
    return slope_of(math.log(here / there), quarters_of(next(iter(others))) - REFERENCE)


def slope_of(fall: float, quarters: int) -> float:
    """`fall` of ln(size) over `quarters`, within what encoders do."""
    return min(_SLOPE_MAX, max(_SLOPE_MIN, fall / quarters))


def quarters_of(made: Encoded | EncodeSample) -> int:
    """The CRF of an output or a sample, in quarters."""
    assert isinstance(made.rate, ConstantQuality)  # noqa: S101 - nothing else is offered here
    return made.rate.crf_quarters


def video_bytes_of(prediction: Prediction, encoded: Encoded) -> float:
    """The picture's bytes in an output: at least a tenth of it, because silence takes less than `fixed_bytes` says."""
    return max(encoded.size_bytes - prediction.fixed_bytes, 0.1 * encoded.size_bytes, 1.0)
