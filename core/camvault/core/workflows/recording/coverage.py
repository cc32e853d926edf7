"""Workflow: how much of a period each camera recorded, wherever its segments are by now.

| place                                | counts                                                        |
|--------------------------------------|---------------------------------------------------------------|
| OUT/STATION, OUT/STATION/.live/…     | from its name to its mtime                                    |
| READY/STATION/DATE                   | likewise                                                      |
| quarantine                           | only as long as the file itself says that it plays            |
| ledger: sent, proven, removed, lost  | from its name to its mtime: it was recorded, wherever it is   |

A segment that ends where the next one begins needs no look into the file. Only where they do not fit together is the
duration read from the file, so that a report over 200,000 segments opens the few beside gaps.

What a recorder wrote while it saw no picture does not count: a camera that hangs may go on sending sound.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from operator import attrgetter
from pathlib import PurePath
from typing import NamedTuple

import attrs

from camvault.core.segments.coverage import ClockStep, Coverage, Happened, Span, coverage, recorded_spans
from camvault.core.segments.sessions import LIVE_FOLDER
from camvault.core.segments.start_times import Starts
from camvault.core.segments.ledger import ledger_names
from camvault.core.segments.timeline import explanations, parse
from camvault.core.workflows.recording.record import TIMELINE_NAME
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.durations import Durations
from camvault.ports.entries import FileEntry, Listing
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.events import Reporter, Warned
from camvault.ports.files import Storage

LEDGER_SUFFIX = ".ledger"
_DAY = timedelta(days=1)
_TOLERANCE = timedelta(seconds=1.5)
_LONGEST_BLIND = timedelta(seconds=30)
"""A recorder without pictures is ended after 10 to 15 s. Where it took longer, a line is lacking: the file counts."""
_CUT = timedelta(seconds=5)
"""A segment ends so soon after the clock was set within it."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Places:
    """Where segments may be. Stations by name, each with its folder; the rest only where it is configured.

    `lengths` are those of the stations' segments, of which they are known.
    """

    stations: dict[str, PurePath]
    lengths: dict[str, int] = attrs.field(factory=dict)
    ready: PurePath | None = None
    quarantine: PurePath | None = None
    ledgers: PurePath | None = None


@attrs.frozen(kw_only=True)
class CoverageOptions:
    """What is asked for.

    Attributes:
        zone: Of local names.
        segment_s: No segment is believed to be longer than twice that, or twice the length that its station's have.
    """

    places: Places
    period: Span
    zone: tzinfo
    segment_s: int = 600


@attrs.frozen(kw_only=True)
class CoveragePorts:
    """The world of the report; only looks at it."""

    storage: Storage
    durations: Durations
    clock: Clock
    reporter: Reporter
    cancel: Cancellation


class _Segment(NamedTuple):
    """A segment somewhere; `folder` is None where it can no longer be read. `closed_at` is `written_at` in reason."""

    start_at: datetime
    closed_at: datetime
    written_at: datetime
    name: str
    folder: PurePath | None
    is_broken: bool


def report_coverage(options: CoverageOptions, ports: CoveragePorts) -> tuple[Coverage, ...]:
    """One figure for each station, in the order of `options.places.stations`.

    Raises:
        StorageError: A place cannot be looked at: silence is never "nothing there".
        Cancelled: Stopped.
    """
    return _Survey(options, ports).run()


