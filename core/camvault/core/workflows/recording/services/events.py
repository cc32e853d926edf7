"""Workflow, private part: what the control of services reports."""

from collections.abc import Mapping
from pathlib import PurePath

import attrs

from camvault.core.stations.service_plan import Change, UnitChange
from camvault.ports.events import Event
from camvault.ports.services import ServiceState


@attrs.frozen
class ServicesEvent(Event):
    """Base of the events of this workflow; the text of each is a line of the command's result."""


@attrs.frozen
class UnitGenerated(ServicesEvent):
    """A unit file was written or removed; an unchanged one is not mentioned."""

    path: PurePath
    change: UnitChange

    def __str__(self) -> str:
        word = "REMOVE" if self.change.change is Change.REMOVED else "GENERATE"
        return "\n".join(filter(None, (f"[{word}] {self.path}", self.change.diff)))


@attrs.frozen
class UnitsGenerated(ServicesEvent):
    """All unit files are as wanted; `counts` says how many of them were created, changed and so on."""

    counts: Mapping[str, int]

    def __str__(self) -> str:
        return "[GENERATE] " + ", ".join(f"{count} {word}" for word, count in self.counts.items())


@attrs.frozen
class UnitLinked(ServicesEvent):
    """A unit file was linked into the folder of the service manager."""

    target: PurePath
    source: PurePath

    def __str__(self) -> str:
        return f"[LINK] {self.target} → {self.source}"


@attrs.frozen
class UnitUnlinked(ServicesEvent):
    """A unit that is not generated any more was stopped, disabled and unlinked."""

    name: str

    def __str__(self) -> str:
        return f"[UNLINK] {self.name}"


@attrs.frozen
class CredentialStored(ServicesEvent):
    """A credential was written. Its text is in no event."""

    name: str

    def __str__(self) -> str:
        return f"[CREDENTIAL] {self.name}"


@attrs.frozen
class CredentialRemoved(ServicesEvent):
    """A credential that nothing needs any more was removed."""

    name: str

    def __str__(self) -> str:
        return f"[CREDENTIAL] {self.name} removed"


@attrs.frozen
class UnitsControlled(ServicesEvent):
    """The service manager carried out `action` on a unit."""

    action: str
    name: str

    def __str__(self) -> str:
        return f"[{self.action}] {self.name}"


@attrs.frozen
class UnitReported(ServicesEvent):
    """The state of one unit; `is_well` says whether it is as it should be."""

    state: ServiceState
    is_well: bool

    def __str__(self) -> str:
        return f"[{'OK' if self.is_well else 'NOT OK'}] {self.state.name}: {self.state.detail}"
