"""Adapter for programs that take alerts: the subject is the first line of their stdin, the body the rest.

A program that exits with 0 has taken the alert. No shell is involved.
"""

from collections.abc import Callable
from pathlib import PurePath

import attrs

from camvault.adapters._shared.process import Finished, run
from camvault.ports.alerts import Alert, Alerts
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import AlertError, MissingToolError, ToolError

TIMEOUT_S = 10.0


def stdin_of(alert: Alert) -> bytes:
    """The program's stdin for an alert."""
    subject = " ".join(alert.subject.split())
    return f"{subject}\n{alert.body}\n".encode("utf-8", "surrogateescape")


@attrs.frozen
class CommandAlerts:
    """Starts the program once for each alert."""

    argv: tuple[str, ...]
    cancel: Cancellation
    run: Callable[..., Finished] = run

    @property
    def name(self) -> str:
        """See `Alerts`. The program's name, without its folder and its arguments, which may hold a secret."""
        return f"command {PurePath(self.argv[0]).name}"

    def send(self, alert: Alert, /) -> None:
        """See `Alerts`."""
        try:
            done = self.run(self.argv, cancel=self.cancel, stdin=stdin_of(alert), timeout_s=TIMEOUT_S, grace_s=1.0)
        except (MissingToolError, ToolError) as error:
            raise AlertError(self.name, str(error)) from None
        if done.exit_code:
            words = " | ".join(done.last_lines[-5:]) or "no message"
            raise AlertError(self.name, f"it ended with {done.exit_code}: {words}")


_: Callable[[tuple[str, ...], Cancellation], Alerts] = CommandAlerts
