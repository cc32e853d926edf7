"""Pure: how much of what a program says is told, so that no log grows for ever.

A bucket of lines: so many at once, then so many an hour; what is left out is counted, and told with the next line.
"""

import attrs

_HOUR_S = 3600


@attrs.frozen(kw_only=True)
class TalkPolicy:
    """What is told: `burst` lines at once, and `per_hour` in the long run."""

    burst: int = attrs.field(default=200, validator=attrs.validators.ge(1))
    per_hour: int = attrs.field(default=60, validator=attrs.validators.ge(1))


@attrs.frozen(kw_only=True)
class Talk:
    """What was told so far.

    Attributes:
        left: Lines that may be told now.
        at_s: When that was so, in monotonic seconds.
        omitted: Lines that were left out since the last one that was told.
    """

    left: float
    at_s: float
    omitted: int = 0


def heard(talk: Talk | None, *, now_s: float, policy: TalkPolicy) -> tuple[Talk, bool]:
    """One more line: what was told with it, and whether it is told. `talk` is None before the first."""
    left = policy.burst if talk is None else talk.left + max(0.0, now_s - talk.at_s) * policy.per_hour / _HOUR_S
    left = min(left, policy.burst)
    if left < 1:
        omitted = 1 if talk is None else talk.omitted + 1
        return Talk(left=left, at_s=now_s, omitted=omitted), False
    return Talk(left=left - 1, at_s=now_s), True
