"""Adapter for tests and library users: an operator in memory."""

from collections.abc import Callable

import attrs

from camvault.ports.alerts import Alert, Alerts
from camvault.ports.errors import AlertError


@attrs.define
class MemoryAlerts:
    """Keeps what was sent. While `is_down`, nothing is taken."""

    sent: list[Alert] = attrs.field(factory=list)
    is_down: bool = False
    name: str = "memory"

    def send(self, alert: Alert, /) -> None:
        """See `Alerts`."""
        if self.is_down:
            raise AlertError(self.name, "the operator cannot be reached")
        self.sent.append(alert)


_: Callable[[], Alerts] = MemoryAlerts
