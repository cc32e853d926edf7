"""Pure: how many lines of a program's output are logged, so that no log grows without limit.

A token bucket of lines: `burst` lines at once, then `per_hour`. Lines that are omitted are counted, so that the next
line that is logged can say how many there were.
"""

import attrs

_HOUR_S = 3600


@attrs.frozen(kw_only=True)
class LineLimit:
    """What is logged: `burst` lines at once, and `per_hour` in the long run."""

    burst: int = attrs.field(default=200, validator=attrs.validators.ge(1))
    per_hour: int = attrs.field(default=60, validator=attrs.validators.ge(1))


@attrs.frozen(kw_only=True)
class LineBudget:
    """The state of the bucket.

    Attributes:
        left: Lines that may be logged now.
        at_s: When that was so, in monotonic seconds.
        omitted: Lines that were omitted since the last one that was logged.
    """

    left: float
    at_s: float
    omitted: int = 0


def spend_line(budget: LineBudget | None, *, now_s: float, policy: LineLimit) -> tuple[LineBudget, bool]:
    """Take one more line into account: the budget after it, and whether it is logged.

    `budget` is None before the first line.
    """
    left = policy.burst if budget is None else budget.left + max(0.0, now_s - budget.at_s) * policy.per_hour / _HOUR_S
    left = min(left, policy.burst)
    if left < 1:
        omitted = 1 if budget is None else budget.omitted + 1
        return LineBudget(left=left, at_s=now_s, omitted=omitted), False
    return LineBudget(left=left - 1, at_s=now_s), True
