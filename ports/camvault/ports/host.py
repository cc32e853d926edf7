"""Port: the machine itself, which can be told to shut down."""

from typing import Protocol

from camvault.ports.cancellation import Cancellation


class Host(Protocol):
    """This machine."""

    def shut_down(self, *, reason: str, cancel: Cancellation) -> None:
        """Tell the system to shut down now. Returns once the system has taken it; it ends this process later.

        Args:
            reason: For the system's log; one line.
            cancel: Asked while the tool runs.

        Raises:
            MissingToolError: There is no tool for that.
            ToolError: The system refused.
        """
        ...

    def boot_id(self) -> str:
        """Which start of the machine this is; "" if the system does not tell."""
        ...
