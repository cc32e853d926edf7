"""Pure: how fast the battery falls under which load, and how long it will last at that.

The slope is the median of the slopes between any two readings of the last stretch under one load: a sag, a jump and a
wrong reading change little in it. A LiFePO4 cell is flat for most of its charge and falls fast at the end. A battery
that hardly falls says nothing of how long it lasts: then that is not known, and is called so. Without the load of a
camera nothing is learnt: it falls more slowly then.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations
from statistics import median

import attrs

from camvault.core.power.readings import ExternalPower, PowerReading
from camvault.core.power.table import LOADED, BoxState

_KEPT = 30
_LEAST_READINGS = 5
_LEAST_S = 240
_SETTLING_S = 60
"""The voltage sags for a while after a load was switched; that is no discharge."""
_LEAST_MV_PER_MIN = 0.05
"""What falls more slowly is flat: 3 mV in an hour are within the steps of the converter."""
_MINUTE_S = 60


@attrs.frozen
class Slope:
    """How fast the battery falls, in mV for each minute, and what the box did meanwhile."""

    mv_per_min: float
    load: BoxState


@attrs.frozen(kw_only=True)
class Discharge:
    """The readings of the last stretch under one load, and what was learnt of other loads since external power.

    Attributes:
        load: What the box does.
        since_s: Since when, monotonic.
        readings: The last ones: when, and mV.
        learnt: The slopes by load, as far as they are known.
    """

    load: BoxState = BoxState.STARTED
    since_s: float = 0
    readings: tuple[tuple[float, int], ...] = ()
    learnt: Mapping[BoxState, Slope] = attrs.field(factory=dict)

    def read(self, reading: PowerReading, *, state: BoxState, now_s: float) -> "Discharge":
        """After a look. With external power nothing is learnt, and what was, is forgotten: the battery is charged.

        Args:
            reading: The power.
            state: What the box did when it was read.
            now_s: Monotonic.
        """
        if reading.external is ExternalPower.PRESENT:
            return Discharge(load=state, since_s=now_s)
        if state not in LOADED:
            return attrs.evolve(self, load=state, readings=())
        stretch = self if state is self.load else attrs.evolve(self, load=state, since_s=now_s, readings=())
        if reading.battery_mv is None or now_s - stretch.since_s < _SETTLING_S:
            return stretch
        readings = (*stretch.readings, (now_s, reading.battery_mv))[-_KEPT:]
        slope = _slope(readings, state)
        learnt = stretch.learnt if slope is None else {**stretch.learnt, state: slope}
        return attrs.evolve(stretch, readings=readings, learnt=learnt)

    @property
    def steepest(self) -> Slope | None:
        """The fastest fall that is known; None if none is, or if the battery does not fall."""
        falling = [slope for slope in self.learnt.values() if slope.mv_per_min >= _LEAST_MV_PER_MIN]
        return max(falling, key=lambda slope: slope.mv_per_min, default=None)


def _slope(readings: tuple[tuple[float, int], ...], load: BoxState) -> Slope | None:
    if len(readings) < _LEAST_READINGS or readings[-1][0] - readings[0][0] < _LEAST_S:
        return None
    return Slope(median(_slopes(readings)), load)


def _slopes(readings: tuple[tuple[float, int], ...]) -> Iterator[float]:
    for (earlier_s, earlier_mv), (later_s, later_mv) in combinations(readings, 2):
        if later_s > earlier_s:
            yield (earlier_mv - later_mv) / (later_s - earlier_s) * _MINUTE_S
