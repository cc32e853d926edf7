"""Adapter for the operating system: this machine, which is shut down with `shutdown`."""

import syslog
from collections.abc import Callable
from pathlib import Path, PurePath

import attrs

from camvault.adapters._shared.process import run
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import ToolError
from camvault.ports.host import Host

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_ON_PATH = PurePath("shutdown")
_ARGUMENTS = ("-h", "now")
_LIMIT_S = 10.0
"""Half of the time in which the service has to be gone."""


def _tell_syslog(reason: str) -> None:
    """Write it to the system's log; nothing happens where there is none. It takes no NUL and no surrogates."""
    words = "".join(character for character in reason if character.isprintable())
    syslog.syslog(syslog.LOG_CRIT, f"camvault shuts down: {words}")


@attrs.frozen
class SystemHost:
    """This machine.

    Attributes:
        program: What shuts it down; a bare name is searched on PATH.
        boot_path: Where the kernel names this start of the machine.
        tell: Gets the reason, for the system's log. The words are no argument of `shutdown`: it would print them on
            every terminal.
        limit_s: How long the program may take.
    """

    program: PurePath = _ON_PATH
    boot_path: Path = BOOT_ID
    tell: Callable[[str], None] = _tell_syslog
    limit_s: float = _LIMIT_S

    def shut_down(self, *, reason: str, cancel: Cancellation) -> None:
        """See `Host`."""
        cancel.check()
        self.tell(" ".join(reason.split()))
        done = run((self.program, *_ARGUMENTS), cancel=cancel, timeout_s=self.limit_s, grace_s=1.0)
        if done.exit_code:
            raise ToolError("shutdown", done.exit_code, done.last_lines)

    def boot_id(self) -> str:
        """See `Host`."""
        try:
            return self.boot_path.read_text("ascii").strip()
        except (OSError, ValueError):
            return ""


_: type[Host] = SystemHost
