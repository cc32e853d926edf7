"""Adapter for tests and library users: a UPS in memory."""

from collections.abc import Callable

import attrs

from camvault.ports.battery import Battery, PowerRegisters
from camvault.ports.cancellation import Cancellation


@attrs.define
class MemoryBattery:
    """Says what it was given: garbage as it is, and why None is None."""

    vbat_mv: int | None = 3325
    vin_mv: int | None = 5208
    vin_threshold_mv: int | None = 4498

    def registers(self, *, cancel: Cancellation) -> PowerRegisters:
        """See `Battery`."""
        cancel.check()
        named = (("VBAT", self.vbat_mv), ("VIN", self.vin_mv), ("VIN_THRESHOLD", self.vin_threshold_mv))
        words = tuple(f"{name}: the board does not answer" for name, value in named if value is None)
        return PowerRegisters(
            vbat_mv=self.vbat_mv, vin_mv=self.vin_mv, vin_threshold_mv=self.vin_threshold_mv, words=words
        )


_: Callable[[], Battery] = MemoryBattery
