"""Pure: how many lines of a program's output are logged, so that no log grows without limit.

A line that came before, but for its numbers, is only counted for an hour. For all others there is a token bucket of
lines: `burst` lines at once, then `per_hour`. Lines that are omitted are counted, so that the next line that is logged
can say how many there were.
"""

import re
from collections.abc import Mapping

import attrs

_HOUR_S = 3600
_KINDS_MOST = 200
_NUMBER = re.compile(r"0x[0-9a-f]+|\d+")


@attrs.frozen(kw_only=True)
class LineLimit:
    """What is logged: `burst` lines at once, and `per_hour` in the long run."""

    burst: int = attrs.field(default=200, validator=attrs.validators.ge(1))
    per_hour: int = attrs.field(default=60, validator=attrs.validators.ge(1))


@attrs.frozen
class Repeated:
    """A kind of line: when it was told, in monotonic seconds, and how often it came since."""

    told_s: float
    count: int = 0


@attrs.frozen(kw_only=True)
class LineBudget:
    """The state of the bucket.

    Attributes:
        left: Lines that may be logged now.
        at_s: When that was so, in monotonic seconds.
        omitted: Lines that were omitted since the last one that was logged.
        kinds: The kinds of lines that were told last.
        repeated: How often a line like this one came since it was told last.
    """

    left: float
    at_s: float
    omitted: int = 0
    kinds: Mapping[str, Repeated] = attrs.field(factory=dict)
    repeated: int = 0


def spend_line(budget: LineBudget | None, line: str, *, now_s: float, policy: LineLimit) -> tuple[LineBudget, bool]:
    """Take one more line into account: the budget after it, and whether it is logged.

    `budget` is None before the first line.
    """
    known = budget or LineBudget(left=policy.burst, at_s=now_s)
    left = min(known.left + max(0.0, now_s - known.at_s) * policy.per_hour / _HOUR_S, policy.burst)
    known = attrs.evolve(known, left=left, at_s=now_s)
    kind = _NUMBER.sub("0", line)
    before = known.kinds.get(kind)
    if before is not None and now_s - before.told_s < _HOUR_S:
        kinds = {**known.kinds, kind: attrs.evolve(before, count=before.count + 1)}
        return attrs.evolve(known, kinds=kinds), False
    if left < 1:
        return attrs.evolve(known, omitted=known.omitted + 1), False
    others = [(other, told) for other, told in known.kinds.items() if other != kind]
    kinds = {**dict(others[-_KINDS_MOST:]), kind: Repeated(now_s)}
    repeated = before.count if before else 0
    return LineBudget(left=left - 1, at_s=now_s, kinds=kinds, repeated=repeated), True
