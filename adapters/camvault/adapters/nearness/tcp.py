"""Adapter for TCP: whether a server near this box takes a connection.

The connection is tried by a program of its own (`_shared.reach`): a look-up of a name may take longer than any limit,
and no signal ends it. That a port answers does not show that a login works, which the first push shows.
"""

import json
import sys
from pathlib import Path

import attrs

from camvault.adapters._shared import reach
from camvault.adapters._shared.process import run
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import ToolError
from camvault.ports.reach import Reach, Reached

_START_S = 2.0
"""A program takes so long to start on a small machine that is busy."""
_GRACE_S = 0.5


@attrs.frozen
class TcpReach:
    """A server, by its name or address.

    Attributes:
        host: Its name or address.
        port: Where it listens.
        limit_s: How long it may take to answer.
    """

    host: str
    port: int
    limit_s: float = 3.0

    def look(self, *, cancel: Cancellation) -> Reached:
        """See `Reach`: one connection, closed at once."""
        argv = (sys.executable, "-I", "-S", Path(reach.__file__), self.host, str(self.port), f"{self.limit_s:g}")
        try:
            said = run(argv, cancel=cancel, timeout_s=self.limit_s + _START_S, grace_s=_GRACE_S)
            found = json.loads(said.text)
        except (ToolError, ValueError):
            cancel.check()
            return Reached(False, f"{self.host} port {self.port} does not answer within {self.limit_s:g} s")
        if "reached" in found:
            return Reached(True, f"{found['reached']} answers")
        return Reached(False, str(found.get("unreached") or found.get("unknown")))


_conforms: type[Reach] = TcpReach
