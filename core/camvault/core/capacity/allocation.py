"""Pure: which bits go to which clip. One step function decides from the results so far what to encode next.

The workflow's part of the bargain:

1. Keep `results`, a growing list of `Sampled` and `Encoded`, and store it with the progress.
2. Ask `next_step(batch, results)`. Start any of its `actions` that are not running yet, as many at once as it likes.
   An action that was offered stays offered until its result is in `results`.
3. A `Sample` that ended is appended as `Sampled`. For an `Encode` that ended with `size_bytes`, `judged(...)` makes the
   `Encoded`; only if it `is_accepted` the temporary file replaces the clip's output (if there is one), else it goes.
   Append and store the result *before* the output gets its final name. After a crash in between, or whenever a clip's
   file has not the size of its `standing` result, take all `Encoded` of that clip out of `results` and ask again.
4. `Step.is_done` ends the job; then `total_bytes` is final, and `is_within_limit` tells exit 0 from exit 2.
5. A clip may be marked done once its key is in `settled`. A correction may still replace its output by another
   complete one.

What is offered depends on results only, not on their order in time nor on how many actions ran at once: clips are
taken in a fixed order, the settings of one depend on clips at least `LAG` places before it, and corrections are made
one at a time. A job that was stopped goes on as if it had not been, and `--jobs` changes nothing. (The bytes that an
encoder makes of one `TargetBitrate` with several threads are not the same twice, whatever N; those of one
`ConstantQuality` are.)

`Constant` (module `constant`): the specification's one bitrate; what overshot is encoded again at a lower one if the
total would not fit otherwise. `Complexity` (module `complexity`): bits where the picture needs them, in a closed loop.

    results = []
    while not (step := next_step(batch, results)).is_done:
        action = step.actions[0]
        if isinstance(action, Sample):
            results.append(Sampled(action, sample(action)))
        else:
            results.append(judged(batch, results, action, size_bytes=encode(action)))
"""

from collections.abc import Sequence

from camvault.core.capacity import complexity
from camvault.core.capacity import constant_rate as constant
from camvault.core.capacity.encoding import (
    LAG,
    Action,
    Batch,
    Clip,
    Complexity,
    Constant,
    Encode,
    Encoded,
    Result,
    Sample,
    Sampled,
    Step,
    standing,
    total_of,
)
from camvault.core.capacity.budget import discs_needed

__all__ = [
    "LAG",
    "Action",
    "Batch",
    "Clip",
    "Complexity",
    "Constant",
    "Encode",
    "Encoded",
    "Result",
    "Sample",
    "Sampled",
    "Step",
    "judged",
    "next_step",
    "settled",
    "standing",
]


def next_step(batch: Batch, results: Sequence[Result]) -> Step:
    """What may be done now; no actions when the job is finished."""
    policy = constant if isinstance(batch.policy, Constant) else complexity
    outputs = standing(results)
    total = total_of(outputs)
    sizes = [output.size_bytes for output in outputs.values()]
    return Step(
        actions=policy.next_actions(batch, results),
        total_bytes=total,
        is_within_limit=total <= batch.limit_bytes,
        disc_count=discs_needed(sizes, limit_bytes=batch.limit_bytes),
    )


def judged(batch: Batch, results: Sequence[Result], action: Encode, *, size_bytes: int) -> Encoded:
    """The result of an `Encode`, and whether it becomes the clip's output.

    The first output of a clip always does. A later one does if it brings a total over the limit down, or fills one
    within the limit better without leaving it.
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


def settled(batch: Batch, results: Sequence[Result]) -> frozenset[str]:
    """The clips that may be marked done now. May only grow while a job runs, except for corrections of the total."""
    if isinstance(batch.policy, Constant):
        return constant.settled(batch, results)
    return frozenset(standing(results))
