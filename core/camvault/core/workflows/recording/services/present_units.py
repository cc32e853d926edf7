"""Workflow, private part: the unit files that are here."""

from camvault.ports.errors import UsageError
from camvault.ports.units import UnitFile, Units

NO_UNITS = "[ERROR] No local units found – run 'generate' first"  # noqa: RUF001 - the specification's dash


def local_units(units: Units) -> tuple[UnitFile, ...]:
    """The unit files that were generated here.

    Raises:
        UsageError: There are none.
    """
    files = units.local()
    if not files:
        raise UsageError(NO_UNITS)
    return files