@attrs.define
class _Survey:
    options: CoverageOptions
    ports: CoveragePorts
    found: dict[str, dict[tuple[str, int, int], _Segment]] = attrs.field(factory=lambda: defaultdict(dict))
    known: set[tuple[str, int, int]] = attrs.field(factory=set)
    lengths: "dict[int, _Length]" = attrs.field(factory=dict)

    def run(self) -> tuple[Coverage, ...]:
        places = self.options.places
        if places.quarantine:
            for entry in self.below(places.quarantine):
                self.take(entry.path.name, entry.identity.size_bytes, entry.identity.mtime_ns, entry.path.parent, True)
        for folder in self.ready():
            self.take_all(folder, beginning=f"{folder.parent.name}_{folder.name.replace('-', '')}T")
        for folder in places.stations.values():
            self.take_all(folder)
            for session in self.listing(folder / LIVE_FOLDER).folders:
                self.take_all(folder / LIVE_FOLDER / session)
        # what was sent last: it only counts where no file was found that is this very one, and can be read
        for sent in self.sent():
            if sent not in self.known:
                self.take(*sent, None)
        return tuple(self.of_station(station, folder) for station, folder in places.stations.items())

    # --- where segments are ---

    def take_all(self, folder: PurePath, *, beginning: str = "") -> None:
        days = self.stamped_days
        for file in self.listing(folder).files:
            # the date that its name says: of most names nothing else need be read
            if file.name.startswith(beginning) and file.name.rpartition("_")[2][:8] in days:
                self.take(file.name, file.size_bytes, file.mtime_ns, folder)

    def ready(self) -> Iterator[PurePath]:
        ready = self.options.places.ready
        if ready is None:
            return
        for station in self.options.places.stations:
            for day in self.listing(ready / station).folders:
                if day in self.days:
                    yield ready / station / day

    def sent(self) -> Iterator[tuple[str, int, int]]:
        ledgers = self.options.places.ledgers
        if ledgers is None:
            return
        for file in self.listing(ledgers).files:
            day = file.name.removesuffix(LEDGER_SUFFIX)
            if file.name.endswith(LEDGER_SUFFIX) and (day in self.days or day == "other"):
                names, damaged_count = ledger_names(self.ports.storage.read_text(ledgers / file.name) or "")
                if damaged_count:
                    self.warn(f"{ledgers / file.name}: {damaged_count} damaged lines are not believed")
                yield from names

    @cached_property
    def days(self) -> frozenset[str]:
        """The date folders that may hold footage of the period, in any zone."""
        longest = timedelta(seconds=4 * max([self.options.segment_s, *self.options.places.lengths.values()]))
        first, last = self.options.period.start_at - 2 * _DAY - longest, self.options.period.end_at + _DAY
        count = (last - first) // _DAY + 1
        return frozenset(f"{first + number * _DAY:%Y-%m-%d}" for number in range(count))

    @cached_property
    def stamped_days(self) -> frozenset[str]:
        """The same as names say them."""
        return frozenset(day.replace("-", "") for day in self.days)

    def listing(self, folder: PurePath) -> Listing:
        self.ports.cancel.check()
        try:
            return self.ports.storage.listing(folder)
        except NotFoundError:
            return Listing()

    def below(self, folder: PurePath) -> Iterator[FileEntry]:
        try:
            yield from self.ports.storage.scan(folder)
        except NotFoundError:
            return

    def warn(self, problem: str) -> None:
        self.ports.reporter.emit(Warned(problem))

    # --- what they say ---

    def take(
        self, text: str, size_bytes: int, mtime_ns: int, folder: PurePath | None, is_broken: bool = False, /
    ) -> None:
        length = self.length(text.rpartition("_")[0])
        started = length.starts.of(text, mtime_ns)
        if started is None or started[0] not in self.options.places.stations or not size_bytes:
            return
        station, start_at = started
        written_at = datetime.fromtimestamp(mtime_ns / 1e9, UTC)
        longest = length.longest
        # a copy without its times, or a clock that was set: the name is believed
        closed_at = min(max(written_at, start_at), start_at + longest)
        period = self.options.period
        if closed_at < period.start_at - longest or start_at > period.end_at:
            return
        key = text, size_bytes, mtime_ns
        self.known.add(key)
        self.found[station][key] = _Segment(start_at, closed_at, written_at, text, folder, is_broken)

    def length(self, station: str) -> "_Length":
        """Whatever is not in the configuration has the usual one."""
        usual_s = self.options.segment_s
        segment_s = self.options.places.lengths.get(station, usual_s)
        if segment_s not in self.lengths:
            longest = timedelta(seconds=2 * max(segment_s, usual_s))
            self.lengths[segment_s] = _Length(Starts(self.options.zone, segment_s), longest)
        return self.lengths[segment_s]

    def of_station(self, station: str, folder: PurePath) -> Coverage:
        segments = sorted(self.found[station].values(), key=lambda segment: segment.start_at)
        said = tuple(self.explained(folder))
        steps = tuple(each for each in said if isinstance(each, ClockStep))
        events = tuple(each for each in said if isinstance(each, Happened))
        return coverage(
            station,
            self.spans(segments, steps, _Blind(events, steps)),
            period=self.options.period,
            events=events,
            steps=steps,
        )

    def explained(self, folder: PurePath) -> Iterator[Happened | ClockStep]:
        text = self.ports.storage.read_text(folder / TIMELINE_NAME) or ""
        return explanations(parse(text), until=self.ports.clock.now())

    def spans(self, segments: Sequence[_Segment], steps: Iterable[ClockStep], blind: "_Blind") -> Iterator[Span]:
        """When it recorded, in any order; segments without a hole between them are one span."""
        steps = tuple(steps)
        begun = reached = _NEVER
        for number, segment in enumerate(segments):
            following = segments[number + 1].start_at if number + 1 < len(segments) else None
            outage = blind.at(segment.closed_at)
            if outage is not None:
                yield from _seeing(self.looked_up(segment, steps), outage)
            elif (
                following is None
                or segment.is_broken
                or abs(segment.closed_at - following) > _TOLERANCE
                or any(abs(segment.written_at - step.to_at) <= _CUT for step in steps)
            ):
                yield from self.looked_up(segment, steps)
            elif begun is not _NEVER and segment.start_at <= reached:
                reached = max(reached, segment.closed_at)
            else:
                if begun is not _NEVER:
                    yield Span(begun, reached)
                begun, reached = segment.start_at, segment.closed_at
        if begun is not _NEVER:
            yield Span(begun, reached)

    def looked_up(self, segment: _Segment, steps: Iterable[ClockStep]) -> tuple[Span, ...]:
        """Where a segment and the next one do not fit together, the file itself is asked how long it plays."""
        self.ports.cancel.check()
        duration_s = self.duration_s(segment)
        if duration_s is None and segment.is_broken:
            return ()
        if duration_s is not None:
            return recorded_spans(segment.start_at, closed_at=segment.written_at, duration_s=duration_s, steps=steps)
        longest = self.length(segment.name.rpartition("_")[0]).longest
        for step in steps:
            is_within = segment.start_at <= step.from_at <= segment.start_at + longest
            has_jumped = step.to_at > step.from_at or segment.written_at < segment.start_at
            if is_within and has_jumped and abs(segment.written_at - step.to_at) <= _CUT:
                return (Span(segment.start_at, step.from_at),)
        return recorded_spans(segment.start_at, closed_at=segment.closed_at, duration_s=None)

    def duration_s(self, segment: _Segment) -> float | None:
        if segment.folder is None:
            return None
        try:
            return self.ports.durations.seconds(segment.folder / segment.name)
        except NotFoundError:
            return None  # moved since it was listed
        except StorageError as error:
            self.warn(str(error))
            return None


class _Length(NamedTuple):
    """What follows from how long segments are."""

    starts: Starts
    longest: timedelta


class _Blind:
    """When a recorder saw no picture, as it wrote down itself; not in hours that its clock went through twice."""

    def __init__(self, events: Iterable[Happened], steps: Iterable[ClockStep]) -> None:
        spans = (each.span for each in events if each.span.seconds)
        steps = tuple(steps)
        once = (
            span
            for span in spans
            if not any(step.to_at < span.end_at and span.start_at < step.from_at for step in steps)
        )
        self._spans = sorted(once, key=attrgetter("start_at"))
        self._starts = [span.start_at for span in self._spans]

    def at(self, moment: datetime) -> Span | None:
        """What that moment lies in, or ends."""
        number = bisect_left(self._starts, moment)
        return self._spans[number - 1] if number and moment <= self._spans[number - 1].end_at else None


def _seeing(spans: Iterable[Span], outage: Span) -> Iterator[Span]:
    """The parts before the last picture."""
    for span in spans:
        last_at = max(span.start_at, min(span.end_at, outage.start_at))
        seen = Span(span.start_at, last_at) if span.end_at - last_at <= _LONGEST_BLIND else span
        if seen.seconds:
            yield seen
