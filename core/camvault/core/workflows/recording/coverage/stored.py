"""Workflow, private part: what the recorder of a station wrote down of what it stored."""

from datetime import timedelta
from pathlib import PurePath

import attrs

from camvault.core.segments.coverage import Span
from camvault.core.segments.live_names import parse_live_name
from camvault.core.segments.stored_record import STORED_FOLDER, StoredRecord, StoredSegment, parse_stored, stored_files
from camvault.core.workflows.recording.coverage.options import CoveragePorts
from camvault.core.workflows.recording.coverage.segments import FoundSegment
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.events import Warned
from camvault.ports.files import Storage
from camvault.ports.pictures import StoredPictures


def record_of(folder: PurePath, period: Span, storage: Storage) -> StoredRecord:
    """What the record in the station's folder says of the period.

    Raises:
        StorageError: It cannot be read.
    """
    try:
        files = {file.name for file in storage.listing(folder / STORED_FOLDER).files}
    except NotFoundError:
        return StoredRecord()
    wanted = [name for name in stored_files(period) if name in files]
    return parse_stored([storage.read_text(folder / STORED_FOLDER / name) or "" for name in wanted])


@attrs.frozen
class StoredSpans:
    """The spans in which pictures of a segment are shown, by the record of its recorder."""

    record: StoredRecord
    ports: CoveragePorts

    def of(self, segment: FoundSegment) -> StoredSegment | None:
        """The spans; None if the recorder wrote nothing down of this segment, or it was damaged since."""
        if segment.is_broken:
            return None
        live = parse_live_name(segment.name)
        if segment.folder is None or live is None:
            return self.record.segment_named(segment.name, written_at=segment.written_at)
        key = (segment.folder.name, live.number)
        known = self.record.spans_of(key)
        spans = self._read_on(segment.folder / segment.name, known) if known else ()
        return StoredSegment(key, spans) if spans else None

    def _read_on(self, file: PurePath, known: tuple[Span, ...]) -> tuple[Span, ...]:
        """The spans of a file that grows, with what was stored since the last line: as the file itself shows it."""
        self.ports.cancel.check()
        try:
            found = self.ports.pictures.count(file, known=StoredPictures())
        except NotFoundError:
            return known  # moved since it was listed
        except StorageError as error:
            self.ports.reporter.emit(Warned(str(error)))
            return known
        spans = list[Span]()
        for number, (begin_s, end_s) in enumerate(found.runs):
            later = timedelta(seconds=begin_s - found.runs[0][0])
            start_at = known[number].start_at if number < len(known) else known[0].start_at + later
            spans.append(Span(start_at, start_at + timedelta(seconds=end_s - begin_s)))
        return tuple(spans)
