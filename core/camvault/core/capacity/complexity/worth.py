"""Pure: what bits are worth to a clip: how much its quality gains by them, and where they buy no more.

Quality is VMAF's: 0 to 100. What it lacks of 100, as the logarithm of its odds, goes with the CRF almost straight. The
gain for a byte falls as the picture gets better; where it would rise, at the low end of pictures that break up, the
straight way to the point at which that ends is taken instead.
"""

import bisect
import functools
import itertools
import math

import attrs

from camvault.core.capacity.complexity.lines import Line

_STEP = 4  # quarters of CRF between two points at which the gain is reckoned
_LEAST_LOSS, _MOST_LOSS = 0.3, 99.0  # what measures tell of the ends is not more exact


def odds_of(quality: float) -> float:
    """The logarithm of the odds of what a quality lacks."""
    loss = min(_MOST_LOSS, max(_LEAST_LOSS, 100 - quality))
    return math.log(loss / (100 - loss))


def quality_of(odds: float) -> float:
    """The quality of which these are the `odds_of`."""
    return 100 / (1 + math.exp(min(50.0, odds)))


@attrs.frozen
class Worth:
    """The gains of one clip: `places` are CRFs in quarters, falling; `thrifts` the ln(bytes for a point) there, rising.

    Bytes are parts of what the picture takes at the reference CRF.
    """

    thrifts: tuple[float, ...]
    places: tuple[float, ...]

    def quarters_at(self, thrift: float) -> float:
        """The CRF to which a clip goes if so much (ln) may be paid for one point of quality."""
        after = bisect.bisect_left(self.thrifts, thrift)
        if after == 0:
            return self.places[0]
        if after == len(self.thrifts):
            return self.places[-1]
        low, high = self.thrifts[after - 1], self.thrifts[after]
        part = (thrift - low) / (high - low)
        return self.places[after - 1] + part * (self.places[after] - self.places[after - 1])


@functools.lru_cache(maxsize=4096)
def worth_of(fall: Line, odds: Line, *, finest: int, coarsest: int) -> Worth:
    """What bits are worth to a clip whose size (ln) and whose odds go along these lines."""
    hull: list[tuple[float, float, float]] = []  # size, quality, quarters
    for quarters in range(coarsest, finest - 1, -_STEP):
        point = (math.exp(fall.at(quarters)), quality_of(odds.at(quarters)), float(quarters))
        while len(hull) > 1 and _gain(hull[-2], hull[-1]) <= _gain(hull[-1], point):
            hull.pop()
        hull.append(point)
    pairs = list(itertools.pairwise(hull))
    thrifts = tuple(-math.log(max(1e-12, _gain(before, after))) for before, after in pairs)
    places = tuple((before[2] + after[2]) / 2 for before, after in pairs)
    ends = (thrifts[0] - 1, *thrifts, thrifts[-1] + 1)
    return Worth(ends, (float(coarsest), *places, float(finest)))


def _gain(before: tuple[float, float, float], after: tuple[float, float, float]) -> float:
    return (after[1] - before[1]) / (after[0] - before[0])
