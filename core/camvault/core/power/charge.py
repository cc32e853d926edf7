"""Pure: how full a LiFePO4 cell is by its voltage: an estimate in steps.

The voltage hardly changes between about 20 and 80 percent, falls under load, and reads high while the cell is charged.
The steps are those of `battery-info.sh`.
"""

CHARGE_STEPS = (
    *((3650, 100), (3600, 95), (3550, 90), (3500, 80), (3450, 70), (3400, 60)),
    *((3350, 50), (3300, 40), (3250, 30), (3200, 20), (3100, 10)),
)
"""From so many millivolts on, so many percent; the fullest first."""
LEAST_PERCENT = 5
"""That of any voltage below the steps."""


def percent_of(battery_mv: int) -> int:
    """How full the cell is, in percent."""
    return next((percent for least_mv, percent in CHARGE_STEPS if battery_mv >= least_mv), LEAST_PERCENT)
