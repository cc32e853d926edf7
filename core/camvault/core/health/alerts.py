"""Pure: the alerts to the operator, and the queue of alerts that still have to be delivered.

An alert waits for each channel separately and leaves the queue when every channel has taken it. While a channel cannot
be reached, the oldest alert stays first; an alert that a channel refuses goes to the end, so that it blocks no other.
"""

from datetime import datetime

import attrs

from camvault.ports.alerts import Alert

QUEUE_LIMIT = 1000
"""More than a year of incidents. Further alerts are dropped, the oldest first, and that is logged."""


@attrs.frozen
class AlertOrigin:
    """On which machine and when an incident was noticed; `at` is the local wall time."""

    name: str
    at: datetime


def down(station: str, reason: str, *, action: str, host: AlertOrigin) -> Alert:
    """A station does not record any more; `action` says what was done."""
    return _alert(f"[CAMERA] Auto-restart {station}", f"{station} {reason} → {action}", host)


def not_recording(station: str, reason: str, *, host: AlertOrigin) -> Alert:
    """A station does not record any more, and its unit cannot or must not be restarted."""
    return _alert(f"[CAMERA] Not recording {station}", f"{station} {reason}", host)


def low(station: str, reason: str, *, host: AlertOrigin) -> Alert:
    """A station records, and too little of it; its recorder starts again by itself."""
    return _alert(f"[CAMERA] Recording with gaps {station}", f"{station} {reason}", host)


def unseen(station: str, problem: str, *, host: AlertOrigin) -> Alert:
    """A station cannot be looked at, so that nobody knows whether it records."""
    return _alert(f"[CAMERA] Cannot be looked at {station}", f"{station}: {problem}", host)


def recovered(station: str, reason: str, *, host: AlertOrigin) -> Alert:
    """A station records again; `reason` holds the length of the gap."""
    return _alert(f"[CAMERA] Recovered {station}", f"{station} {reason}", host)


def unexpected_streams(station: str, differences: str, *, host: AlertOrigin) -> Alert:
    """A camera sends other streams than the configuration expects."""
    return _alert(
        f"[CAMERA] Unexpected stream {station}", f"{station} sends other streams than expected: {differences}", host
    )


def expected_streams(station: str, *, host: AlertOrigin) -> Alert:
    """A camera sends the expected streams again."""
    return _alert(f"[CAMERA] Stream as expected {station}", f"{station} sends the expected streams again", host)


def disk_filling(folder: str, percent: float, free_bytes: int, *, host: AlertOrigin) -> Alert:
    """The usage of the recording disk has reached its limit; `percent` of it is used."""
    text = f"{folder}: {percent:.1f} % used, {free_bytes:,} bytes free"
    return _alert(f"[DISK] Usage Warning ({percent:.1f}%)", text, host)


def disk_relieved(folder: str, percent: float, free_bytes: int, *, host: AlertOrigin) -> Alert:
    """The usage of the recording disk is below its limit again."""
    text = f"{folder}: {percent:.1f} % used, {free_bytes:,} bytes free"
    return _alert(f"[DISK] Usage normal again ({percent:.1f}%)", text, host)


def folder_missing(problem: str, *, host: AlertOrigin) -> Alert:
    """The recording folder is missing; `problem` says how."""
    return _alert("[DISK] Recording folder missing", f"{problem}: nothing can be recorded there", host)


def place_closed(problem: str, *, host: AlertOrigin) -> Alert:
    """A configured folder cannot be used; `problem` names it and says why."""
    return _alert("[DISK] Folder cannot be used", problem, host)


def place_open(folder: str, down_s: float, *, host: AlertOrigin) -> Alert:
    """A configured folder can be used again, after `down_s` seconds."""
    return _alert("[DISK] Folder can be used again", f"{folder} can be used again after {down_s:.0f} s", host)


def job_failing(unit: str, failing_s: float, detail: str, *, host: AlertOrigin) -> Alert:
    """A job has failed in each run for `failing_s` seconds; `detail` is in the words of the service manager."""
    text = f"{unit} has failed in each run for {failing_s:.0f} s ({detail}); see: journalctl -u {unit}"
    return _alert(f"[JOB] Failing {unit}", text, host)


def job_lagging(unit: str, lag_s: float, detail: str, *, host: AlertOrigin) -> Alert:
    """A job was not started, or has been running, for `lag_s` seconds; `detail` is the service manager's word."""
    text = (
        f"{unit} has not come to an end for {lag_s:.0f} s ({detail}); see: systemctl list-timers, journalctl -u {unit}"
    )
    return _alert(f"[JOB] Lagging {unit}", text, host)


def job_well(unit: str, *, host: AlertOrigin) -> Alert:
    """A job ended well again."""
    return _alert(f"[JOB] Works again {unit}", f"{unit} ended well again", host)


def folder_back(folder: str, down_s: float, *, host: AlertOrigin) -> Alert:
    """The recording folder is there again, after `down_s` seconds."""
    return _alert("[DISK] Recording folder is back", f"{folder} is there again after {down_s:.0f} s", host)


def _alert(subject: str, text: str, host: AlertOrigin) -> Alert:
    return Alert(subject, f"{text}\nHost: {host.name}  |  Time: {host.at:%Y-%m-%d %H:%M:%S}", host.at)


@attrs.frozen
class QueuedAlert:
    """An alert and the names of the channels that have not taken it yet."""

    number: int
    alert: Alert
    pending: tuple[str, ...]


@attrs.frozen
class AlertQueue:
    """Alerts in the order in which they are to be delivered."""

    items: tuple[QueuedAlert, ...] = ()
    next_number: int = 1

    def with_alert(self, alert: Alert, channels: tuple[str, ...]) -> "AlertQueue":
        """The queue with one more alert at its end; without channels, the queue as it is."""
        if not channels:
            return self
        return AlertQueue((*self.items, QueuedAlert(self.next_number, alert, channels)), self.next_number + 1)

    def waiting_for(self, channel: str) -> tuple[QueuedAlert, ...]:
        """The alerts that this channel has not taken yet, in order."""
        return tuple(item for item in self.items if channel in item.pending)

    def delivered(self, number: int, channel: str) -> "AlertQueue":
        """The queue after a channel has taken an alert."""
        items = (
            attrs.evolve(item, pending=tuple(each for each in item.pending if each != channel))
            if item.number == number
            else item
            for item in self.items
        )
        return attrs.evolve(self, items=tuple(item for item in items if item.pending))

    def refused(self, number: int) -> "AlertQueue":
        """The queue after a channel refused an alert: it goes to the end."""
        items = sorted(self.items, key=lambda item: item.number == number)
        return attrs.evolve(self, items=tuple(items))

    def within(self, limit: int = QUEUE_LIMIT) -> tuple["AlertQueue", tuple[QueuedAlert, ...]]:
        """The queue with the newest `limit` alerts, and the alerts that were dropped from it."""
        excess = max(0, len(self.items) - limit)
        return attrs.evolve(self, items=self.items[excess:]), self.items[:excess]
