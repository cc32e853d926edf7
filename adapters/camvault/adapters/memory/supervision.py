"""Adapter for tests and library users: a service manager that listens."""

from collections.abc import Callable

import attrs

from camvault.ports.supervision import Supervision


@attrs.define
class MemorySupervision:
    """Remembers what it was told."""

    said: list[str] = attrs.field(factory=list)

    def ready(self) -> None:
        """See `Supervision`."""
        self.said.append("ready")

    def alive(self, status: str = "", /) -> None:
        """See `Supervision`."""
        self.said.append(" ".join(("alive", *status.split())))

    def stopping(self) -> None:
        """See `Supervision`."""
        self.said.append("stopping")


_: Callable[[], Supervision] = MemorySupervision
