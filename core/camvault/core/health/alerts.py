"""Pure: what the operator is told, and the queue of what still has to be delivered.

A message waits for each channel by itself and leaves the queue when every channel has taken it. Where a channel cannot
be reached, the oldest message stays first; one that a channel refuses goes behind the others, so that it blocks none.
"""

from datetime import datetime

import attrs

from camvault.ports.alerts import Alert

QUEUE_LIMIT = 1000
"""More than a year of incidents. What is beyond is said in the log and dropped, the oldest first."""


@attrs.frozen
class Host:
    """Where and when something was noticed; `at` is the local wall time."""

    name: str
    at: datetime


def down(station: str, reason: str, *, action: str, host: Host) -> Alert:
    """A recorder records no more; `action` says what was done about it."""
    return _alert(f"[CAMERA] Auto-restart {station}", f"{station} {reason} → {action}", host)


def not_recording(station: str, reason: str, *, host: Host) -> Alert:
    """A recorder records no more, and nothing could be done about it."""
    return _alert(f"[CAMERA] Not recording {station}", f"{station} {reason}", host)


def recovered(station: str, reason: str, *, host: Host) -> Alert:
    """A recorder records again; `reason` holds the length of the gap."""
    return _alert(f"[CAMERA] Recovered {station}", f"{station} {reason}", host)


def unexpected_streams(station: str, differences: str, *, host: Host) -> Alert:
    """A recorder records, and not what the camera was set up to send."""
    return _alert(f"[CAMERA] Unexpected stream {station}", f"{station} records something else: {differences}", host)


def expected_streams(station: str, *, host: Host) -> Alert:
    """A camera sends again what it was set up to send."""
    return _alert(f"[CAMERA] Stream as expected {station}", f"{station} records what is expected again", host)


def disk_filling(folder: str, percent: float, free_bytes: int, *, host: Host) -> Alert:
    """The recording disk fills up."""
    text = f"{folder}: {percent:.1f} % used, {free_bytes:,} bytes free"
    return _alert(f"[DISK] Usage Warning ({percent:.1f}%)", text, host)


def disk_relieved(folder: str, percent: float, free_bytes: int, *, host: Host) -> Alert:
    """There is room again."""
    text = f"{folder}: {percent:.1f} % used, {free_bytes:,} bytes free"
    return _alert(f"[DISK] Usage normal again ({percent:.1f}%)", text, host)


def folder_missing(problem: str, *, host: Host) -> Alert:
    """The folder of all recordings is gone."""
    return _alert("[DISK] Recording folder missing", f"{problem}: nothing can be recorded there", host)


def folder_back(folder: str, down_s: float, *, host: Host) -> Alert:
    """It is there again."""
    return _alert("[DISK] Recording folder is back", f"{folder}: there again after {down_s:.0f} s", host)


def _alert(subject: str, text: str, host: Host) -> Alert:
    return Alert(subject, f"{text}\nHost: {host.name}  |  Time: {host.at:%Y-%m-%d %H:%M:%S}", host.at)


@attrs.frozen
class Queued:
    """A message and the channels that have not taken it yet."""

    number: int
    alert: Alert
    pending: tuple[str, ...]


@attrs.frozen
class Queue:
    """Messages in the order in which they are to be delivered."""

    items: tuple[Queued, ...] = ()
    next_number: int = 1

    def with_alert(self, alert: Alert, channels: tuple[str, ...]) -> "Queue":
        """One more message at the end; none if nobody takes it."""
        if not channels:
            return self
        return Queue((*self.items, Queued(self.next_number, alert, channels)), self.next_number + 1)

    def waiting_for(self, channel: str) -> tuple[Queued, ...]:
        """What this channel has not taken yet, in order."""
        return tuple(item for item in self.items if channel in item.pending)

    def delivered(self, number: int, channel: str) -> "Queue":
        """The channel has taken the message."""
        items = (
            attrs.evolve(item, pending=tuple(each for each in item.pending if each != channel))
            if item.number == number
            else item
            for item in self.items
        )
        return attrs.evolve(self, items=tuple(item for item in items if item.pending))

    def refused(self, number: int) -> "Queue":
        """A channel refused the message: it goes behind the others."""
        items = sorted(self.items, key=lambda item: item.number == number)
        return attrs.evolve(self, items=tuple(items))

    def within(self, limit: int = QUEUE_LIMIT) -> tuple["Queue", tuple[Queued, ...]]:
        """The newest `limit` messages, and those that are too many."""
        excess = max(0, len(self.items) - limit)
        return attrs.evolve(self, items=self.items[excess:]), self.items[:excess]
