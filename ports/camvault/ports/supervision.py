"""Port: telling a service manager that this program is alive."""

from typing import Protocol


class Supervision(Protocol):
    """Whoever restarts us when we hang. Never raises: without a manager, nothing happens."""

    def ready(self) -> None:
        """The program works from here on."""
        ...

    def alive(self, status: str = "", /) -> None:
        """Still alive; to be called more often than the manager's limit. `status` is one line for a person."""
        ...

    def stopping(self) -> None:
        """The program is about to end, on purpose."""
        ...
