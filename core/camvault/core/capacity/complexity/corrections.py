"""Pure: corrections after all clips are encoded: which clip is encoded again, and at which CRF.

While the total is above the limit, or below 99 % of it and corrections were few, one clip is encoded again: the one
that needs least work, and comes closer to its own best quality by it. None is foretold to get less than the batch's
`min_kbps` for its picture, and a move of more than one CRF is foretold with the steepest fall that encoders show: a
slope from samples, or from two outputs close to each other, may be wrong by a factor.
"""

import math
from collections.abc import Mapping, Sequence

import attrs

from camvault.core.capacity.allocation_values import (
    Encode,
    EncodeAction,
    EncodeBatch,
    Encoded,
    EncodeResult,
    standing,
    total_of,
)
from camvault.core.capacity.complexity.estimate import (
    COARSEST,
    FINEST,
    Prediction,
    falling,
    quarters_of,
    slope_of,
    video_bytes_of,
)
from camvault.core.capacity.complexity.level import FILL_AIM, crf_step, level_of, on_grid, wanted_bytes
from camvault.ports.media import ConstantQuality

FILL_MINIMUM = 0.99
"""Below this share of the limit bits are wasted, and a correction is worth its time."""

_REACH = 24  # a correction moves a clip by at most twice as many quarters of CRF, and prefers shorter ways


def next_correction(
    batch: EncodeBatch, predictions: Sequence[Prediction], results: Sequence[EncodeResult]
) -> tuple[EncodeAction, ...]:
    """The one clip to encode again; nothing if the total is good enough, or no clip can bring it nearer to that."""
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


def _is_filling_worth_it(batch: EncodeBatch, results: Sequence[EncodeResult]) -> bool:
    """Whether the corrections so far were few, and cost less than encoding all footage once more."""
    durations_s = {clip.key: clip.duration_s for clip in batch.clips}
    encoded = [durations_s[result.key] for result in results if isinstance(result, Encoded)]
    is_few = len(encoded) - len(durations_s) < 6 + len(durations_s) // 4
    return is_few and math.fsum(encoded) < 2 * math.fsum(durations_s.values())


@attrs.frozen
class _Move:
    """One clip encoded again at another CRF; the move with the smallest `merit` is the best."""

    key: str
    quarters: int
    merit: tuple[float, float, str]


def _informed(prediction: Prediction, results: Sequence[EncodeResult]) -> Prediction:
    """The prediction with all outputs of the clip in it, and the slope between the outermost two of them."""
    points = {
        quarters_of(r): video_bytes_of(prediction, r)
        for r in results
        if isinstance(r, Encoded) and r.key == prediction.clip.key
    }
    fall = prediction.fall
    if len(points) > 1:
        first, last = min(points), max(points)
        fall = falling(slope_of(math.log(points[first] / points[last]), last - first))
    return attrs.evolve(prediction, known=tuple(points.items()), fall=fall)


def _moves(
    batch: EncodeBatch, informed: Sequence[Prediction], outputs: Mapping[str, Encoded], total: int
) -> list[_Move]:
    """What one more encode of each clip could do for the total."""
    level = level_of(batch, informed, spent=0.0)
    gap = FILL_AIM * batch.limit_bytes - total
    seconds = math.fsum(p.clip.duration_s for p in informed)
    moves = []
    for p in informed:
        now = quarters_of(outputs[p.clip.key])
        video = video_bytes_of(p, outputs[p.clip.key])
        quarters = _move_of(batch, p, now, video + gap)
        if quarters is None:
            continue
        left = abs(gap - (p.video_at(quarters) - video))
        if gap > 0 and p.video_at(quarters) - video > batch.limit_bytes - total:
            continue
        best = p.quarters_for(wanted_bytes(batch, p, level))
        effort = abs(quarters - best) / _REACH + p.clip.duration_s / seconds
        moves.append(_Move(p.clip.key, quarters, (max(0.0, left / batch.limit_bytes - 0.003), effort, p.clip.key)))
    return moves


def _move_of(batch: EncodeBatch, prediction: Prediction, now: int, video_bytes: float) -> int | None:
    """The nearest CRF not tried yet, in the direction of `video_bytes`; None if there is none."""
    step = crf_step(batch)
    is_shrinking = video_bytes < prediction.video_at(now)
    wanted = prediction.quarters_for(video_bytes)
    tried = {quarters for quarters, _ in prediction.known}
    least = batch.min_kbps * 125 * prediction.clip.duration_s if is_shrinking else 0.0
    if is_shrinking:
        start = max(on_grid(batch, min(wanted, now + 2 * _REACH)), now + step)
        candidates = [*range(start, COARSEST + 1, step), *range(start - step, now, -step)]
    else:
        start = min(on_grid(batch, max(wanted, now - 2 * _REACH)), now - step)
        candidates = [*range(start, now, step), *range(start - step, FINEST - 1, -step)]
    fit = (
        quarters
        for quarters in candidates
        if quarters not in tried and FINEST <= quarters <= COARSEST and _foretold(prediction, quarters, step) >= least
    )
    return next(fit, None)


def _foretold(prediction: Prediction, quarters: int, step: int) -> float:
    """The picture's bytes, with as little as can be expected of a CRF that is more than one step from any output."""
    is_near = any(abs(quarters - known) <= step for known, _ in prediction.known)
    return prediction.video_at(quarters) if is_near else prediction.least_at(quarters)
