"""Workflow: how much of a period each camera recorded, wherever its segments are by now.

| place                                | counts                                                        |
|--------------------------------------|---------------------------------------------------------------|
| OUT/STATION, OUT/STATION/.live/…     | from its name to its mtime                                    |
| READY/STATION/DATE                   | likewise                                                      |
| quarantine                           | only as long as the file itself says that it plays            |
| ledger: sent, proven, removed, lost  | from its name to its mtime: it was recorded, wherever it is   |

A segment that ends where the next one begins needs no look into the file. Only where they do not fit together is the
duration read from the file, so that a report over 200,000 segments opens the few beside gaps.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import PurePath

import attrs

from camvault.core.coverage import ClockStep, Coverage, Happened, Span, coverage, recorded_spans
from camvault.core.segments import parse_segment_name
from camvault.core.sessions import LIVE_FOLDER
from camvault.core.sync_log import parse_ledger
from camvault.core.timeline import explanations, parse
from camvault.core.workflows.record import TIMELINE_NAME
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.durations import Durations
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.events import Reporter, Warned
from camvault.ports.files import Storage

LEDGER_SUFFIX = ".ledger"
_DAY = timedelta(days=1)
_TOLERANCE = timedelta(seconds=1.5)


@attrs.frozen(kw_only=True)
class Places:
    """Where segments may be. Stations by name, each with its folder; the rest only where it is configured."""

    stations: dict[str, PurePath]
    ready: PurePath | None = None
    quarantine: PurePath | None = None
    ledgers: PurePath | None = None


@attrs.frozen(kw_only=True)
class CoverageOptions:
    """What is asked for. `zone`: of local names. `segment_s`: no segment is believed to be longer than twice that."""

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


@attrs.frozen
class _Segment:
    """A segment somewhere; `path` is None where it can no longer be read."""

    start_at: datetime
    closed_at: datetime
    path: PurePath | None
    is_broken: bool = False


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
    found: dict[str, dict[tuple[str, FileIdentity], _Segment]] = attrs.field(factory=lambda: defaultdict(dict))

    def run(self) -> tuple[Coverage, ...]:
        places = self.options.places
        # what was sent first: a file that is here too replaces the entry, and can be read
        for name, identity in self.sent():
            self.take(name, identity, None)
        if places.quarantine:
            for entry in self.below(places.quarantine):
                self.take(entry.path.name, entry.identity, entry.path, is_broken=True)
        for entry in self.ready():
            self.take(entry.path.name, entry.identity, entry.path)
        for folder in places.stations.values():
            for entry in self.live(folder):
                self.take(entry.path.name, entry.identity, entry.path)
        return tuple(self.of_station(station, folder) for station, folder in places.stations.items())

    # --- where segments are ---

    def live(self, folder: PurePath) -> Iterator[FileEntry]:
        yield from self.children(folder)
        for session in self.children(folder / LIVE_FOLDER):
            if session.kind is FileKind.FOLDER:
                yield from self.children(session.path)

    def ready(self) -> Iterator[FileEntry]:
        ready = self.options.places.ready
        if ready is None:
            return
        days = self.days()
        for station in self.options.places.stations:
            for day in self.children(ready / station):
                if day.kind is FileKind.FOLDER and day.path.name in days:
                    ours = f"{station}_{day.path.name.replace('-', '')}T"
                    yield from (e for e in self.children(day.path) if e.path.name.startswith(ours))

    def sent(self) -> Iterator[tuple[str, FileIdentity]]:
        ledgers = self.options.places.ledgers
        if ledgers is None:
            return
        days = self.days()
        for file in self.children(ledgers):
            if file.path.suffix == LEDGER_SUFFIX and (file.path.stem in days or file.path.stem == "other"):
                ledger = parse_ledger(self.ports.storage.read_text(file.path) or "")
                if ledger.damaged:
                    self.warn(f"{file.path}: {len(ledger.damaged)} damaged lines are not believed")
                yield from ((entry.path.name, entry.identity) for entry in ledger.entries.values())

    def days(self) -> frozenset[str]:
        """The date folders that may hold footage of the period, in any zone."""
        first, last = self.options.period.start_at - 2 * _DAY, self.options.period.end_at + _DAY
        count = (last - first) // _DAY + 1
        return frozenset(f"{first + number * _DAY:%Y-%m-%d}" for number in range(count))

    def children(self, folder: PurePath) -> tuple[FileEntry, ...]:
        self.ports.cancel.check()
        try:
            return self.ports.storage.children(folder)
        except NotFoundError:
            return ()

    def below(self, folder: PurePath) -> Iterator[FileEntry]:
        try:
            yield from self.ports.storage.scan(folder)
        except NotFoundError:
            return

    def warn(self, problem: str) -> None:
        self.ports.reporter.emit(Warned(problem))

    # --- what they say ---

    def take(self, text: str, identity: FileIdentity, path: PurePath | None, *, is_broken: bool = False) -> None:
        name = parse_segment_name(text)
        if name is None or name.station not in self.options.places.stations or not identity.size_bytes:
            return
        written_at = datetime.fromtimestamp(identity.mtime_ns / 1e9, UTC)
        start_at = name.starts_at(zone=self.options.zone, closed_at=written_at, length_s=self.options.segment_s)
        longest = timedelta(seconds=2 * self.options.segment_s)
        # a copy without its times, or a clock that was set: the name is believed
        closed_at = min(max(written_at, start_at), start_at + longest)
        period = self.options.period
        if closed_at < period.start_at - longest or start_at > period.end_at:
            return
        self.found[name.station][text, identity] = _Segment(start_at, closed_at, path, is_broken)

    def of_station(self, station: str, folder: PurePath) -> Coverage:
        segments = sorted(self.found[station].values(), key=lambda segment: segment.start_at)
        said = tuple(self.explained(folder))
        steps = tuple(each for each in said if isinstance(each, ClockStep))
        return coverage(
            station,
            self.spans(segments, steps),
            period=self.options.period,
            events=(each for each in said if isinstance(each, Happened)),
            steps=steps,
        )

    def explained(self, folder: PurePath) -> Iterator[Happened | ClockStep]:
        text = self.ports.storage.read_text(folder / TIMELINE_NAME) or ""
        return explanations(parse(text), until=self.ports.clock.now())

    def spans(self, segments: Sequence[_Segment], steps: Iterable[ClockStep]) -> Iterator[Span]:
        steps = tuple(steps)
        for number, segment in enumerate(segments):
            following = segments[number + 1].start_at if number + 1 < len(segments) else None
            is_fitting = following is not None and abs(segment.closed_at - following) <= _TOLERANCE
            if is_fitting and not segment.is_broken:
                yield Span(segment.start_at, segment.closed_at)
                continue
            self.ports.cancel.check()
            duration_s = self.duration_s(segment)
            if duration_s is not None or not segment.is_broken:
                yield from recorded_spans(
                    segment.start_at, closed_at=segment.closed_at, duration_s=duration_s, steps=steps
                )

    def duration_s(self, segment: _Segment) -> float | None:
        if segment.path is None:
            return None
        try:
            return self.ports.durations.seconds(segment.path)
        except NotFoundError:
            return None  # moved since it was listed
        except StorageError as error:
            self.warn(str(error))
            return None
