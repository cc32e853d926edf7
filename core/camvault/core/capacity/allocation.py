"""Pure: which bits go to which clip. One step function decides from the results so far what to encode next.

What the workflow must do:

1. It keeps `results`, a growing list of `Sampled` and `Encoded`, and stores it with the progress.
2. It asks `next_encodes(batch, results)` and starts any of the actions that are not running yet, as many at once as
   it likes. An action that was offered stays offered until its result is in `results`.
3. An `EncodeSample` that ended is appended as `Sampled`. For an `Encode` that ended with `size_bytes`, `judged(...)`
   makes the `Encoded`. Only if it `is_accepted`, the temporary file replaces the clip's output (if there is one); else
   the temporary file is removed. The result is appended and stored *before* the output gets its final name. After a
   crash in between, or whenever a clip's file has not the size of its `standing` result, all `Encoded` of that clip are
   taken out of `results`, and `next_encodes` is asked again.
4. When nothing is offered any more, the job is done. What the outputs take together may still be above the limit: then
   no settings make them fit.
5. A clip may be marked done once its key is in `settled`. A correction may still replace its output by another
   complete one.

What is offered depends on results only, not on their order in time nor on how many actions ran at once: clips are
taken in a fixed order, the settings of one depend on clips at least `LAG` places before it, and corrections are made
one at a time. A job that was stopped and resumed gives the same outputs as one that was not, and so does any number of
`--jobs`. (An encoder that uses several threads does not make the same bytes twice of one `TargetBitrate`; of one
`ConstantQuality` it does.)

`ConstantRate` (module `constant_rate`): the specification's one bitrate. If it is open, samples come first, and once
`settled_kbps` tells the rate, it is stored as that of the batch: no later step asks for another one. Clips are encoded
again at a lower rate if the total would not fit otherwise, and at a higher one if it leaves room.

`ComplexityRate` (module `complexity`): bits where the picture needs them, in a closed loop.

    results = []
    while actions := next_encodes(batch, results):
        action = actions[0]
        if isinstance(action, EncodeSample):
            results.append(Sampled(action, sample(action)))
        else:
            results.append(judged(batch, results, action, size_bytes=encode(action)))
"""

from collections.abc import Sequence

from camvault.core.capacity import complexity, constant_rate
from camvault.core.capacity.allocation_values import (
    LAG,
    ComplexityRate,
    ConstantRate,
    Encode,
    EncodeAction,
    EncodeBatch,
    EncodeClip,
    Encoded,
    EncodeResult,
    EncodeSample,
    Sampled,
    standing,
    total_of,
)
from camvault.core.capacity.constant_rate import settled_kbps

__all__ = [
    "LAG",
    "ComplexityRate",
    "ConstantRate",
    "Encode",
    "EncodeAction",
    "EncodeBatch",
    "EncodeClip",
    "EncodeResult",
    "EncodeSample",
    "Encoded",
    "Sampled",
    "judged",
    "next_encodes",
    "settled",
    "settled_kbps",
    "standing",
]


def next_encodes(batch: EncodeBatch, results: Sequence[EncodeResult]) -> tuple[EncodeAction, ...]:
    """The samples and encodes that may be made now; none when the job is finished."""
    if isinstance(batch.policy, ConstantRate):
        return constant_rate.next_actions(batch, results)
    return complexity.next_actions(batch, results)


def judged(batch: EncodeBatch, results: Sequence[EncodeResult], action: Encode, *, size_bytes: int) -> Encoded:
    """The result of an `Encode`, and whether it becomes the clip's output.

    The first output of a clip is always accepted. A later one is accepted if it lowers a total above the limit, or
    raises a total within the limit and stays within it.
    """
    outputs = standing(results)
    before = outputs.get(action.key)
    rate = action.settings.rate
    if before is None:
        return Encoded(action.key, rate, size_bytes)
    total = total_of(outputs)
    growth = size_bytes - before.size_bytes
    is_better = growth < 0 if total > batch.limit_bytes else growth > 0 and total + growth <= batch.limit_bytes
    return Encoded(action.key, rate, size_bytes, is_accepted=is_better)


def settled(batch: EncodeBatch, results: Sequence[EncodeResult]) -> frozenset[str]:
    """The clips that may be marked done now. May only grow while a job runs, except for corrections of the total."""
    if isinstance(batch.policy, ConstantRate):
        return constant_rate.settled(batch, results)
    return frozenset(standing(results))
