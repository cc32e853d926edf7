"""Workflow step: the record of a station, for finished segments that are in the folders of its sessions.

What a killed supervisor did not write down, and what a recorder without one never does, is read from the file. A line
goes into the file of the day on which its segment was recorded, however late that is.
"""

from datetime import UTC, datetime
from pathlib import PurePath

import attrs

from camvault.core.segments.live_names import parse_live_name
from camvault.core.segments.names import is_of_station
from camvault.core.segments.stored_record import (
    STORED_FOLDER,
    SegmentOfSession,
    StoredRecord,
    files_about,
    named_line,
    parse_stored,
    runs_in_file,
    segment_of,
    stored_file,
    stored_line,
)
from camvault.ports.entries import FileEntry
from camvault.ports.errors import NotFoundError
from camvault.ports.files import Storage
from camvault.ports.pictures import PictureCounter, StoredPictures


@attrs.frozen
class SeenSegment:
    """What is known of a finished segment before it is adopted.

    Attributes:
        segment: Which one it is.
        size_bytes: The size of its file.
        first_at: When its first picture arrived, as its recorder wrote it down; None if it did not.
        last_at: When its last picture arrived, likewise.
        found: What is in its file; None if the record says as much.
    """

    segment: SegmentOfSession
    size_bytes: int
    first_at: datetime | None
    last_at: datetime | None
    found: StoredPictures | None


@attrs.define
class SegmentRecord:
    """The record in the folder of one station, whose segments are `segment_s` long."""

    folder: PurePath
    segment_s: float
    storage: Storage
    pictures: PictureCounter
    _read: tuple[tuple[str, ...], StoredRecord] | None = attrs.field(default=None, init=False)

    def look(self, file: FileEntry) -> SeenSegment | None:
        """What is known of the segment `file`, and what is in it; None if it is none of this station's.

        Raises:
            StorageError: The file or the record cannot be read.
        """
        segment, live = segment_of(file.path), parse_live_name(file.path.name)
        if segment is None or live is None or not is_of_station(live.segment, self.folder.name):
            return None
        record, size_bytes = self._about(file.path), file.identity.size_bytes
        spans = record.spans_of(segment)
        is_known = bool(spans) and record.size_of(segment) == size_bytes
        found = None if is_known else self.pictures.count(file.path, known=StoredPictures())
        last_at = spans[-1].end_at if spans else None
        return SeenSegment(segment, size_bytes, record.first_of(segment), last_at, found)

    def write(self, seen: SeenSegment, *, file: PurePath, name: str, at: datetime) -> None:
        """Write down what the record does not say yet, and the final name of the segment, which was at `file`.

        Raises:
            StorageError: It cannot be written.
        """
        self._append(named_line(seen.segment, name, at=at), at=self.complete(seen, file=file, at=at) or at)

    def complete(self, seen: SeenSegment, *, file: PurePath, at: datetime) -> datetime | None:
        """Write down what the record does not say yet; return when its last picture arrived, None if it holds none.

        Raises:
            StorageError: It cannot be written.
        """
        live, last_at = parse_live_name(file.name), seen.last_at
        if seen.found is None or live is None:
            return last_at
        began_at = seen.first_at or live.segment.stamp.replace(tzinfo=UTC)
        for run in runs_in_file(seen.segment, seen.found, began_at=began_at, at=at, size_bytes=seen.size_bytes):
            last_at = run.span.end_at
            self._append(stored_line(run), at=last_at)
        return last_at

    def _append(self, line: str, *, at: datetime) -> None:
        append_stored(self.folder, line, at=at, storage=self.storage)

    def _about(self, file: PurePath) -> StoredRecord:
        days = files_about(file, segment_s=self.segment_s)
        if self._read is None or self._read[0] != days:
            texts = [self.storage.read_text(self.folder / STORED_FOLDER / day) or "" for day in days]
            self._read = days, parse_stored(texts)
        return self._read[1]


def append_stored(folder: PurePath, line: str, *, at: datetime, storage: Storage) -> None:
    """Append a line to the record in the station's folder `folder`, in the file of the day of `at`.

    Raises:
        StorageError: It cannot be written.
    """
    file = folder / STORED_FOLDER / stored_file(at)
    try:
        storage.append_line(file, line)
    except NotFoundError:
        storage.make_folder(file.parent)
        storage.append_line(file, line)
