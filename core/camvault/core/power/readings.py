"""Pure: what the registers of a UPS say, and what they cannot say.

A disturbed bus gives -1, -2, 41981 or 4197813 with exit code 0. What is outside of the bounds of its register is not
known. What is not known is never power, never a full battery, and never a reason to switch or to shut down (INV-32).
"""

import enum

import attrs

from camvault.ports.battery import PowerRegisters

VBAT_MV = range(2000, 4001)
"""The voltage of one LiFePO4 cell."""
VIN_MV = range(6501)
"""The voltage that comes in."""
VIN_THRESHOLD_MV = range(3600, 6501)
"""From it on that is power. Boards come with 4250 or 4498; from less than 3600 no such cell is charged."""
STALE_S = 90
"""An older reading says nothing of now: three of the usual looks."""


class ExternalPower(enum.Enum):
    """Whether power comes in."""

    PRESENT = "external power"
    ABSENT = "no external power"
    UNKNOWN = "external power not known"


@attrs.frozen(kw_only=True)
class PowerReading:
    """What is known of the power.

    Attributes:
        battery_mv: The voltage of the battery; None if it is not known.
        external: Whether power comes in.
        problems: What could not be read, or is not believed, each as a sentence.
    """

    battery_mv: int | None
    external: ExternalPower
    problems: tuple[str, ...] = ()


def judged(registers: PowerRegisters) -> PowerReading:
    """The registers within their bounds."""
    vbat_mv, vin_mv, threshold_mv = registers.vbat_mv, registers.vin_mv, registers.vin_threshold_mv
    named = (("VBAT", vbat_mv, VBAT_MV), ("VIN", vin_mv, VIN_MV), ("VIN_THRESHOLD", threshold_mv, VIN_THRESHOLD_MV))
    beyond = (
        _problem(name, found, bounds) for name, found, bounds in named if found is not None and found not in bounds
    )
    return PowerReading(
        battery_mv=vbat_mv if vbat_mv in VBAT_MV else None,
        external=_external(vin_mv, threshold_mv),
        problems=(*registers.words, *beyond),
    )


def fresh(reading: PowerReading, *, age_s: float) -> PowerReading:
    """The reading; or one that knows nothing, if it is too old, or from the future."""
    if 0 <= age_s <= STALE_S:
        return reading
    problem = f"the reading is {age_s:.0f} s old, expected at most {STALE_S} s"
    return PowerReading(battery_mv=None, external=ExternalPower.UNKNOWN, problems=(problem,))


def _external(vin_mv: int | None, threshold_mv: int | None) -> ExternalPower:
    if vin_mv is None or vin_mv not in VIN_MV or threshold_mv is None or threshold_mv not in VIN_THRESHOLD_MV:
        return ExternalPower.UNKNOWN
    return ExternalPower.PRESENT if vin_mv >= threshold_mv else ExternalPower.ABSENT


def _problem(name: str, found: int, bounds: range) -> str:
    return f"{name}: found {found} mV, expected {bounds[0]} to {bounds[-1]} mV"
