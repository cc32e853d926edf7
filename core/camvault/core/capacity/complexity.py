"""Pure: bits in proportion to complexity^exponent, found by short samples and a closed loop over the batch.

1. *Samples.* A few stretches of every clip at CRF 40; where the CRF that this suggests is far away, some of them again
   at that one. For clips of minutes they add up to at most 4 % of the footage.
2. *Encodes*, the largest first. For each the level of the whole batch is solved anew: what is encoded counts with its
   real size, the rest with its prediction, corrected by how wrong the predictions were so far.
3. *Corrections.* While the total is above the limit, or below 99 % of it and corrections were few, one clip is
   encoded again: the one that needs least work, and comes closer to its own best quality by it.

Complexity is the rate in bytes a second that a clip takes at CRF 40. With exponent 1 every clip has the same CRF, and
one noisy clip eats the disc; with 0 every clip has the same rate, and a moving one falls apart. 0.6 is x264's qcomp.
"""

import math
from collections.abc import Mapping, Sequence

import attrs

from camvault.core.capacity.encoding import (
    LAG,
    Action,
    Batch,
    Clip,
    Complexity,
    Encode,
    Encoded,
    Result,
    Sample,
    Sampled,
    firsts,
    standing,
    total_of,
)
from camvault.core.capacity.budget import CONTAINER_BYTES_PER_CLIP, CONTAINER_KBPS
from camvault.ports.media import ConstantQuality

REFERENCE = 160
"""CRF 40 in quarters, where complexity is measured."""

FINEST = 40
"""CRF 10: below it bits buy nothing that can be seen."""

COARSEST = 252
"""CRF 63, the end of SVT-AV1's range."""

FILL_AIM = 0.997
"""The share of the limit that is aimed at."""

FILL_MINIMUM = 0.99
"""Below this share of the limit bits are wasted, and a correction is worth its time."""

SLOPE = 0.019
"""How much ln(size) falls for each quarter of CRF: 7.2 % a CRF measured around CRF 40 with SVT-AV1 4."""

_SLOPES = (0.008, 0.04)
_AUDIO_SHARE = 0.93  # Opus stays below its nominal rate: 58 to 61 of 64 kbit/s measured
_DRIFT = 16  # how far the loop may move a clip from its first plan (quarters); the rest is left to corrections
_ODD = 0.4  # the most (in ln) that one clip's surprise says about the others
_SAMPLE_EXCESS = 0.85  # a whole clip against its stretches, each of which has a key frame: 0.53 to 0.94 measured
_FAR = 12  # from here on a second sample nearer to the final CRF pays
_SHORT_S, _LONG_S = 6.0, 60.0
_REACH = 24  # a correction moves a clip at most twice as far, and prefers shorter ways


@attrs.frozen
class Prediction:
    """What one clip will take: `known` are (quarters, video bytes) of its whole outputs, newest last."""

    clip: Clip
    fixed_bytes: float
    video_bytes: float
    """At `REFERENCE`."""
    slope: float
    known: tuple[tuple[int, float], ...] = ()

    def video_at(self, quarters: float) -> float:
        """Predicted bytes of the picture."""
        at, size = REFERENCE, self.video_bytes
        if self.known:
            at, size = min(self.known, key=lambda point: abs(point[0] - quarters))
        return size * math.exp(-self.slope * (quarters - at))

    def quarters_for(self, video_bytes: float) -> float:
        """The CRF, in quarters and within range, that should give this size."""
        at, size = REFERENCE, self.video_bytes
        if self.known:
            at, size = min(self.known, key=lambda point: abs(math.log(point[1] / max(1.0, video_bytes))))
        return min(COARSEST, max(FINEST, at + math.log(size / max(1.0, video_bytes)) / self.slope))


def stretches(duration_s: float) -> tuple[tuple[float, float], ...]:
    """Where to sample a clip: (start, length) pairs in seconds, spread evenly, 2.5 % of a long clip."""
    if duration_s <= _SHORT_S:
        return ((0.0, duration_s),)
    length = 2.0 if duration_s < _LONG_S else min(2.0, max(1.5, 0.0125 * duration_s))
    count = max(2, min(16, math.floor(0.025 * duration_s / length)))
    return tuple(((i + 0.5) / count * duration_s - length / 2, length) for i in range(count))


