"""Workflow: what a session has stored, by the pictures that are in its files, and the record of it.

The record is append-only. A segment gets a line when its first picture is in the file, one now and then while it grows,
one when nothing is written to it any more, and one when it has its final name. What a killed supervisor did not write
down is read from the file by the next one.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import PurePath

import attrs

from camvault.core.segments.coverage import Span
from camvault.core.segments.live_names import parse_live_name
from camvault.core.segments.stored_record import (
    STORED_FOLDER,
    SegmentOfSession,
    StoredRun,
    named_line,
    segment_of,
    stored_file,
    stored_line,
)
from camvault.core.workflows.recording.record.journal import Journal
from camvault.core.workflows.recording.record.options import RecordOptions, RecordPorts
from camvault.core.workflows.recording.record.stored_keeping import keep_small
from camvault.core.workflows.steps.segment_record import SegmentRecord, append_stored
from camvault.ports.entries import FileEntry
from camvault.ports.errors import StorageError
from camvault.ports.pictures import StoredPictures

_LONGEST_NOTE_S, _SHORTEST_NOTE_S = 120.0, 10.0
_CLOCK_SLACK_S = 2.0


@attrs.define
class StoredLog:
    """Writes the record of a station. A line that cannot be written is reported, and recording goes on."""

    options: RecordOptions
    ports: RecordPorts
    journal: Journal
    _ended: set[SegmentOfSession] = attrs.field(factory=set, init=False)
    """Segments whose last line was written."""
    _first_at: dict[SegmentOfSession, datetime] = attrs.field(factory=dict, init=False)
    """When the first pictures of segments arrived that have no final name yet."""
    _last_at: dict[SegmentOfSession, datetime] = attrs.field(factory=dict, init=False)
    """When the last pictures of segments arrived that a killed supervisor left, and that have no final name yet."""
    _record: SegmentRecord = attrs.field(init=False)
    _tended: str = attrs.field(default="", init=False)
    """The file of the day on which the record was made smaller last."""

    def __attrs_post_init__(self) -> None:
        folder, segment_s = self.options.folder, self.options.segment_s
        self._record = SegmentRecord(folder, segment_s, self.ports.storage, self.ports.pictures)

    def write(self, run: StoredRun) -> None:
        """A line about what is stored."""
        self._first_at.setdefault(run.segment, run.span.start_at)
        self._append(stored_line(run), run.at)

    def ended(self, segment: SegmentOfSession) -> None:
        """The last line about what is stored of a segment was written."""
        self._ended.add(segment)

    def first_at(self, file: PurePath) -> datetime | None:
        """When the first picture of the segment at `file` arrived; None if that is not known."""
        segment = segment_of(file)
        return self._first_at.get(segment) if segment is not None else None

    def named(self, file: PurePath, name: str) -> None:
        """The segment at `file`, in the folder of its session, got the final name `name`."""
        segment = segment_of(file)
        if segment is not None:
            now = self.journal.now()
            self._first_at.pop(segment, None)
            self._append(named_line(segment, name, at=now), self._last_at.pop(segment, now))

    def recover(self, file: FileEntry) -> None:
        """Write down what a killed supervisor did not: what is in `file`, which is not written to any more.

        Raises:
            StorageError: The file or the record cannot be read, or not be written.
        """
        segment = segment_of(file.path)
        if segment is None or segment in self._ended or (seen := self._record.look(file)) is None:
            return
        if seen.first_at is not None:
            self._first_at[segment] = seen.first_at
        now = self.journal.now()
        self._last_at[segment] = self._record.complete(seen, file=file.path, at=now) or now
        self.ended(segment)

    def _append(self, line: str, at: datetime) -> None:
        folder, day = self.options.folder, stored_file(self.journal.now())
        if self._tended != day:
            self._tended = day
            try:
                keep_small(folder / STORED_FOLDER, now=self.journal.now(), storage=self.ports.storage)
            except StorageError as error:
                self.journal.trouble(error)  # tried again tomorrow
        try:
            append_stored(folder, line, at=at, storage=self.ports.storage)
        except StorageError as error:
            self.journal.trouble(error)  # a full disk must not keep the recorder from recording when there is room


@attrs.define
class _Segment:
    """What is known of one segment. `begin_s` and `end_s` hold the ends of its runs by the boot clock."""

    found: StoredPictures = attrs.field(factory=StoredPictures)
    begin_s: list[float] = attrs.field(factory=list)
    end_s: list[float] = attrs.field(factory=list)
    delay_s: float = float("inf")
    size_bytes: int = 0
    noted_s: float = float("-inf")
    noted_runs: int = 0

    def take(self, found: StoredPictures, *, now_s: float) -> None:
        """Pictures have been added, and were found just now.

        A picture is found some time after it arrived, by no fixed delay: the shortest one of a run is closest to the
        truth, and the distances of its pictures are known from the file.
        """
        for begin_s, end_s in found.runs[len(self.begin_s) :]:
            self.delay_s = now_s - end_s
            self.begin_s.append(begin_s + self.delay_s)
            self.end_s.append(end_s + self.delay_s)
        begin_s, end_s = found.runs[-1]
        self.delay_s = min(self.delay_s, now_s - end_s)
        self.begin_s[-1], self.end_s[-1] = begin_s + self.delay_s, end_s + self.delay_s
        self.found = found


@attrs.define
class SessionPictures:
    """Counts the pictures in the files of the running session.

    Attributes:
        picture_count: How many are stored, in all files of the session.
        last_s: When the last one arrived, by the boot clock.
        group_s: The longest distance of two key frames; 0 until there are two.
    """

    session: PurePath
    ports: RecordPorts
    options: RecordOptions
    log: StoredLog
    picture_count: int = attrs.field(default=0, init=False)
    last_s: float = attrs.field(default=0.0, init=False)
    group_s: float = attrs.field(default=0.0, init=False)
    _segments: dict[int, _Segment] = attrs.field(factory=dict, init=False)
    _wall_at_boot: datetime = attrs.field(init=False)
    """What the wall clock showed when the machine was started, as the clock is set in this session."""

    def __attrs_post_init__(self) -> None:
        self._wall_at_boot = self._wall_now()

    def _wall_now(self) -> datetime:
        return self.log.journal.now() - timedelta(seconds=self.ports.clock.boot_s())

    def look(self, files: Iterable[FileEntry], *, is_end: bool = False) -> None:
        """Look at the files of the session; nothing is written any more to those before the last, or at the end to any.

        Raises:
            StorageError: A file cannot be read.
        """
        numbered = {live.number: file for file in files if (live := parse_live_name(file.path.name)) is not None}
        now_s = self.ports.clock.boot_s()
        self._keep_wall()
        for number, file in sorted(numbered.items()):
            self._look_at(number, file, now_s=now_s, is_closed=is_end or number < max(numbered))

    def _look_at(self, number: int, file: FileEntry, *, now_s: float, is_closed: bool) -> None:
        segment = self._segments.setdefault(number, _Segment())
        known = segment.found
        if file.identity.size_bytes != segment.size_bytes or is_closed:
            found = self.ports.pictures.count(file.path, known=known)
            segment.size_bytes = file.identity.size_bytes
            if found.count > known.count:
                segment.take(found, now_s=now_s)
                self.picture_count += found.count - known.count
                self.last_s = max(self.last_s, segment.end_s[-1])
                self.group_s = max(self.group_s, found.group_s, self._segment_of_one_key_s(number - 1))
            segment.found = found
        if segment.found.count and (is_closed or not known.count or now_s - segment.noted_s >= self._note_s):
            segment.noted_s = now_s
            self._note(number, segment)
        if is_closed:
            self.log.ended((self.session.name, number))

    def _segment_of_one_key_s(self, number: int) -> float:
        """How long a segment is that holds a single key frame, and is followed by one; 0 if it is no such."""
        before, after = self._segments.get(number), self._segments[number + 1]
        if before is None or before.found.group_s or before.found.last_key_s is None or len(before.begin_s) != 1:
            return 0.0
        return after.begin_s[0] - before.begin_s[0]

    @property
    def _note_s(self) -> float:
        return max(_SHORTEST_NOTE_S, min(_LONGEST_NOTE_S, self.options.segment_s / 2))

    def _keep_wall(self) -> None:
        """Follow the wall clock, but for a step that ends the session: the pictures arrived before it."""
        wall = self._wall_now()
        if abs((wall - self._wall_at_boot).total_seconds()) <= _CLOCK_SLACK_S:
            self._wall_at_boot = wall

    def _note(self, number: int, segment: _Segment) -> None:
        ends = list(enumerate(zip(segment.begin_s, segment.end_s, strict=True)))
        for run, (begin_s, end_s) in ends[max(0, segment.noted_runs - 1) :]:
            span = Span(*(self._wall_at_boot + timedelta(seconds=each) for each in (begin_s, end_s)))
            self.log.write(
                StoredRun(
                    at=self.log.journal.now(),
                    segment=(self.session.name, number),
                    run=run,
                    span=span,
                    boot=self.options.boot,
                    boot_s=end_s,
                    picture_count=segment.found.count,
                    size_bytes=segment.size_bytes,
                )
            )
        segment.noted_runs = len(ends)
