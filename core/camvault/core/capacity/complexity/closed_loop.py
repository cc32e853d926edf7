"""Pure: the closed loop over a batch: samples, then encodes, then corrections.

1. *Samples* (modules `sampling` and `measuring`). A few stretches of every clip at CRF 40; where the CRF that this
   suggests is far away, some of them again at that one. For clips of minutes they add up to at most 4 % of the footage.
2. *Encodes*, the largest first. For each the level of the whole batch is solved anew: a clip that is encoded counts
   with its real size, every other one with its prediction, corrected by how wrong the predictions were so far.
3. *Corrections* (module `corrections`), one clip at a time.
"""

import math
from collections.abc import Mapping, Sequence

import attrs

from camvault.core.capacity.allocation_values import (
    LAG,
    Encode,
    EncodeAction,
    EncodeBatch,
    Encoded,
    EncodeResult,
    Sampled,
    firsts,
)
from camvault.core.capacity.complexity.corrections import next_correction
from camvault.core.capacity.complexity.estimate import Prediction, quarters_of, video_bytes_of
from camvault.core.capacity.complexity.level import is_measuring, level_of, on_grid, wanted_bytes
from camvault.core.capacity.complexity.measuring import measured_so_far
from camvault.core.capacity.complexity.sampling import sampled_so_far
from camvault.ports.media import ConstantQuality

_DRIFT = 16  # how far the loop may move a clip from its first plan (quarters); the rest is left to corrections
_ODD = 0.4  # the most (in ln) by which one clip's wrong prediction may correct those of the others


def next_actions(batch: EncodeBatch, results: Sequence[EncodeResult]) -> tuple[EncodeAction, ...]:
    """Samples, then encodes `LAG` at a time, then corrections one at a time; nothing at the end."""
    sampled = {result.sample: result for result in results if isinstance(result, Sampled)}
    found = measured_so_far(batch, sampled) if is_measuring(batch) else sampled_so_far(batch, sampled)
    if found.missing:
        return found.missing
    encoded = firsts(results)
    if len(encoded) < len(batch.clips):
        return _encodes(batch, found.predictions, encoded)
    return next_correction(batch, found.predictions, results)


def _encodes(
    batch: EncodeBatch, predictions: Sequence[Prediction], encoded: Mapping[str, Encoded]
) -> tuple[EncodeAction, ...]:
    """The clips whose turn it is: every place whose predecessors up to `LAG` before are encoded."""
    base = level_of(batch, predictions, spent=0.0)
    queue = sorted(predictions, key=lambda p: (-wanted_bytes(batch, p, base), p.clip.key))
    chosen: list[int] = []
    actions: list[EncodeAction] = []
    for place, prediction in enumerate(queue):
        past = queue[: max(0, place - LAG + 1)]
        if any(p.clip.key not in encoded for p in past):
            break
        done = encoded.get(prediction.clip.key)
        if done is not None:
            chosen.append(quarters_of(done))
            continue
        chosen.append(_choose(batch, queue, chosen, past={p.clip.key: encoded[p.clip.key] for p in past}, base=base))
        settings = batch.settings(ConstantQuality(chosen[-1]))
        actions.append(Encode(prediction.clip.key, settings, f"place {place + 1} of {len(queue)}"))
    return tuple(actions)


def _choose(
    batch: EncodeBatch,
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
    level = level_of(batch, rest, spent=spent)
    planned = queue[place].quarters_for(wanted_bytes(batch, queue[place], base))
    quarters = rest[0].quarters_for(wanted_bytes(batch, rest[0], level))
    return on_grid(batch, min(planned + _DRIFT, max(planned - _DRIFT, quarters)))


def _bias(queue: Sequence[Prediction], past: Mapping[str, Encoded]) -> float:
    """By what factor outputs were bigger than predicted so far.

    Two imagined exact clips, and a bound on what one clip may say, keep an odd one from shifting all others.
    """
    logs = [
        _bounded_log(video_bytes_of(p, past[p.clip.key]) / p.video_at(quarters_of(past[p.clip.key])))
        for p in queue
        if p.clip.key in past
    ]
    return math.exp(math.fsum(logs) / (len(logs) + 2))


def _bounded_log(factor: float) -> float:
    return min(_ODD, max(-_ODD, math.log(factor)))
