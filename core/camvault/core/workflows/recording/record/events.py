"""Workflow, events: what the supervisor of a recorder reports."""

from datetime import datetime
from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.core.health.stream_ways import way_words
from camvault.core.segments.coverage import Cause
from camvault.ports.events import Event, Level
from camvault.ports.recorder import StreamWay, Trouble


@attrs.frozen
class RecorderStarted(Event):
    """A session begins: the recorder was started in the folder named `session`."""

    station: str
    session: str

    def __str__(self) -> str:
        return f"{self.station}: recorder started (session {self.session})"


@attrs.frozen
class MediaArrived(Event):
    """The first media of a session, `after_s` seconds after the session began."""

    station: str
    after_s: float

    def __str__(self) -> str:
        return f"{self.station}: recording, first media after {self.after_s:.1f} s"


@attrs.frozen
class StreamTakenOtherwise(Event):
    """The camera sends what is not recorded as it is: what, what is done about it, and what was said of it."""

    level: ClassVar[Level] = Level.WARNING

    station: str
    trouble: Trouble
    way: StreamWay
    words: str

    def __str__(self) -> str:
        said = f" ({self.words})" if self.words else ""
        return f"{self.station}: {self.trouble.value}{said}: {way_words(self.way, self.trouble)}"


@attrs.frozen
class StreamWayGivenUp(Event):
    """The way in which the stream was taken led to no recording, some times in a row."""

    station: str

    def __str__(self) -> str:
        return f"{self.station}: how its stream was taken led to no recording: it is taken as at first again"


@attrs.frozen
class SegmentClosed(Event):
    """A segment is complete and has its final name, `path`."""

    station: str
    path: PurePath
    size_bytes: int

    def __str__(self) -> str:
        return f"{self.station}: segment {self.path.name}, {self.size_bytes:,} bytes"


@attrs.frozen
class RecorderEnded(Event):
    """A session ended, or could not begin, although the station is to be recorded; the next start is in `wait_s`.

    `words` is the reason that the recorder gave, or what kept it from starting; "" if none is known.
    """

    level: ClassVar[Level] = Level.WARNING

    station: str
    cause: Cause
    exit_code: int
    wait_s: float
    words: str

    def __str__(self) -> str:
        said = f": {self.words}" if self.words else ""
        ended = f"{self.station}: recorder ended, {self.cause.value} (exit code {self.exit_code})"
        return f"{ended}; next start in {self.wait_s:.1f} s{said}"


@attrs.frozen
class RecorderLogged(Event):
    """A line that the recorder wrote.

    `omitted` lines before it were left out by the line limit; `repeated` ones like it came since it was told last.
    """

    station: str
    line: str
    omitted: int = 0
    repeated: int = 0

    def __str__(self) -> str:
        before = f" ({self.omitted:,} lines left out)" if self.omitted else ""
        again = f" ({self.repeated:,} more like it since the last one told)" if self.repeated else ""
        return f"{self.station}:{before} {self.line}{again}"


@attrs.frozen
class ClockStepped(Event):
    """The wall clock shows `now_at` where it should show `expected_at`: it was set."""

    level: ClassVar[Level] = Level.WARNING

    station: str
    expected_at: datetime
    now_at: datetime

    def __str__(self) -> str:
        seconds = (self.now_at - self.expected_at).total_seconds()
        return f"{self.station}: the clock was set by {seconds:+.0f} s; a new segment begins"


@attrs.frozen
class RecordingTroubled(Event):
    """A storage operation of the supervisor failed; recording goes on."""

    level: ClassVar[Level] = Level.WARNING

    station: str
    problem: str

    def __str__(self) -> str:
        return f"{self.station}: {self.problem}"
