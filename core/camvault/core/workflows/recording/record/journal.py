"""Workflow: the timeline of one station, and the wall clock by which its lines are dated."""

from datetime import UTC, datetime, timedelta

import attrs

from camvault.core.segments.coverage import Cause
from camvault.core.segments.timeline import TimelineEntry, TimelineKind, timeline_line
from camvault.core.workflows.recording.record.events import ClockStepped, RecordingTroubled
from camvault.core.workflows.recording.record.options import RecordOptions, RecordPorts
from camvault.ports.errors import StorageError

TIMELINE_NAME = ".timeline"
"""The file in the station's folder that says what happened to the recorder, see `camvault.core.segments.timeline`."""

_STEP = timedelta(seconds=2)


@attrs.define
class Journal:
    """Writes the timeline. A line that cannot be written is reported, and recording goes on.

    A gap has one line for each of its causes: a camera may be away for weeks.
    """

    options: RecordOptions
    ports: RecordPorts
    _media_at: datetime | None = attrs.field(default=None, init=False)
    _clock_seen: tuple[datetime, float] | None = attrs.field(default=None, init=False)
    """The wall clock and the time since the start of the machine, when they were last compared."""
    _suspended_s: float | None = attrs.field(default=None, init=False)
    """For how long the machine was suspended since its start, as far as that was seen."""
    _written: Cause | None = attrs.field(default=None, init=False)
    """The cause that the timeline already holds for the gap that is open now."""
    _unwritten: TimelineEntry | None = attrs.field(default=None, init=False)
    """The first line of the gap that is open now, if the disk had no room for it."""

    def started(self) -> None:
        """The supervisor starts; the line says since when the machine has been running, too."""
        self.clock_was_set()
        now = self.now()
        since = now - timedelta(seconds=self.ports.clock.boot_s())
        self._write(TimelineEntry(now, TimelineKind.STARTED, since=since))

    def stopped(self) -> None:
        """The supervisor ends."""
        self.clock_was_set()
        self._write(TimelineEntry(self.now(), TimelineKind.STOPPED))

    def gap_ended(self) -> None:
        """The first media of a session arrived."""
        if self._unwritten is not None:
            self._write(self._unwritten)
        self._write(TimelineEntry(self.now(), TimelineKind.RECORDING))
        self._written = self._unwritten = None

    def media_arrived(self, at_s: float) -> None:
        """The last picture that is stored arrived at `at_s` by the boot clock: a gap is counted from there."""
        self._media_at = self.now() - timedelta(seconds=self.ports.clock.boot_s() - at_s)

    def not_recording(self, cause: Cause) -> None:
        """There is no recording, for this cause."""
        if cause is self._written:
            return
        entry = TimelineEntry(self.now(), TimelineKind.ENDED, cause, self._media_at)
        if not self._write(entry) and self._unwritten is None:
            self._unwritten = entry
        self._written = cause

    def clock_was_set(self) -> bool:
        """Whether the wall clock was set since the last call, in a session or between two; it is written down once.

        While the machine is suspended, the wall clock goes on, and is not set.
        """
        now_s, wall = self.ports.clock.boot_s(), self.now()
        last_wall, last_s = self._clock_seen or (wall, now_s)
        expected = last_wall + timedelta(seconds=now_s - last_s)
        self._clock_seen = wall, now_s
        if abs(wall - expected) <= _STEP:
            return False
        self.ports.reporter.emit(ClockStepped(self.options.station, expected, wall))
        self._write(TimelineEntry(wall, TimelineKind.CLOCK, since=expected))
        self._media_at = wall
        return True

    def was_suspended(self) -> bool:
        """Whether the machine was suspended since the last call."""
        suspended_s = self.ports.clock.boot_s() - self.ports.clock.monotonic_s()
        known_s, self._suspended_s = self._suspended_s, suspended_s
        return known_s is not None and suspended_s - known_s > _STEP.total_seconds()

    def trouble(self, error: StorageError) -> None:
        """Report an error that does not stop the recording."""
        self.ports.reporter.emit(RecordingTroubled(self.options.station, str(error)))

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return self.ports.clock.now().astimezone(UTC)

    def _write(self, entry: TimelineEntry) -> bool:
        try:
            self.ports.storage.append_line(self.options.folder / TIMELINE_NAME, timeline_line(entry))
        except StorageError as error:
            self.trouble(error)  # a full disk must not keep the recorder from recording when there is room again
            return False
        return True
