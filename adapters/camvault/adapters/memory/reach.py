"""Adapter for tests and library users: a server that is near, or is not."""

from collections.abc import Callable

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.reach import Reach, Reached


@attrs.define
class MemoryReach:
    """Says what it was given."""

    is_near: bool = True

    def look(self, *, cancel: Cancellation) -> Reached:
        """See `Reach`."""
        cancel.check()
        return Reached(self.is_near, "memory answers" if self.is_near else "memory does not answer")


_: Callable[[], Reach] = MemoryReach
