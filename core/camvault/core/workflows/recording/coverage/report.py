"""Workflow: how much of a period each camera recorded, see the package."""

from collections.abc import Mapping
from pathlib import PurePath

import attrs

from camvault.core.segments.blind_times import BlindTimes
from camvault.core.segments.coverage import ClockStep, Coverage, Outage, coverage
from camvault.core.segments.timeline import explanations, parse_timeline
from camvault.core.workflows.recording.coverage.options import CoverageOptions, CoveragePorts
from camvault.core.workflows.recording.coverage.search import Search
from camvault.core.workflows.recording.coverage.segments import FoundSegments, SegmentLengths
from camvault.core.workflows.recording.coverage.spans import RecordedSpans
from camvault.core.workflows.recording.coverage.stored import StoredSpans, record_of
from camvault.core.workflows.recording.record import TIMELINE_NAME
from camvault.ports.errors import StorageError


@attrs.frozen
class CoverageReport:
    """What was recorded.

    Attributes:
        stations: A figure for each station, in the order of `Places.stations`.
        unseen: The stations of which there is no figure, each with what cannot be looked at of it.
    """

    stations: tuple[Coverage, ...]
    unseen: Mapping[str, StorageError] = attrs.field(factory=dict)


def report_coverage(options: CoverageOptions, ports: CoveragePorts) -> CoverageReport:
    """How much each station recorded. A station that cannot be looked at is not taken for one that recorded nothing.

    Raises:
        StorageError: A place that all stations share cannot be looked at; it is not taken for an empty one.
        Cancelled: Stopped.
    """
    lengths = SegmentLengths(options.zone, options.segment_s, options.places.lengths)
    found = FoundSegments(options, lengths)
    search = Search(options, ports, found)
    search.run()
    figures, unseen = list[Coverage](), dict(search.unseen)
    for station, folder in options.places.stations.items():
        if station in unseen:
            continue
        try:
            figures.append(_of_station(station, folder, options=options, ports=ports, found=found))
        except StorageError as error:
            unseen[station] = error
    return CoverageReport(tuple(figures), unseen)


def _of_station(
    station: str, folder: PurePath, *, options: CoverageOptions, ports: CoveragePorts, found: FoundSegments
) -> Coverage:
    text = ports.storage.read_text(folder / TIMELINE_NAME) or ""
    said = tuple(explanations(parse_timeline(text), until=ports.clock.now()))
    steps = tuple(each for each in said if isinstance(each, ClockStep))
    events = tuple(each for each in said if isinstance(each, Outage))
    record = record_of(folder, options.period, ports.storage)
    spans = RecordedSpans(ports, found.lengths, steps, BlindTimes(events, steps), StoredSpans(record, ports))
    recorded = spans.of(found.of_station(station))
    return coverage(station, recorded.spans, period=options.period, events=events, steps=steps, holes=recorded.holes)
