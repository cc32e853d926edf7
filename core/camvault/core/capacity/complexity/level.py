"""Pure: the level at which all clips of a batch fill the limit together.

A clip's part of the bits is its duration x complexity^exponent x level. With exponent 1 every clip has the same CRF,
and one noisy clip takes most of the disc; with 0 every clip has the same rate, and the picture of a moving one breaks
up. 0.6 is the default of x264's qcomp.
"""

import math
from collections.abc import Sequence

from camvault.core.capacity.allocation_values import ComplexityRate, EncodeBatch
from camvault.core.capacity.complexity.estimate import COARSEST, FINEST, Prediction

FILL_AIM = 0.997
"""The share of the limit that is aimed at."""


def crf_step(batch: EncodeBatch) -> int:
    """The smallest step of CRF that the encoder can do, in quarters."""
    return _policy(batch).crf_step_quarters


def _policy(batch: EncodeBatch) -> ComplexityRate:
    assert isinstance(batch.policy, ComplexityRate)  # noqa: S101 - `next_encodes` asks for nothing else
    return batch.policy


def on_grid(batch: EncodeBatch, quarters: float) -> int:
    """The nearest CRF that the encoder can do, in quarters and within range."""
    step = crf_step(batch)
    return min(COARSEST, max(FINEST, round(quarters / step) * step))


def _weight(batch: EncodeBatch, prediction: Prediction) -> float:
    """The clip's part of the bits: duration x complexity^exponent."""
    duration_s = prediction.clip.duration_s
    return duration_s * math.pow(prediction.video_bytes / duration_s, _policy(batch).exponent)


def _bounds(prediction: Prediction) -> tuple[float, float]:
    """The least and the most bytes of picture that make sense: the CRF's range, and what the original has."""
    least = prediction.video_at(COARSEST)
    most = min(prediction.video_at(FINEST), prediction.clip.size_bytes - prediction.fixed_bytes)
    return least, max(least, most)


def wanted_bytes(batch: EncodeBatch, prediction: Prediction, level: float) -> float:
    """Bytes of picture for this clip at `level`."""
    least, most = _bounds(prediction)
    return min(most, max(least, level * _weight(batch, prediction)))


def level_of(batch: EncodeBatch, predictions: Sequence[Prediction], *, spent: float) -> float:
    """The level at which these clips fill what `spent` leaves of the limit, or the nearest possible."""
    room = FILL_AIM * batch.limit_bytes - spent - math.fsum(p.fixed_bytes for p in predictions)
    parts = [(*_bounds(p), _weight(batch, p)) for p in predictions]
    low, high = 0.0, max(most / weight for _, most, weight in parts)
    for _ in range(50):
        middle = (low + high) / 2
        if math.fsum(min(most, max(least, middle * weight)) for least, most, weight in parts) > room:
            high = middle
        else:
            low = middle
    return low
