"""Port: what a UPS says of its battery and of the power that comes in."""

from typing import Protocol

import attrs

from camvault.ports.cancellation import Cancellation


@attrs.frozen(kw_only=True)
class PowerRegisters:
    """Three registers as they were read, in millivolts; None for one that could not be read.

    Nothing is judged here: a register of a disturbed bus may hold anything (`core.power.readings`).

    Attributes:
        vbat_mv: The voltage of the battery.
        vin_mv: The voltage that comes in.
        vin_threshold_mv: The voltage from which on that is power.
        words: Why a register could not be read, a sentence for each, with the tool's own words.
    """

    vbat_mv: int | None = None
    vin_mv: int | None = None
    vin_threshold_mv: int | None = None
    words: tuple[str, ...] = ()


class Battery(Protocol):
    """The UPS."""

    def registers(self, *, cancel: Cancellation) -> PowerRegisters:
        """Read the registers once. What cannot be read in a few seconds is None, and has its sentence.

        Raises:
            MissingToolError: There is nothing to read them with.
            Cancelled: Asked to stop.
        """
        ...
