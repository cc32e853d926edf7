"""Port: whether a server is near, so that a transfer could begin."""

from typing import Protocol

import attrs

from camvault.ports.cancellation import Cancellation


@attrs.frozen
class Reached:
    """Whether the server answers, and the words for the log: what answered, or why nothing did."""

    is_reached: bool
    words: str


class Reach(Protocol):
    """The way to the server."""

    def look(self, *, cancel: Cancellation) -> Reached:
        """One look, at most a few seconds. Nothing is sent and no login is tried.

        Raises:
            Cancelled: Asked to stop.
        """
        ...
