"""Adapter for tests and library users: how long segments play, as told."""

from collections.abc import Callable
from pathlib import PurePath

import attrs

from camvault.ports.durations import Durations
from camvault.ports.errors import NotFoundError


@attrs.define
class MemoryDurations:
    """Knows what it is told, and remembers who asked. Files in `gone` do not exist; of all others nothing is known."""

    known: dict[PurePath, float] = attrs.field(factory=dict)
    asked: list[PurePath] = attrs.field(factory=list)
    fault: Exception | None = None
    gone: set[PurePath] = attrs.field(factory=set)

    def seconds(self, path: PurePath, /) -> float | None:
        """See `Durations`."""
        self.asked.append(path)
        if self.fault:
            raise self.fault
        if path in self.gone:
            raise NotFoundError(path, "No such file or directory")
        return self.known.get(path)


_: Callable[[], Durations] = MemoryDurations
