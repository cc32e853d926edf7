"""Pure: how many minutes the power gives to an offload, in figures and in words."""

import attrs

from camvault.core.dashcam.discharge import Discharge
from camvault.core.power.readings import ExternalPower, PowerReading
from camvault.core.power.thresholds import PowerLevel

MOST_MIN = 600
"""Nobody can tell more of a flat battery."""

EMPTY_MV = 2950
"""Where the board itself ends the machine (VBAT_SHDN), whatever is configured."""
_UNKNOWN = "How long the battery lasts is not known"


@attrs.frozen
class BatteryMinutes:
    """How long the power lasts.

    Attributes:
        minutes: Until `disconnect`; None if that is not known, or does not count.
        words: A sentence about it.
    """

    minutes: float | None
    words: str


def battery_minutes(
    reading: PowerReading, disconnect: PowerLevel, discharge: Discharge, *, sag_mv: int = 0
) -> BatteryMinutes:
    """How long the power lasts.

    Args:
        reading: The power now.
        disconnect: Below it the camera is switched off.
        discharge: How fast the battery fell lately.
        sag_mv: By how much the battery will fall at once under the load of the camera, if that is off now.
    """
    if reading.external is ExternalPower.PRESENT:
        return BatteryMinutes(None, words="External power is there: the battery does not count.")
    if reading.battery_mv is None:
        return BatteryMinutes(None, words=f"{_UNKNOWN}: its voltage is not.")
    above_mv = reading.battery_mv - sag_mv - max(disconnect.least_mv, EMPTY_MV)
    if above_mv <= 0:
        words = f"The battery gives no minute: under the camera it is at or below disconnect at {disconnect}."
        return BatteryMinutes(0, words=words)
    slope = discharge.steepest
    if slope is None:
        words = f"{_UNKNOWN}: it was not seen to fall for long enough under one load."
        return BatteryMinutes(None, words=words)
    minutes = above_mv / slope.mv_per_min
    about = f"about {minutes:.0f} minutes" if minutes <= MOST_MIN else f"more than {MOST_MIN} minutes"
    fall = f"it fell by {slope.mv_per_min:.1f} mV a minute while {slope.load.value}"
    words = f"The battery gives {about} until disconnect at {disconnect}: {fall}, and falls faster at its end."
    return BatteryMinutes(min(minutes, MOST_MIN), words=words)
