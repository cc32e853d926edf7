"""Port: one message to the operator."""

from datetime import datetime
from typing import Protocol

import attrs


@attrs.frozen
class Alert:
    """What an operator should know. Holds no secret: whoever makes one leaves credentials out.

    Attributes:
        subject: One line.
        body: Lines of text.
        raised_at: Aware; when the incident was noticed, not when the message is delivered.
    """

    subject: str
    body: str
    raised_at: datetime


class Alerts(Protocol):
    """A way to reach the operator."""

    @property
    def name(self) -> str:
        """What it is called in messages, such as "mail"."""
        ...

    def send(self, alert: Alert, /) -> None:
        """Hand the message over; returning means that somebody else is responsible for it now.

        Takes at most some ten seconds. May deliver a message twice where the other side did not answer.

        Raises:
            AlertError: It was not taken.
        """
        ...
