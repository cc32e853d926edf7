"""Workflow: the record of the segments that `organize` adopts, which a recorder without a supervisor does not write."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import PurePath

import attrs

from camvault.core.segments.stored_record import SegmentOfSession, segment_of
from camvault.core.stations.site import Station
from camvault.core.workflows.recording.organize.ports import OrganizePorts
from camvault.core.workflows.steps.segment_record import SeenSegment, SegmentRecord
from camvault.ports.entries import FileEntry
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.events import Warned


@attrs.define
class AdoptedRecord:
    """Of one station. Files are read before any is adopted, lines written when all are: a recorder may wait meanwhile.

    What cannot be read or written is told; the segments are adopted all the same.
    """

    ports: OrganizePorts
    record: SegmentRecord
    _seen: dict[SegmentOfSession, SeenSegment] = attrs.field(factory=dict, init=False)
    _names: list[tuple[SeenSegment, PurePath, str]] = attrs.field(factory=list, init=False)

    @classmethod
    def of(cls, station: Station, ports: OrganizePorts) -> "AdoptedRecord":
        """The record of this station."""
        return cls(ports, SegmentRecord(station.folder, station.segment_s, ports.storage, ports.pictures))

    def look(self, files: Iterable[FileEntry]) -> None:
        """Read what is in files that may be adopted, where the record does not say that.

        Raises:
            Cancelled: A stop was requested.
        """
        for file in files:
            self.ports.cancel.check()
            try:
                seen = self.record.look(file)
            except NotFoundError:
                continue  # it was adopted by its supervisor
            except StorageError as error:
                self._warn(error)
                continue
            if seen is not None:
                self._seen[seen.segment] = seen

    def first_at(self, file: PurePath) -> datetime | None:
        """When the first picture of a file of a session arrived, as its recorder wrote it down; None if it did not."""
        seen = self._of(file)
        return seen.first_at if seen is not None else None

    def adopted(self, file: PurePath, name: str) -> None:
        """The segment at `file` has the final name `name`."""
        seen = self._of(file)
        if seen is not None:
            self._names.append((seen, file, name))

    def write(self) -> None:
        """Write down all that was adopted; power fails before: their names and times say when they were recorded."""
        now = self.ports.clock.now().astimezone(UTC)
        try:
            for seen, file, name in self._names:
                self.record.write(seen, file=file, name=name, at=now)
        except StorageError as error:
            self._warn(error)

    def _of(self, file: PurePath) -> SeenSegment | None:
        segment = segment_of(file)
        return self._seen.get(segment) if segment is not None else None

    def _warn(self, error: StorageError) -> None:
        self.ports.reporter.emit(Warned(f"[organize][WARN] {error}"))
