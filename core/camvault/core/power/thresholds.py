"""Pure: the levels of a battery below which something is done.

A level is in percent, or in millivolts, which say more (`charge`). "Below" is strict: at the level itself nothing is
done. What was switched off because of a level comes back above it by the hysteresis only, and from the level of
`resume` on.
"""

import attrs

from camvault.core.power.charge import CHARGE_STEPS, LEAST_PERCENT, percent_of


@attrs.frozen
class PowerLevel:
    """A level, in percent of the charge; or in millivolts, if these are given."""

    percent: float
    millivolts: int | None = None

    def is_above(self, battery_mv: int) -> bool:
        """Whether a battery of this voltage is below the level."""
        if self.millivolts is not None:
            return battery_mv < self.millivolts
        return percent_of(battery_mv) < self.percent

    @property
    def charge_percent(self) -> float:
        """The level in percent, as an estimate if it is given in millivolts."""
        return self.percent if self.millivolts is None else percent_of(self.millivolts)

    @property
    def least_mv(self) -> int:
        """The lowest voltage that is not below the level."""
        if self.millivolts is not None:
            return self.millivolts
        steps = [least_mv for least_mv, percent in CHARGE_STEPS if percent >= self.percent]
        return min(steps) if self.percent > LEAST_PERCENT else 0

    def is_higher_than(self, other: "PowerLevel") -> bool:
        """Whether this level is reached first while a battery is emptied."""
        if self.millivolts is None and other.millivolts is None:
            return self.percent > other.percent
        return self.least_mv > other.least_mv

    @property
    def is_never_reached(self) -> bool:
        """Whether no voltage is below it, although it is not 0, which says so."""
        return self.percent > 0 and self.least_mv == 0

    def __str__(self) -> str:
        return f"{self.percent:g} %" if self.millivolts is None else f"{self.millivolts} mV"


@attrs.frozen
class Contradiction:
    """Why levels contradict one another, or one never counts; `levels` are the names of those that are meant."""

    levels: tuple[str, ...]
    found: str
    expected: str


@attrs.frozen(kw_only=True)
class PowerThresholds:
    """When something is switched because of the battery.

    Attributes:
        disconnect: Below it the camera is powered off.
        shutdown: Below it the machine is shut down; not above `disconnect`.
        resume: What is off because of the battery, or since the machine started, stays off below it; None:
            `disconnect` with the hysteresis.
        hysteresis_percent: By how much a battery must be above `disconnect` for the camera to come back.
        dwell_s: A level counts once the battery was on the same side of it for so long; 0: at once.
    """

    disconnect: PowerLevel = attrs.field(default=PowerLevel(50))
    shutdown: PowerLevel = attrs.field(default=PowerLevel(25))
    resume: PowerLevel | None = None
    hysteresis_percent: float = 5
    dwell_s: float = 0

    def is_recovered(self, battery_mv: int) -> bool:
        """Whether a battery of this voltage is full enough for what was switched off."""
        if self.disconnect.is_above(battery_mv):
            return False
        if self.resume is not None:
            return not self.resume.is_above(battery_mv)
        return percent_of(battery_mv) >= min(self.disconnect.charge_percent + self.hysteresis_percent, 100)

    def is_enough_to_begin(self, battery_mv: int) -> bool:
        """Whether a machine that has just started may switch something on at this voltage."""
        return not (self.resume or self.disconnect).is_above(battery_mv) and not self.disconnect.is_above(battery_mv)

    @property
    def contradiction(self) -> Contradiction | None:
        """Why these thresholds contradict one another, or never count; None if they do neither."""
        for name, level in (("disconnect", self.disconnect), ("shutdown", self.shutdown)):
            if level.is_never_reached:
                never = f"{name} at {level}, and every voltage is taken for {LEAST_PERCENT} % at least"
                return Contradiction((name,), never, f"more than {LEAST_PERCENT} %, or 0 for never")
        if self.shutdown.is_higher_than(self.disconnect):
            found = f"shutdown at {self.shutdown} is above disconnect at {self.disconnect}"
            return Contradiction(("shutdown", "disconnect"), found, "it at or below that")
        if self.resume is not None and self.disconnect.is_higher_than(self.resume):
            found = f"resume at {self.resume} is below disconnect at {self.disconnect}"
            return Contradiction(("resume", "disconnect"), found, "it at or above that")
        return None
