"""Workflow, private part: what the service remembers while it, or the machine, does not run."""

from collections.abc import Mapping
from pathlib import PurePath

import attrs

from camvault.core.power.remembered import memory_document, memory_of
from camvault.core.power.states import PowerMemory
from camvault.core.workflows.dashcam.service_ports import ServiceOptions, ServicePorts
from camvault.core.workflows.dashcam.telling import Telling
from camvault.ports.errors import CamvaultError, NotFoundError

POWER_NAME = "power.json"
REASON_NAME = "shutdown.json"


@attrs.define
class Records:
    """The records of the power states, and why the machine was shut down. A dry run writes none."""

    options: ServiceOptions
    ports: ServicePorts
    telling: Telling
    _written: Mapping[str, object] | None = None

    def read(self) -> PowerMemory:
        """The memory to begin with. What cannot be read counts as a battery that was low."""
        document: object
        try:
            document = self.ports.documents.read(self._path(POWER_NAME))
        except NotFoundError:
            document = None
        except CamvaultError as error:
            self.telling.note(f"What was remembered of the power cannot be read, and counts as low: {error}")
            document = ""
        return memory_of(document, boot_id=self._boot_id, now_s=self.ports.clock.monotonic_s())

    def write(self, memory: PowerMemory) -> None:
        """Keep the memory, if it is another one than before."""
        document = memory_document(memory, boot_id=self._boot_id)
        if document != self._written and self._keep(POWER_NAME, document):
            self._written = document

    def write_reason(self, reason: str) -> None:
        """Keep why the machine is shut down now."""
        at = self.ports.clock.now().isoformat()
        self._keep(REASON_NAME, {"boot_id": self._boot_id, "at": at, "reason": reason})

    def _keep(self, name: str, document: Mapping[str, object]) -> bool:
        if self.options.is_dry:
            return True
        try:
            self.ports.documents.write(self._path(name), document)
        except CamvaultError as error:
            self.telling.problem("records", f"What is remembered cannot be written: {error}")
            return False
        self.telling.fine("records")
        return True

    @property
    def _boot_id(self) -> str:
        return self.ports.host.boot_id()

    def _path(self, name: str) -> PurePath:
        return self.options.folders.records / name
