"""Pure: the samples of a batch whose quality is measured: at CRF 40, and nearer to the CRF at which their clip ends up.

Each round is asked for when the one before it is complete: how the size and the quality of a clip go with the CRF, as
far as it is known, tells where it is to be known better. First the clips of which least is known.

What samples take is a matter of durations alone. In the first round that is 3 s of a clip, 1.2 % of a long one, and a
quarter of a short one; in all rounds half as much again, or, where clips are short, twice as much. So all samples
together are never longer than half of the footage, nor than 3.75 % of clips of two minutes and more. A second of them
costs as much as 1.3 s of an encode.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

import attrs

from camvault.core.capacity.allocation_values import EncodeBatch, EncodeClip, EncodeSample, Sampled
from camvault.core.capacity.complexity.estimate import (
    REFERENCE,
    SAMPLE_EXCESS,
    SLOPE,
    Prediction,
    fixed_part,
    quarters_of,
)
from camvault.core.capacity.complexity.level import level_of, on_grid, wanted_bytes, with_floor
from camvault.core.capacity.complexity.lines import Line, line_through, straight
from camvault.core.capacity.complexity.sampling import FAR, SoFar, first_samples, unsampled
from camvault.core.capacity.complexity.worth import odds_of
from camvault.ports.media import ConstantQuality

_FIRST_S, _SHARE, _SHORT_SHARE = 3.0, 0.012, 0.25  # of a clip, for the first samples: at least; but at most
_MORE, _SHORT_MORE = 1.5, 2.0  # how many times as much in all rounds
_SHORTEST_S, _LONGEST_S = 1.2, 2.0  # the length of a stretch of a clip that has several
_FEWEST_S = 0.5  # less than that is no picture that moves
_MOST = 12  # stretches of a clip
_ROUNDS = 2  # how often samples are taken again nearer to the final CRF
_REACH = 48  # quarters from the nearest CRF that is known: beyond it the line is a guess
_STEEPEST, _FLATTEST = -0.2, -0.004  # of ln(size); white noise is the steepest
_ODDS, _ODDS_LEAST, _ODDS_MOST = 0.025, 0.001, 0.3  # how the odds of a loss rise

_Parts = Mapping[str, tuple[tuple[float, float], ...]]


def measured_so_far(batch: EncodeBatch, sampled: Mapping[EncodeSample, Sampled]) -> SoFar:
    """What the samples so far say."""
    parts = {clip.key: measured_stretches(clip.duration_s) for clip in batch.clips}
    wanted = first_samples(parts)
    known: dict[EncodeSample, Sampled] = {}
    left = _ROUNDS
    while True:
        if missing := unsampled(wanted, sampled):
            return SoFar(missing)
        known |= {sample: sampled[sample] for sample in wanted}
        predictions = with_floor(batch, _predictions(batch, parts, known))
        wanted = _nearer_samples(batch, predictions, parts, known) if left else []
        if not wanted:
            return SoFar((), tuple(predictions))
        left -= 1


def measured_stretches(duration_s: float) -> tuple[tuple[float, float], ...]:
    """Where to sample a clip: (start, length) pairs in seconds, spread evenly; one in the middle of a short clip."""
    budget_s = max(_FIRST_S, _SHARE * duration_s)
    if budget_s >= _SHORT_SHARE * duration_s:
        length_s = max(_SHORT_SHARE * duration_s, min(duration_s, _FEWEST_S))
        return (((duration_s - length_s) / 2, length_s),)
    length_s = min(_LONGEST_S, max(_SHORTEST_S, budget_s / 2))
    count = min(_MOST, math.floor(budget_s / length_s))
    return tuple(((i + 0.5) / count * duration_s - length_s / 2, length_s) for i in range(count))


def most_sampled_s(durations_s: Iterable[float]) -> float:
    """How many seconds of samples clips of these durations may take in all rounds."""
    budgets_s = ((s, max(_FIRST_S, _SHARE * s)) for s in durations_s)
    return math.fsum(
        _SHORT_MORE * _SHORT_SHARE * s if first_s >= _SHORT_SHARE * s else _MORE * first_s for s, first_s in budgets_s
    )


def _nearer_samples(
    batch: EncodeBatch, predictions: Sequence[Prediction], parts: _Parts, known: Mapping[EncodeSample, Sampled]
) -> list[EncodeSample]:
    """Every second stretch again, at the CRF that is foretold, where none near to it is known; the furthest first."""
    level = level_of(batch, predictions, spent=0.0)
    tried: dict[str, set[int]] = {prediction.clip.key: set() for prediction in predictions}
    for sample in known:
        tried[sample.key].add(quarters_of(sample))
    far: list[tuple[float, str, ConstantQuality]] = []
    for prediction in predictions:
        key = prediction.clip.key
        quarters = prediction.quarters_for(wanted_bytes(batch, prediction, level))
        near = min(tried[key], key=lambda at, quarters=quarters: (abs(at - quarters), at))  # type: ignore[misc]
        if abs(quarters - near) > FAR:
            rate = ConstantQuality(on_grid(batch, max(near - _REACH, min(near + _REACH, quarters))))
            far.append((-abs(quarters - near), key, rate))
    left_s = most_sampled_s(clip.duration_s for clip in batch.clips) - math.fsum(sample.length_s for sample in known)
    samples: list[EncodeSample] = []
    for _, key, rate in sorted(far, key=lambda one: one[:2]):
        again = [EncodeSample(key, at, length, rate) for at, length in parts[key][::2]]
        taken_s = math.fsum(sample.length_s for sample in again)
        if taken_s <= left_s + 1e-6:
            left_s -= taken_s
            samples += again
    return samples


# --- what they foretell ----------------------------------------------------------------------------------------------


@attrs.frozen
class _Seen:
    """What was measured of a clip at one CRF, beside what the same stretches gave at the reference."""

    size_bytes: int
    base_bytes: int
    quality: float | None
    base_quality: float | None


def _predictions(batch: EncodeBatch, parts: _Parts, known: Mapping[EncodeSample, Sampled]) -> list[Prediction]:
    """A prediction for each clip. One whose quality is not known counts as the others on the average, if any is."""
    by_key: dict[str, list[Sampled]] = {clip.key: [] for clip in batch.clips}
    for result in known.values():
        by_key[result.sample.key].append(result)
    found = [_prediction(batch, clip, parts[clip.key], by_key[clip.key]) for clip in batch.clips]
    measured = [prediction.odds.at(REFERENCE) for prediction in found if prediction.odds is not None]
    if not measured:
        return found
    usual = straight(_ODDS, through=(REFERENCE, math.fsum(measured) / len(measured)))
    return [attrs.evolve(prediction, odds=prediction.odds or usual) for prediction in found]


def _prediction(
    batch: EncodeBatch, clip: EncodeClip, parts: Sequence[tuple[float, float]], results: Sequence[Sampled]
) -> Prediction:
    seen = {quarters: _seen(results, quarters) for quarters in {quarters_of(result.sample) for result in results}}
    sizes = {at: math.log(max(1, one.size_bytes) / max(1, one.base_bytes)) for at, one in seen.items()}
    fall = line_through(sizes, usual=-SLOPE, least=_STEEPEST, most=_FLATTEST)
    sampled_s = math.fsum(length for _, length in parts)
    excess = SAMPLE_EXCESS if sampled_s < clip.duration_s else 1.0
    video = max(1.0, seen[REFERENCE].size_bytes / sampled_s * clip.duration_s * excess)
    return Prediction(clip, fixed_part(batch, clip), video, _moved_to_zero(fall), odds=_odds(seen))


def _moved_to_zero(fall: Line) -> Line:
    """The line with 0 at the reference, from which a bounded slope may have moved it."""
    here = fall.at(REFERENCE)
    return attrs.evolve(fall, points=tuple((quarters, value - here) for quarters, value in fall.points))


def _seen(results: Sequence[Sampled], quarters: int) -> _Seen:
    here = {r.sample.start_s: r for r in results if quarters_of(r.sample) == quarters}
    base = [r for r in results if quarters_of(r.sample) == REFERENCE and r.sample.start_s in here]
    return _Seen(
        sum(r.size_bytes for r in here.values()),
        sum(r.size_bytes for r in base),
        _mean_quality(list(here.values())),
        _mean_quality(base),
    )


def _mean_quality(results: Sequence[Sampled]) -> float | None:
    measured = [(r.quality, r.sample.length_s) for r in results if r.quality is not None]
    if len(measured) < len(results):
        return None
    seconds = math.fsum(length_s for _, length_s in measured)
    return math.fsum(quality * length_s for quality, length_s in measured) / seconds


def _odds(seen: Mapping[int, _Seen]) -> Line | None:
    """How the odds of what the quality lacks go; None if the quality at the reference is not known."""
    quality = seen[REFERENCE].quality
    if quality is None:
        return None
    odds = {
        at: odds_of(quality) + odds_of(one.quality) - odds_of(one.base_quality)
        for at, one in seen.items()
        if one.quality is not None and one.base_quality is not None
    }
    return line_through(odds, usual=_ODDS, least=_ODDS_LEAST, most=_ODDS_MOST)
