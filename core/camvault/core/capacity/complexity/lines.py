"""Pure: lines through a few measured points, which rise or fall with the CRF as fast as encoders do, and no faster."""

import itertools
import math
from collections.abc import Mapping

import attrs


@attrs.frozen
class Line:
    """A line from point to point, as (quarters of CRF, value); before the first and after the last it goes on straight.

    It rises all the way, or falls all the way.
    """

    points: tuple[tuple[float, float], ...] = attrs.field(validator=attrs.validators.min_len(1))
    slope_before: float
    slope_after: float

    def at(self, quarters: float) -> float:
        """The value at this CRF."""
        (first, value), (last, end_value) = self.points[0], self.points[-1]
        if quarters <= first:
            return value + self.slope_before * (quarters - first)
        if quarters >= last:
            return end_value + self.slope_after * (quarters - last)
        before, after = next(
            (one, other) for one, other in itertools.pairwise(self.points) if one[0] <= quarters <= other[0]
        )
        return before[1] + (after[1] - before[1]) * (quarters - before[0]) / (after[0] - before[0])

    def where(self, value: float) -> float:
        """The CRF, in quarters and without an end, at which the line has this value."""
        sign = math.copysign(1.0, self.slope_after)
        if sign * (value - self.points[0][1]) <= 0:
            return self.points[0][0] + (value - self.points[0][1]) / self.slope_before
        for (at, here), (after, there) in itertools.pairwise(self.points):
            if sign * (value - there) <= 0:
                return at + (after - at) * (value - here) / (there - here)
        return self.points[-1][0] + (value - self.points[-1][1]) / self.slope_after


def straight(slope: float, *, through: tuple[float, float]) -> Line:
    """The straight line with this slope through a point."""
    return Line((through,), slope, slope)


def line_through(points: Mapping[int, float], *, usual: float, least: float, most: float) -> Line:
    """A line through values that were measured at some CRFs; at least one.

    `least` and `most` bound the slope between two points, and have one sign; `usual` is that of a single point. The
    point in the middle is kept where slopes are bounded.
    """
    at = sorted(points)
    slopes = [
        min(most, max(least, (points[after] - points[before]) / (after - before)))
        for before, after in itertools.pairwise(at)
    ]
    if not slopes:
        return straight(usual, through=(at[0], points[at[0]]))
    middle = len(at) // 2
    values = {at[middle]: points[at[middle]]}
    for place in range(middle, len(slopes)):
        values[at[place + 1]] = values[at[place]] + slopes[place] * (at[place + 1] - at[place])
    for place in range(middle - 1, -1, -1):
        values[at[place]] = values[at[place + 1]] - slopes[place] * (at[place + 1] - at[place])
    return Line(tuple((quarters, values[quarters]) for quarters in at), slopes[0], slopes[-1])
