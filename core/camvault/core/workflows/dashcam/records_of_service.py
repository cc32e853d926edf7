"""Workflow, private part: what the service remembers while it, or the machine, does not run; a dry run writes none."""

from collections.abc import Mapping
from pathlib import PurePath

import attrs

from camvault.core.power.remembered import memory_document, memory_of, not_kept
from camvault.core.power.states import PowerMemory
from camvault.core.workflows.dashcam.service_ports import ServiceOptions, ServicePorts
from camvault.core.workflows.dashcam.telling import Telling
from camvault.ports.errors import CamvaultError, NotFoundError

POWER_NAME = "power.json"
"""The power states (`power.remembered`)."""
REASON_NAME = "shutdown.json"
"""When and why the machine was told to shut down."""
RATES_NAME = "rates.json"
"""How fast this box copies and sends (`dashcam.rates`)."""
ROUND_NAME = "last-round.json"
"""What the last round that did something came to."""


@attrs.define
class ServiceRecords:
    """The documents of the service, in the folder of the records."""

    options: ServiceOptions
    ports: ServicePorts
    telling: Telling
    _power: Mapping[str, object] | None = None

    def read(self, name: str) -> object:
        """A document; None if there is none; "" if it cannot be read."""
        try:
            return self.ports.documents.read(self._path(name))
        except NotFoundError:
            return None
        except CamvaultError as error:
            self.telling.note(f"A record cannot be read: {error}")
            return ""

    def write(self, name: str, document: Mapping[str, object]) -> bool:
        """Keep a document; whether that was possible."""
        if self.options.is_dry:
            return True
        try:
            self.ports.documents.write(self._path(name), document)
        except CamvaultError as error:
            self.telling.problem("records", f"A record cannot be written: {error}")
            return False
        self.telling.fine("records")
        return True

    def power(self) -> PowerMemory:
        """The memory to begin with. What cannot be read counts as a battery that was low.

        What cannot be written is not there after the next start: it counts as if the machine had just been shut down.
        """
        memory = memory_of(self.read(POWER_NAME), boot_id=self.boot_id, now_s=self.ports.clock.monotonic_s())
        return memory if self.write_power(memory) else not_kept(memory)

    def write_power(self, memory: PowerMemory) -> bool:
        """Keep the memory, if it is another one than before; whether it is kept."""
        document = memory_document(memory, boot_id=self.boot_id)
        if document != self._power and self.write(POWER_NAME, document):
            self._power = document
        return self.options.is_dry or document == self._power

    def write_reason(self, reason: str) -> None:
        """Keep why the machine is shut down now."""
        at = self.ports.clock.now().isoformat()
        self.write(REASON_NAME, {"boot_id": self.boot_id, "at": at, "reason": reason})

    @property
    def boot_id(self) -> str:
        """Which start of the machine this is."""
        return self.ports.host.boot_id()

    def _path(self, name: str) -> PurePath:
        return self.options.folders.records / name
