"""Adapter for tests and library users: samples of contents in memory, under the contract of the real ones."""

import hashlib
from pathlib import PurePath

import attrs

from camvault.adapters.memory.storage import MemoryStorage
from camvault.ports.entries import FileKind
from camvault.ports.errors import StorageError
from camvault.ports.footage import ContentSampler

_PART_BYTES = 16 * 1024


@attrs.define
class MemorySampler:
    """Reads the first, the middle and the last part; what a test made unreadable or damaged is an error here too."""

    storage: MemoryStorage

    def sample(self, path: PurePath, /) -> str:
        """SHA-256 over the length and the parts."""
        with self.storage.calls.call("samples.sample", path):
            entry = self.storage.tree.entry(path)
            if entry is not None and entry.kind is not FileKind.FILE:
                raise StorageError(path, "it is not a regular file")
            content = self.storage.content(path)
            if {self.storage.tree.real(path), path} & {*self.storage.unreadable, *self.storage.damage}:
                raise StorageError(path, "Input/output error")
        last = max(0, len(content) - _PART_BYTES)
        digest = hashlib.sha256(b"%d\n" % len(content))
        for at in dict.fromkeys((0, last // 2, last)):
            digest.update(content[at : at + _PART_BYTES])
        return digest.hexdigest()


_conforms: type[ContentSampler] = MemorySampler
