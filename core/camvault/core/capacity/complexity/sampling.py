"""Pure: the samples of a batch whose quality is not measured: their sizes at CRF 40, and near the CRF they suggest."""

from collections.abc import Mapping, Sequence

import attrs

from camvault.core.capacity.allocation_values import EncodeBatch, EncodeSample, Sampled
from camvault.core.capacity.complexity.estimate import REFERENCE, Prediction, predictions_of, stretches
from camvault.core.capacity.complexity.level import level_of, on_grid, wanted_bytes
from camvault.ports.media import ConstantQuality

FAR = 12
"""From this distance (quarters) on, a sample nearer to the final CRF is worth its time."""


@attrs.frozen
class SoFar:
    """The samples that are missing; once there are none, what the others foretell."""

    missing: tuple[EncodeSample, ...] = ()
    predictions: tuple[Prediction, ...] = ()


def sampled_so_far(batch: EncodeBatch, sampled: Mapping[EncodeSample, Sampled]) -> SoFar:
    """What the samples so far say."""
    sizes = {sample: result.size_bytes for sample, result in sampled.items()}
    first = first_samples({clip.key: stretches(clip.duration_s) for clip in batch.clips})
    if missing := unsampled(first, sampled):
        return SoFar(missing)
    second = _second_samples(batch, predictions_of(batch, {sample: sizes[sample] for sample in first}))
    if missing := unsampled(second, sampled):
        return SoFar(missing)
    return SoFar((), tuple(predictions_of(batch, sizes)))


def unsampled(samples: Sequence[EncodeSample], sampled: Mapping[EncodeSample, Sampled]) -> tuple[EncodeSample, ...]:
    """Those without a result."""
    return tuple(sample for sample in samples if sample not in sampled)


def first_samples(parts: Mapping[str, Sequence[tuple[float, float]]]) -> list[EncodeSample]:
    """All stretches at the reference CRF."""
    rate = ConstantQuality(REFERENCE)
    return [EncodeSample(key, at, length, rate) for key, stretches in parts.items() for at, length in stretches]


def _second_samples(batch: EncodeBatch, rough: Sequence[Prediction]) -> list[EncodeSample]:
    """A third of the stretches again, at the CRF that the first ones suggest, where that is far from the reference."""
    level = level_of(batch, rough, spent=0.0)
    samples = []
    for prediction in rough:
        quarters = on_grid(batch, prediction.quarters_for(wanted_bytes(batch, prediction, level)))
        if abs(quarters - REFERENCE) > FAR:
            again = stretches(prediction.clip.duration_s)[1::3] or stretches(prediction.clip.duration_s)
            rate = ConstantQuality(quarters)
            samples += [EncodeSample(prediction.clip.key, at, length, rate) for at, length in again]
    return samples
