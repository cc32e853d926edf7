"""Pure: the level at which all clips of a batch fill the limit together.

Where quality was measured, the level is what may be paid for a point of it (module `worth`): the same for all clips, so
that no bits would buy more elsewhere, but no clip falls below the batch's floor. A point of quality counts by the
square root of the seconds that have it.

Elsewhere a clip's part of the bits is its duration x complexity^exponent x level. With exponent 1 every clip has the
same CRF, and one noisy clip takes most of the disc; with 0 every clip has the same rate, and the picture of a moving
one breaks up. 0.6 is the default of x264's qcomp.
"""

import math
from collections.abc import Iterable, Sequence

import attrs

from camvault.core.capacity.allocation_values import ComplexityRate, EncodeBatch
from camvault.core.capacity.complexity.estimate import COARSEST, FINEST, REFERENCE, Prediction
from camvault.core.capacity.complexity.worth import Worth, odds_of, quality_of, worth_of
from camvault.ports.quality import QualityMeasure

FILL_AIM = 0.997
"""The share of the limit that is aimed at."""

FLOOR = 0.2
"""How far the floor is on the way from the worst clip of the best mean to the quality that all clips could have."""


def crf_step(batch: EncodeBatch) -> int:
    """The smallest step of CRF that the encoder can do, in quarters."""
    return _policy(batch).crf_step_quarters


def _policy(batch: EncodeBatch) -> ComplexityRate:
    assert isinstance(batch.policy, ComplexityRate)  # noqa: S101 - `next_encodes` asks for nothing else
    return batch.policy


def is_measuring(batch: EncodeBatch) -> bool:
    """Whether the quality of samples is measured."""
    return _policy(batch).measure is not QualityMeasure.NONE


def on_grid(batch: EncodeBatch, quarters: float) -> int:
    """The nearest CRF that the encoder can do, in quarters and within range."""
    step = crf_step(batch)
    return min(COARSEST, max(FINEST, round(quarters / step) * step))


@attrs.frozen
class _Part:
    """What one clip takes of the bits, by the level."""

    prediction: Prediction
    least: float
    most: float
    weight: float
    worth: Worth | None

    def bytes_at(self, level: float) -> float:
        """Bytes of picture."""
        wanted = level * self.weight
        if self.worth is not None:
            thrift = math.log(max(1e-9, wanted))
            wanted = self.prediction.video_at(self.worth.quarters_at(thrift))
        return min(self.most, max(self.least, wanted))

    @property
    def full_level(self) -> float:
        """The level at which it has all that makes sense."""
        return (math.exp(self.worth.thrifts[-1]) if self.worth else self.most) / self.weight


def _part_of(batch: EncodeBatch, prediction: Prediction) -> _Part:
    """The bounds are the CRF's range, and what the original has."""
    least = prediction.video_at(prediction.coarsest)
    most = min(prediction.video_at(FINEST), prediction.clip.size_bytes - prediction.fixed_bytes)
    duration_s = prediction.clip.duration_s
    if prediction.odds is None:
        weight = duration_s * math.pow(prediction.video_bytes / duration_s, _policy(batch).exponent)
        return _Part(prediction, least, max(least, most), weight, None)
    worth = worth_of(prediction.fall, prediction.odds, finest=FINEST, coarsest=COARSEST)
    weight = math.sqrt(duration_s) / prediction.video_at(REFERENCE)  # neither a second nor a clip counts for all
    return _Part(prediction, least, max(least, most), weight, worth)


def wanted_bytes(batch: EncodeBatch, prediction: Prediction, level: float) -> float:
    """Bytes of picture for this clip at `level`."""
    return _part_of(batch, prediction).bytes_at(level)


def level_of(batch: EncodeBatch, predictions: Sequence[Prediction], *, spent: float) -> float:
    """The level at which these clips fill what `spent` leaves of the limit, or the nearest possible."""
    room = FILL_AIM * batch.limit_bytes - spent - math.fsum(p.fixed_bytes for p in predictions)
    parts = [_part_of(batch, p) for p in predictions]
    low, high = 0.0, max(part.full_level for part in parts)
    for _ in range(50):
        middle = (low + high) / 2
        if math.fsum(part.bytes_at(middle) for part in parts) > room:
            high = middle
        else:
            low = middle
    return low


def with_floor(batch: EncodeBatch, predictions: Sequence[Prediction]) -> list[Prediction]:
    """The predictions with the CRF above which each clip is not to come, if their quality was measured.

    The floor lies between the worst clip of the choice with the best mean, and the quality that all could have.
    """
    measured = [p for p in predictions if p.odds is not None]
    if len(measured) < len(predictions):
        return list(predictions)
    level = level_of(batch, measured, spent=0.0)
    worst = min(_quality_at(p, p.quarters_for(wanted_bytes(batch, p, level))) for p in measured)
    room = FILL_AIM * batch.limit_bytes - math.fsum(p.fixed_bytes for p in measured)
    low, high = worst, 100.0
    for _ in range(20):
        middle = (low + high) / 2
        needed = math.fsum(_part_of(batch, p).bytes_at(0.0) for p in _bounded(measured, middle))
        low, high = (low, middle) if needed > room else (middle, high)
    return list(_bounded(measured, worst + FLOOR * (low - worst)))


def _quality_at(prediction: Prediction, quarters: float) -> float:
    assert prediction.odds is not None  # noqa: S101 - measured ones only
    return quality_of(prediction.odds.at(quarters))


def _bounded(predictions: Iterable[Prediction], quality: float) -> Iterable[Prediction]:
    for p in predictions:
        assert p.odds is not None  # noqa: S101 - measured ones only
        yield attrs.evolve(p, coarsest=min(COARSEST, max(FINEST, p.odds.where(odds_of(quality)))))
