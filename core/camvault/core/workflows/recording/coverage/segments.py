"""Workflow, private part: the segments that were found, by station."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from operator import attrgetter
from pathlib import PurePath
from typing import NamedTuple

import attrs

from camvault.core.segments.file_times import written_at
from camvault.core.segments.start_times import Starts
from camvault.core.workflows.recording.coverage.options import CoverageOptions

SegmentKey = tuple[str, int, int]
"""Name, size in bytes and mtime in nanoseconds: what a ledger knows of a segment."""


class FoundSegment(NamedTuple):
    """A segment, wherever it is.

    Attributes:
        start_at: From its name.
        closed_at: `written_at`, if that is possible for a segment of this length; else the nearest possible time.
        written_at: From its mtime.
        folder: Where it is; None if it cannot be read here any more.
        is_broken: Whether it is in quarantine.
    """

    start_at: datetime
    closed_at: datetime
    written_at: datetime
    name: str
    folder: PurePath | None
    is_broken: bool


class SegmentLength(NamedTuple):
    """What follows from how long the segments of a station are: `longest` is the longest that is believed."""

    starts: Starts
    longest: timedelta


@attrs.define
class SegmentLengths:
    """The segment length of each station; one that is not in `by_station` has the usual length."""

    zone: tzinfo
    usual_s: int
    by_station: Mapping[str, int]
    _known: dict[int, SegmentLength] = attrs.field(init=False, factory=dict)

    def of(self, station: str) -> SegmentLength:
        """The length of the station's segments."""
        segment_s = self.by_station.get(station, self.usual_s)
        if segment_s not in self._known:
            longest = timedelta(seconds=2 * max(segment_s, self.usual_s))
            self._known[segment_s] = SegmentLength(Starts(self.zone, segment_s), longest)
        return self._known[segment_s]

    def of_segment(self, name: str) -> SegmentLength:
        """The length of the segments of the station that this one is named after."""
        return self.of(name.rpartition("_")[0])


@attrs.define
class FoundSegments:
    """Takes every segment that was found, and keeps those of the stations that may lie in the period, each once."""

    options: CoverageOptions
    lengths: SegmentLengths
    _by_station: dict[str, dict[SegmentKey, FoundSegment]] = attrs.field(init=False, factory=lambda: defaultdict(dict))
    _known: set[SegmentKey] = attrs.field(init=False, factory=set)

    def add(self, key: SegmentKey, folder: PurePath | None, *, is_broken: bool = False, named: str = "") -> None:
        """Take one; the last that is added with this key counts. `named`: what says when it began, if not its name."""
        name, size_bytes, mtime_ns = key
        length = self.lengths.of_segment(name)
        started = length.starts.of(named or name, mtime_ns)
        if started is None or started[0] not in self.options.places.stations or not size_bytes:
            return
        station, start_at = started
        changed_at = written_at(mtime_ns)
        # a copy has lost its mtime, or the clock was set meanwhile: then the name is believed
        closed_at = min(max(changed_at, start_at), start_at + length.longest)
        period = self.options.period
        if closed_at < period.start_at - length.longest or start_at > period.end_at:
            return
        self._known.add(key)
        self._by_station[station][key] = FoundSegment(start_at, closed_at, changed_at, name, folder, is_broken)

    def has(self, key: SegmentKey) -> bool:
        """Whether this very segment was added."""
        return key in self._known

    def of_station(self, station: str) -> list[FoundSegment]:
        """Those of one station, by their start."""
        return sorted(self._by_station[station].values(), key=attrgetter("start_at"))
