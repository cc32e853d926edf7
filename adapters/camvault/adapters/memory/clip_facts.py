"""Adapter for tests and library users: what clips say of themselves, in memory."""

from collections.abc import Callable, Mapping
from pathlib import PurePath

import attrs

from camvault.adapters.memory.storage import MemoryStorage
from camvault.ports.clip_facts import ClipReader, ContainerFacts
from camvault.ports.errors import MediaError, NotFoundError


@attrs.define
class MemoryClipReader:
    """Files of a `MemoryStorage`, of which those are clips that `clips` names."""

    storage: MemoryStorage
    clips: dict[PurePath, ContainerFacts] = attrs.field(factory=dict)

    def facts(self, path: PurePath, /) -> ContainerFacts:
        """See `ClipReader`."""
        with self.storage.calls.call("clip_reader.facts", path):
            if self.storage.tree.entry(path) is None:
                raise NotFoundError(path, "No such file or directory")
            if path not in self.clips:
                raise MediaError(path, "it is no clip")
            return self.clips[path]

    def put(self, path: PurePath, *, duration_s: float, tags: Mapping[str, str]) -> None:
        """Write a clip that says this of itself."""
        self.storage.put(path, b"clip")
        self.clips[path] = ContainerFacts(duration_s, tags)


_: Callable[[MemoryStorage], ClipReader] = MemoryClipReader