def next_actions(batch: Batch, results: Sequence[Result]) -> tuple[Action, ...]:
    """Samples, then encodes `LAG` at a time, then corrections one at a time; nothing at the end."""
    sampled = {result.sample: result.size_bytes for result in results if isinstance(result, Sampled)}
    firsts_wanted = _first_samples(batch)
    if missing := _unsampled(firsts_wanted, sampled):
        return missing
    rough = _predictions(batch, {sample: sampled[sample] for sample in firsts_wanted})
    seconds_wanted = _second_samples(batch, rough)
    if missing := _unsampled(seconds_wanted, sampled):
        return missing
    predictions = _predictions(batch, sampled)
    encoded = firsts(results)
    if len(encoded) < len(batch.clips):
        return _encodes(batch, predictions, encoded)
    return _correction(batch, predictions, results)


# --- samples ---------------------------------------------------------------------------------------------------------


def _unsampled(samples: Sequence[Sample], sampled: Mapping[Sample, int]) -> tuple[Action, ...]:
    return tuple(sample for sample in samples if sample not in sampled)


def _first_samples(batch: Batch) -> list[Sample]:
    return [
        Sample(clip.key, at, length, REFERENCE) for clip in batch.clips for at, length in stretches(clip.duration_s)
    ]


def _second_samples(batch: Batch, rough: Sequence[Prediction]) -> list[Sample]:
    """A third of the stretches again, at the CRF that the first ones suggest, where that is far from the reference."""
    level = _level(batch, rough, spent=0.0)
    samples = []
    for prediction in rough:
        quarters = _on_grid(batch, prediction.quarters_for(_wanted(batch, prediction, level)))
        if abs(quarters - REFERENCE) > _FAR:
            again = stretches(prediction.clip.duration_s)[1::3] or stretches(prediction.clip.duration_s)
            samples += [Sample(prediction.clip.key, at, length, quarters) for at, length in again]
    return samples


def _predictions(batch: Batch, sampled: Mapping[Sample, int]) -> list[Prediction]:
    by_key: dict[str, dict[Sample, int]] = {clip.key: {} for clip in batch.clips}
    for sample, size in sampled.items():
        by_key[sample.key][sample] = size
    return [_prediction(batch, clip, by_key[clip.key]) for clip in batch.clips]


def _prediction(batch: Batch, clip: Clip, sizes: Mapping[Sample, int]) -> Prediction:
    base = {sample.start_s: size for sample, size in sizes.items() if sample.crf_quarters == REFERENCE}
    sampled_s = math.fsum(length for _, length in stretches(clip.duration_s))
    audio_kbps = batch.audio_kbps * _AUDIO_SHARE if clip.has_audio else 0.0
    fixed = CONTAINER_BYTES_PER_CLIP + clip.duration_s * (audio_kbps + CONTAINER_KBPS) * 125
    excess = _SAMPLE_EXCESS if sampled_s < clip.duration_s else 1.0
    video = max(1.0, sum(base.values()) / sampled_s * clip.duration_s * excess)
    return Prediction(clip, fixed, video, _sampled_slope(base, sizes))


def _sampled_slope(base: Mapping[float, int], sizes: Mapping[Sample, int]) -> float:
    """How fast this clip's size falls, from the stretches that were sampled at two CRFs."""
    others = {sample: size for sample, size in sizes.items() if sample.crf_quarters != REFERENCE}
    if not others:
        return SLOPE
    there = max(1, sum(others.values()))
    here = max(1, sum(base[sample.start_s] for sample in others))
    return _slope(math.log(here / there), next(iter(others)).crf_quarters - REFERENCE)


def _slope(fall: float, quarters: int) -> float:
    """`fall` of ln(size) over `quarters`, within what encoders do."""
    return min(_SLOPES[1], max(_SLOPES[0], fall / quarters))


# --- the level -------------------------------------------------------------------------------------------------------


def _policy(batch: Batch) -> Complexity:
    assert isinstance(batch.policy, Complexity)  # noqa: S101 - what `next_step` dispatches on
    return batch.policy


