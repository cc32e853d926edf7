"""Adapter for tests and library users: somebody in memory who waits for signs of life."""

from collections.abc import Callable

import attrs

from camvault.ports.errors import AlertError
from camvault.ports.pulse import Pulse


@attrs.define
class MemoryPulse:
    """Counts the signs. While `is_down`, none is taken."""

    beats: int = 0
    is_down: bool = False

    def beat(self) -> None:
        """See `Pulse`."""
        if self.is_down:
            raise AlertError("memory", "nobody answers")
        self.beats += 1


_: Callable[[], Pulse] = MemoryPulse
