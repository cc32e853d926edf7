"""Workflow, private part: the places where segments may be are listed, as far as the period reaches."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from pathlib import PurePath

import attrs

from camvault.core.segments.ledger import ledger_names
from camvault.core.segments.live_names import dated_names
from camvault.core.segments.sessions import LIVE_FOLDER
from camvault.core.workflows.recording.coverage.options import CoverageOptions, CoveragePorts
from camvault.core.workflows.recording.coverage.segments import FoundSegments, SegmentKey
from camvault.core.workflows.steps.date_tree import LINKED, OTHER_DAY
from camvault.core.workflows.steps.ledger_files import SyncRecords
from camvault.ports.entries import FileEntry, FileKind, Listing
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.events import Warned

_DAY = timedelta(days=1)


@attrs.define
class Search:
    """Adds to `found` whatever is in the places."""

    options: CoverageOptions
    ports: CoveragePorts
    found: FoundSegments
    unseen: dict[str, StorageError] = attrs.field(factory=dict)

    def run(self) -> None:
        """Look at every place. What cannot be listed of a station alone is `unseen`, and the others are looked at.

        Raises:
            StorageError: A place that all stations share cannot be listed.
            Cancelled: Stopped.
        """
        places = self.options.places
        if places.quarantine:
            for entry in self._below(places.quarantine):
                key = entry.path.name, entry.identity.size_bytes, entry.identity.mtime_ns
                self.found.add(key, entry.path.parent, is_broken=True)
        for station, folder in places.stations.items():
            try:
                self._take_station(station, folder)
            except StorageError as error:
                self.unseen[station] = error
        # the ledgers last: a line only counts if this very segment was not found as a file, which can be read
        for key in self._in_ledgers():
            if not self.found.has(key):
                self.found.add(key, None)

    def _take_station(self, station: str, recorded: PurePath) -> None:
        for folder in self._date_folders(station):
            self._take_all(folder, beginning=f"{station}_{folder.name.replace('-', '')}T")
        self._take_all(recorded)
        for session in self._listing(recorded / LIVE_FOLDER).folders:
            self._take_session(recorded / LIVE_FOLDER / session)

    def _take_all(self, folder: PurePath, *, beginning: str = "") -> None:
        days = self._stamped_days
        for file in self._listing(folder).files:
            # the date in the name is enough to leave most files out
            if file.name.startswith(beginning) and file.name.rpartition("_")[2][:8] in days:
                self.found.add((file.name, file.size_bytes, file.mtime_ns), folder)

    def _take_session(self, folder: PurePath) -> None:
        """The same, of files whose names may not say yet when they began."""
        entry, listing = self.ports.storage.entry(folder), self._listing(folder)
        folder_ns = entry.identity.mtime_ns if entry is not None else 0
        changed_ns = {file.name: file.mtime_ns for file in listing.files}
        dated = dated_names(folder, changed_ns, folder_changed_ns=folder_ns)
        for file in listing.files:
            name = dated.get(file.name, file.name)
            if name.rpartition("_")[2][:8] in self._stamped_days:
                self.found.add((file.name, file.size_bytes, file.mtime_ns), folder, named=name)

    def _date_folders(self, station: str) -> Iterator[PurePath]:
        ready = self.options.places.ready
        if ready is None or self._is_link(ready / station):
            return
        listing = self._listing(ready / station)
        yield from (ready / station / day for day in listing.folders if day in self._days)
        for other in listing.others:
            if other in self._days:
                self._is_link(ready / station / other)

    def _in_ledgers(self) -> Iterator[SegmentKey]:
        ledgers, storage = self.options.places.ledgers, self.ports.storage
        if ledgers is None:
            return
        self.ports.cancel.check()
        for day, file in SyncRecords(ledgers, storage).ledger_files().items():
            if day not in self._days and day != OTHER_DAY:
                continue
            names, damaged_count = ledger_names(storage.read_text(ledgers / file.name) or "")
            if damaged_count:
                problem = f"{ledgers / file.name}: {damaged_count} damaged lines are not believed"
                self.ports.reporter.emit(Warned(problem))
            yield from names

    @cached_property
    def _days(self) -> frozenset[str]:
        """The date folders that may hold footage of the period, in any zone."""
        longest = timedelta(seconds=4 * max([self.options.segment_s, *self.options.places.lengths.values()]))
        first, last = self.options.period.start_at - 2 * _DAY - longest, self.options.period.end_at + _DAY
        count = (last - first) // _DAY + 1
        return frozenset(f"{first + number * _DAY:%Y-%m-%d}" for number in range(count))

    @cached_property
    def _stamped_days(self) -> frozenset[str]:
        """The same days as they stand in names of segments."""
        return frozenset(day.replace("-", "") for day in self._days)

    def _listing(self, folder: PurePath) -> Listing:
        self.ports.cancel.check()
        try:
            return self.ports.storage.listing(folder)
        except NotFoundError:
            return Listing()

    def _below(self, folder: PurePath) -> Iterator[FileEntry]:
        try:
            for entry in self.ports.storage.scan(folder):
                if entry.kind is FileKind.FILE:
                    yield entry
                elif entry.kind is FileKind.SYMLINK:
                    self._is_link(entry.path)
        except NotFoundError:
            return

    def _is_link(self, folder: PurePath) -> bool:
        """Whether it is a link, which is told: no job follows it."""
        entry = self.ports.storage.entry(folder)
        is_link = entry is not None and entry.kind is FileKind.SYMLINK
        if is_link:
            self.ports.reporter.emit(Warned(f"{folder} is not looked into: {LINKED}"))
        return is_link