def _on_grid(batch: Batch, quarters: float) -> int:
    step = _policy(batch).crf_step_quarters
    return min(COARSEST, max(FINEST, round(quarters / step) * step))


def _weight(batch: Batch, prediction: Prediction) -> float:
    """The clip's part of the bits: duration x complexity^exponent."""
    duration_s = prediction.clip.duration_s
    return duration_s * math.pow(prediction.video_bytes / duration_s, _policy(batch).exponent)


def _bounds(prediction: Prediction) -> tuple[float, float]:
    """The least and the most bytes of picture that make sense: the CRF's range, and what the original has."""
    least = prediction.video_at(COARSEST)
    most = min(prediction.video_at(FINEST), prediction.clip.size_bytes - prediction.fixed_bytes)
    return least, max(least, most)


def _wanted(batch: Batch, prediction: Prediction, level: float) -> float:
    """Bytes of picture for this clip at `level`."""
    least, most = _bounds(prediction)
    return min(most, max(least, level * _weight(batch, prediction)))


def _level(batch: Batch, predictions: Sequence[Prediction], *, spent: float) -> float:
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


# --- the loop --------------------------------------------------------------------------------------------------------


def _encodes(batch: Batch, predictions: Sequence[Prediction], encoded: Mapping[str, Encoded]) -> tuple[Action, ...]:
    """The clips whose turn it is: every place whose predecessors up to `LAG` before are encoded."""
    base = _level(batch, predictions, spent=0.0)
    queue = sorted(predictions, key=lambda p: (-_wanted(batch, p, base), p.clip.key))
    chosen: list[int] = []
    actions: list[Action] = []
    for place, prediction in enumerate(queue):
        past = queue[: max(0, place - LAG + 1)]
        if any(p.clip.key not in encoded for p in past):
            break
        done = encoded.get(prediction.clip.key)
        if done is not None:
            chosen.append(_quarters(done))
            continue
        chosen.append(_choose(batch, queue, chosen, past={p.clip.key: encoded[p.clip.key] for p in past}, base=base))
        settings = batch.settings(ConstantQuality(chosen[-1]))
        actions.append(Encode(prediction.clip.key, settings, f"place {place + 1} of {len(queue)}"))
    return tuple(actions)


def _choose(
    batch: Batch,
    queue: Sequence[Prediction],
    chosen: Sequence[int],
    *,
    past: Mapping[str, Encoded],
    base: float,
) -> int:
    """The CRF for the clip after the `chosen` ones, from what is known of the places at least `LAG` before it."""
    place = len(chosen)
    bias = _bias(queue, past)
    spent = float(sum(encoded.size_bytes for encoded in past.values()))
    for flying, its_quarters in zip(queue[len(past) : place], chosen[len(past) :], strict=True):
        spent += flying.fixed_bytes + bias * flying.video_at(its_quarters)
    rest = [attrs.evolve(p, video_bytes=p.video_bytes * bias) for p in queue[place:]]
    level = _level(batch, rest, spent=spent)
    planned = queue[place].quarters_for(_wanted(batch, queue[place], base))
    quarters = rest[0].quarters_for(_wanted(batch, rest[0], level))
    return _on_grid(batch, min(planned + _DRIFT, max(planned - _DRIFT, quarters)))


def _bias(queue: Sequence[Prediction], past: Mapping[str, Encoded]) -> float:
    """By what factor outputs were bigger than predicted so far.

    Two imagined exact clips, and a bound on what one clip may say, keep an odd one from shifting all others.
    """
    logs = [
        _bounded_log(_video_bytes(p, past[p.clip.key]) / p.video_at(_quarters(past[p.clip.key])))
        for p in queue
        if p.clip.key in past
    ]
    return math.exp(math.fsum(logs) / (len(logs) + 2))


def _bounded_log(factor: float) -> float:
    return min(_ODD, max(-_ODD, math.log(factor)))


def _quarters(encoded: Encoded) -> int:
    assert isinstance(encoded.rate, ConstantQuality)  # noqa: S101 - nothing else is offered here
    return encoded.rate.crf_quarters


