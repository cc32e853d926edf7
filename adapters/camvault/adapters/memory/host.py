"""Adapter for tests and library users: a machine that remembers how it was told to shut down."""

from collections.abc import Callable

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import ToolError
from camvault.ports.host import Host


@attrs.define
class MemoryHost:
    """A machine.

    Attributes:
        boot: Which start of it this is.
        reasons: Why it was told to shut down, each time.
        refusal: The words with which it refuses; "" if it does not.
    """

    boot: str = "5b2f3c1e-0000-4000-8000-000000000001"
    reasons: list[str] = attrs.field(factory=list)
    refusal: str = ""

    def shut_down(self, *, reason: str, cancel: Cancellation) -> None:
        """See `Host`."""
        cancel.check()
        if self.refusal:
            raise ToolError("shutdown", 1, (self.refusal,))
        self.reasons.append(" ".join(reason.split()))

    def boot_id(self) -> str:
        """See `Host`."""
        return self.boot


_: Callable[[], Host] = MemoryHost
