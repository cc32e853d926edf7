"""Workflow, private part: the records of the archive, and of the trash: one ledger a day, append-only."""

from datetime import UTC, datetime
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.archive.clip_pairs import DatedClip
from camvault.core.archive.records import ArchiveFacts, ArchiveRecord
from camvault.core.segments.ledger import Ledger, LedgerEntry, ledger_line, parse_ledger
from camvault.core.workflows.archive.job import ArchiveJob
from camvault.core.workflows.steps.ledger_files import LEDGER_SUFFIX
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.files import Storage
from camvault.ports.witness import FileRead

_LEDGERS_MOST = 8


def day_of_stamp(stamp: datetime) -> str:
    """Which ledger is about footage of this time."""
    return stamp.isoformat()[: len("YYYY-MM-DD")]


@attrs.define
class DayLedgers:
    """Reads and writes the ledgers in a folder.

    Attributes:
        folder: Made when something is written.
        storage: Where it is.
        damaged: How many lines of each ledger are torn or damaged, and not believed.
    """

    folder: PurePath
    storage: Storage
    damaged: dict[str, int] = attrs.field(factory=dict, init=False)
    _ledgers: dict[str, tuple[dict[PurePosixPath, LedgerEntry], Ledger]] = attrs.field(factory=dict, init=False)
    """What is written down of a day, and the same to be read."""

    def of_day(self, day: str) -> Ledger:
        """What is known of the footage of one day.

        Raises:
            StorageError: It cannot be read.
        """
        return self._of_day(day)[1]

    def _of_day(self, day: str) -> tuple[dict[PurePosixPath, LedgerEntry], Ledger]:
        if day not in self._ledgers:
            path = self._path(day)
            if self.storage.resolve(path) != path:
                raise StorageError(path, "a link leads to another file; nothing is read or written there")
            parsed = parse_ledger(self.storage.read_text(path) or "")
            if parsed.damaged:
                self.damaged[day] = len(parsed.damaged)
            while len(self._ledgers) >= _LEDGERS_MOST:  # footage comes in the order of its days
                del self._ledgers[next(iter(self._ledgers))]
            entries = dict(parsed.entries)
            self._ledgers[day] = entries, attrs.evolve(parsed, entries=entries)
        return self._ledgers[day]

    def add(self, day: str, entry: LedgerEntry) -> None:
        """Write a line durably.

        Raises:
            StorageError: It cannot be written.
        """
        (known, _), line = self._of_day(day), ledger_line(entry)
        try:
            self.storage.append_line(self._path(day), line)
        except NotFoundError:
            self.storage.make_folder(self.folder)
            self.storage.append_line(self._path(day), line)
        known[entry.path] = entry

    def add_record(self, stamp: datetime, record: ArchiveRecord) -> None:
        """Write down which archive belongs to a source.

        Raises:
            StorageError: It cannot be written.
        """
        for entry in record.entries():
            self.add(day_of_stamp(stamp), entry)
            # power fails here: the line of a source without that of its archive counts for nothing

    def _path(self, day: str) -> PurePath:
        return self.folder / f"{day}{LEDGER_SUFFIX}"


def new_record(
    job: ArchiveJob, clip: DatedClip, archive: PurePath, *, source_sha256: str, read: FileRead, facts: ArchiveFacts
) -> ArchiveRecord:
    """The record of an archive; `read` is what reading it back gave."""
    return ArchiveRecord(
        source=PurePosixPath(clip.entry.path.relative_to(job.roots.input)),
        source_identity=clip.entry.identity,
        source_sha256=source_sha256,
        archive=PurePosixPath(archive.relative_to(job.roots.output)),
        archive_identity=read.identity,
        archive_sha256=read.sha256,
        when=job.ports.clock.now().astimezone(UTC).isoformat(timespec="seconds"),
        facts=facts,
    )
