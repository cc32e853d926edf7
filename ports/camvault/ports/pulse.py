"""Port: a sign of life to somebody outside, who tells the operator when it does not come any more."""

from typing import Protocol


class Pulse(Protocol):
    """Watches the watchdog: a machine that is off, or hangs, tells nobody of itself."""

    def beat(self) -> None:
        """Give one sign. Takes at most some ten seconds; no message holds where it went to, which may be a secret.

        Raises:
            AlertError: It was not taken.
        """
        ...
