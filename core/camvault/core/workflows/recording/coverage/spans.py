"""Workflow, private part: when the segments of one station were recorded.

What the recorder wrote down of a segment decides. Only of the others, of a recorder without a supervisor or of an
earlier version, names, times of files and headers are read.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import attrs

from camvault.core.segments.blind_times import BlindTimes, with_pictures
from camvault.core.segments.coverage import ClockStep, Span, recorded_spans
from camvault.core.segments.stored_chains import Recorded, laid_end_to_end
from camvault.core.segments.stored_record import StoredSegment
from camvault.core.workflows.recording.coverage.options import CoveragePorts
from camvault.core.workflows.recording.coverage.segments import FoundSegment, SegmentLengths
from camvault.core.workflows.recording.coverage.stored import StoredSpans
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.events import Warned

_TOLERANCE = timedelta(seconds=1.5)
_CUT = timedelta(seconds=5)
"""A segment within which the clock was set ends so soon after that."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@attrs.frozen
class RecordedSpans:
    """Asks a segment for its duration where its name and its mtime do not say enough.

    Attributes:
        steps: When the station's clock was set.
        blind: When its recorder received no pictures.
        stored: What its recorder wrote down of what it stored.
    """

    ports: CoveragePorts
    lengths: SegmentLengths
    steps: tuple[ClockStep, ...]
    blind: BlindTimes
    stored: StoredSpans

    def of(self, segments: Sequence[FoundSegment]) -> Recorded:
        """When the segments were recorded, in any order; segments without a hole between them make one span.

        Args:
            segments: Of one station, by their start.

        Raises:
            Cancelled: Stopped.
        """
        stored = list[StoredSegment]()
        others = tuple(self._without_record(segments, stored))
        recorded = laid_end_to_end(stored)
        return attrs.evolve(recorded, spans=(*recorded.spans, *others))

    def _without_record(self, segments: Sequence[FoundSegment], stored: list[StoredSegment]) -> Iterator[Span]:
        """The spans of those that no recorder wrote down; the others are added to `stored`."""
        begun = reached = _NEVER
        for number, segment in enumerate(segments):
            if recorded := self.stored.of(segment):
                stored.append(recorded)
                continue
            following = segments[number + 1].start_at if number + 1 < len(segments) else None
            blind = self.blind.at(segment.closed_at)
            if blind is not None:
                yield from with_pictures(self._looked_up(segment), blind)
            elif (
                following is None
                or segment.is_broken
                or abs(segment.closed_at - following) > _TOLERANCE
                or any(abs(segment.written_at - step.to_at) <= _CUT for step in self.steps)
            ):
                yield from self._looked_up(segment)
            elif begun is not _NEVER and segment.start_at <= reached:
                reached = max(reached, segment.closed_at)
            else:
                if begun is not _NEVER:
                    yield Span(begun, reached)
                begun, reached = segment.start_at, segment.closed_at
        if begun is not _NEVER:
            yield Span(begun, reached)

    def _looked_up(self, segment: FoundSegment) -> tuple[Span, ...]:
        """When one segment was recorded, by the duration that its file states."""
        self.ports.cancel.check()
        duration_s = self._duration_s(segment)
        if duration_s is None and segment.is_broken:
            return ()
        if duration_s is not None:
            closed_at = segment.written_at
            return recorded_spans(segment.start_at, closed_at=closed_at, duration_s=duration_s, steps=self.steps)
        longest = self.lengths.of_segment(segment.name).longest
        for step in self.steps:
            is_within = segment.start_at <= step.from_at <= segment.start_at + longest
            has_jumped = step.to_at > step.from_at or segment.written_at < segment.start_at
            if is_within and has_jumped and abs(segment.written_at - step.to_at) <= _CUT:
                return (Span(segment.start_at, step.from_at),)
        return recorded_spans(segment.start_at, closed_at=segment.closed_at, duration_s=None)

    def _duration_s(self, segment: FoundSegment) -> float | None:
        if segment.folder is None:
            return None
        try:
            return self.ports.durations.seconds(segment.folder / segment.name)
        except NotFoundError:
            return None  # moved since it was listed
        except StorageError as error:
            self.ports.reporter.emit(Warned(str(error)))
            return None
