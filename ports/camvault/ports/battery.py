"""Port: what a UPS says of its battery and of the power that comes in."""

import attrs


@attrs.frozen(kw_only=True)
class PowerRegisters:
    """Three registers as they were read, in millivolts; None for one that could not be read or is no number.

    Nothing is judged here: a register of a disturbed bus may hold anything (`core.power.readings`).
    """

    vbat_mv: int | None = None
    vin_mv: int | None = None
    vin_threshold_mv: int | None = None
