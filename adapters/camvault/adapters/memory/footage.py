"""Adapter for tests and library users: a look at segments in memory, under the contract of the real one."""

from pathlib import PurePath

import attrs

from camvault.adapters.memory.storage import MemoryStorage
from camvault.ports.footage import FootageCheck


@attrs.define
class MemoryFootage:
    """Everything is footage but what is empty or begins with `broken`."""

    storage: MemoryStorage
    broken: bytes = b"broken"

    def defect(self, path: PurePath, /) -> str:
        """A look at the first bytes."""
        with self.storage.calls.call("footage.defect", path):
            content = self.storage.content(path)
        if not content:
            return "it is empty"
        return "it has no Matroska header" if content.startswith(self.broken) else ""


_conforms: type[FootageCheck] = MemoryFootage
