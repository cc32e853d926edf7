"""Adapter for systemd: the notification protocol of services with `Type=notify`.

Source: sd_notify(3), "Standalone implementations".
"""

import contextlib
import os
import socket
from collections.abc import Callable

import attrs

from camvault.ports.supervision import Supervision


@attrs.frozen
class SystemdNotify:
    """Sends to the socket in `$NOTIFY_SOCKET`; without one, nothing happens."""

    address: str = attrs.field(factory=lambda: os.environ.get("NOTIFY_SOCKET", ""))

    def ready(self) -> None:
        """See `Supervision`."""
        self._send("READY=1")

    def alive(self, status: str = "", /) -> None:
        """See `Supervision`."""
        text = " ".join(status.split())
        self._send("WATCHDOG=1" + (f"\nSTATUS={text}" if text else ""))

    def stopping(self) -> None:
        """See `Supervision`."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self.address:
            return
        # "@" stands for the NUL of the abstract namespace
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out,
        ):
            out.connect(address)
            out.sendall(message.encode("utf-8", "replace"))


_: Callable[[], Supervision] = SystemdNotify