def _video_bytes(prediction: Prediction, encoded: Encoded) -> float:
    """The picture's part of an output; silence takes less than the fixed part says, so not below a tenth."""
    return max(encoded.size_bytes - prediction.fixed_bytes, 0.1 * encoded.size_bytes, 1.0)


# --- corrections -----------------------------------------------------------------------------------------------------


def _correction(batch: Batch, predictions: Sequence[Prediction], results: Sequence[Result]) -> tuple[Action, ...]:
    outputs = standing(results)
    total = total_of(outputs)
    if FILL_MINIMUM * batch.limit_bytes <= total <= batch.limit_bytes:
        return ()
    if total <= batch.limit_bytes and not _is_filling_worth_it(batch, results):
        return ()
    moves = _moves(batch, [_informed(p, results) for p in predictions], outputs, total)
    if not moves:
        return ()
    best = min(moves, key=lambda move: move.merit)
    why = f"the total is {total / max(1, batch.limit_bytes):.2%} of the limit"
    return (Encode(best.key, batch.settings(ConstantQuality(best.quarters)), why),)


def _is_filling_worth_it(batch: Batch, results: Sequence[Result]) -> bool:
    """Whether the corrections so far were few, and cost less than encoding all footage once more."""
    durations_s = {clip.key: clip.duration_s for clip in batch.clips}
    encoded = [durations_s[result.key] for result in results if isinstance(result, Encoded)]
    is_few = len(encoded) - len(durations_s) < 6 + len(durations_s) // 4
    return is_few and math.fsum(encoded) < 2 * math.fsum(durations_s.values())


@attrs.frozen
class _Move:
    """One clip encoded again: the smaller `merit`, the better."""

    key: str
    quarters: int
    merit: tuple[float, float, str]


def _informed(prediction: Prediction, results: Sequence[Result]) -> Prediction:
    """The prediction with all outputs of the clip in it, and the slope between the outermost two of them."""
    points = {
        _quarters(r): _video_bytes(prediction, r)
        for r in results
        if isinstance(r, Encoded) and r.key == prediction.clip.key
    }
    slope = prediction.slope
    if len(points) > 1:
        first, last = min(points), max(points)
        slope = _slope(math.log(points[first] / points[last]), last - first)
    return attrs.evolve(prediction, known=tuple(points.items()), slope=slope)


def _moves(batch: Batch, informed: Sequence[Prediction], outputs: Mapping[str, Encoded], total: int) -> list[_Move]:
    """What one more encode of each clip could do for the total."""
    level = _level(batch, informed, spent=0.0)
    gap = FILL_AIM * batch.limit_bytes - total
    seconds = math.fsum(p.clip.duration_s for p in informed)
    moves = []
    for p in informed:
        now = _quarters(outputs[p.clip.key])
        video = _video_bytes(p, outputs[p.clip.key])
        quarters = _move_of(batch, p, now, video + gap)
        if quarters is None:
            continue
        left = abs(gap - (p.video_at(quarters) - video))
        if gap > 0 and p.video_at(quarters) - video > batch.limit_bytes - total:
            continue
        best = p.quarters_for(_wanted(batch, p, level))
        effort = abs(quarters - best) / _REACH + p.clip.duration_s / seconds
        moves.append(_Move(p.clip.key, quarters, (max(0.0, left / batch.limit_bytes - 0.003), effort, p.clip.key)))
    return moves


def _move_of(batch: Batch, prediction: Prediction, now: int, video_bytes: float) -> int | None:
    """The nearest CRF not tried yet, in the direction of `video_bytes`; None if there is none."""
    step = _policy(batch).crf_step_quarters
    is_shrinking = video_bytes < prediction.video_at(now)
    wanted = prediction.quarters_for(video_bytes)
    tried = {quarters for quarters, _ in prediction.known}
    if is_shrinking:
        start = max(_on_grid(batch, min(wanted, now + 2 * _REACH)), now + step)
        candidates = [*range(start, COARSEST + 1, step), *range(start - step, now, -step)]
    else:
        start = min(_on_grid(batch, max(wanted, now - 2 * _REACH)), now - step)
        candidates = [*range(start, now, step), *range(start - step, FINEST - 1, -step)]
    return next((quarters for quarters in candidates if quarters not in tried and FINEST <= quarters <= COARSEST), None)
