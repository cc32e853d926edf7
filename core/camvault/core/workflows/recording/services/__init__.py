"""Workflow: unit files are generated, linked into the service manager, and their units controlled.

Crash order of linking: a definition is marked as applied only after the unit that runs was restarted with it, so that a
run that was cut off is simply repeated.
"""

from camvault.core.workflows.recording.services.control import NotRunningError, disable, enable, start, status, stop
from camvault.core.workflows.recording.services.events import (
    CredentialRemoved,
    CredentialStored,
    ServicesEvent,
    UnitGenerated,
    UnitLinked,
    UnitReported,
    UnitsControlled,
    UnitsGenerated,
    UnitUnlinked,
)
from camvault.core.workflows.recording.services.generation import generate
from camvault.core.workflows.recording.services.links import link
from camvault.core.workflows.recording.services.present_units import NO_UNITS

__all__ = [
    "NO_UNITS",
    "CredentialRemoved",
    "CredentialStored",
    "NotRunningError",
    "ServicesEvent",
    "UnitGenerated",
    "UnitLinked",
    "UnitReported",
    "UnitUnlinked",
    "UnitsControlled",
    "UnitsGenerated",
    "disable",
    "enable",
    "generate",
    "link",
    "start",
    "status",
    "stop",
]
