"""Adapter for tests and library users: how long segments play, as told."""

from collections.abc import Callable
from pathlib import PurePath

import attrs

from camvault.ports.durations import Durations


@attrs.define
class MemoryDurations:
    """Knows what it is told, and remembers who asked."""

    known: dict[PurePath, float] = attrs.field(factory=dict)
    asked: list[PurePath] = attrs.field(factory=list)
    fault: Exception | None = None

    def seconds(self, path: PurePath, /) -> float | None:
        """See `Durations`."""
        self.asked.append(path)
        if self.fault:
            raise self.fault
        return self.known.get(path)


_: Callable[[], Durations] = MemoryDurations
