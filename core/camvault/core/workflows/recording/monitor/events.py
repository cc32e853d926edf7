"""Workflow, private part: what the watchdog reports."""

from typing import ClassVar

import attrs

from camvault.ports.events import Event, Level


@attrs.frozen
class RecorderRestarted(Event):
    """The unit of a recorder was restarted."""

    unit: str

    def __str__(self) -> str:
        return f"Restarted {self.unit}"


@attrs.frozen
class StationIdle(Event):
    """A station does not record."""

    level: ClassVar[Level] = Level.WARNING

    station: str
    reason: str

    def __str__(self) -> str:
        return f"{self.station} {self.reason}"


@attrs.frozen
class StationRecovered(Event):
    """A station records again."""

    station: str
    reason: str

    def __str__(self) -> str:
        return f"{self.station} {self.reason}"


@attrs.frozen
class AlertSent(Event):
    """A channel took an alert: its delivery to the operator is the channel's task from now on."""

    channel: str
    subject: str

    def __str__(self) -> str:
        return f"Alert sent by {self.channel}: {self.subject}"
