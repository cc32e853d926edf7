"""Pure: the days on which a camera left no footage, between its first day and now."""

import itertools
from collections.abc import Collection
from datetime import date, timedelta

import attrs

_DAY = timedelta(days=1)


@attrs.frozen
class DayGap:
    """Days without any footage, the first and the last included; `is_open`: none came since."""

    first: date
    last: date
    is_open: bool = False

    @property
    def day_count(self) -> int:
        """At least 1."""
        return (self.last - self.first).days + 1


def day_gaps(days: Collection[date], *, until: date) -> tuple[DayGap, ...]:
    """The gaps of a camera that has footage of these days, the oldest first.

    Args:
        days: In any order; without any there is no first day, and no gap.
        until: The last day that is over; a day after it can be no gap.
    """
    ordered = sorted(set(days))
    between = itertools.pairwise(ordered)
    gaps = [DayGap(one + _DAY, other - _DAY) for one, other in between if other - one > _DAY]
    if ordered and ordered[-1] < until:
        gaps.append(DayGap(ordered[-1] + _DAY, until, is_open=True))
    return tuple(gaps)
