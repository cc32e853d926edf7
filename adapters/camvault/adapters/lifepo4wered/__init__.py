"""Adapter for lifepo4wered-cli: the UPS board LiFePO4wered/Pi.

Only the registers that are needed are asked for, each by itself: the dump of all registers (`get` without a name) ends
with 0 whatever is in it, and to read it often is reported to disturb the board (xorbit/LiFePO4wered-Pi, issues 48, 60).
"""

from camvault.adapters.lifepo4wered.battery import Lifepo4weredBattery

__all__ = ["Lifepo4weredBattery"]
