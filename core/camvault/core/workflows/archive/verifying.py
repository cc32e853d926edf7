"""Workflow, private part: archives of before there were records are compared with their clips once, and recorded."""

from pathlib import PurePath

import attrs

from camvault.core.archive.plan import ClipPlan
from camvault.core.archive.records import ArchiveFacts, ArchiveRecord
from camvault.core.workflows.archive.encoding import check_same
from camvault.core.workflows.archive.events import ArchiveRefused, ArchiveVerified
from camvault.core.workflows.archive.job import ArchiveJob
from camvault.core.workflows.archive.ledgers import DayLedgers, new_record
from camvault.core.workflows.archive.tally import ArchiveTally
from camvault.ports.entries import FileEntry
from camvault.ports.errors import CamvaultError, Cancelled, StorageError


@attrs.frozen
class Verifier:
    """Looks for the archive of a clip among those that have its stamp."""

    job: ArchiveJob
    ledgers: DayLedgers
    tally: ArchiveTally

    def record_of_one(self, plan: ClipPlan) -> ArchiveRecord | None:
        """The record of the first candidate that is an archive of the clip; None if there is none.

        Raises:
            StorageError: The clip, a candidate or the record cannot be read or written.
            Cancelled: Asked to stop.
        """
        ports, clip = self.job.ports, plan.clip
        for candidate in plan.candidates:
            # read before it is decoded: what this machine remembers of it is dropped, so that the medium is compared
            read = ports.storage.read_back(candidate, on_bytes=lambda _: None, cancel=ports.cancel)
            doubts = self._doubts(candidate, clip.entry)
            if doubts:
                ports.reporter.emit(ArchiveRefused(clip.entry.path, candidate, "; ".join(doubts)))
                continue
            sha256 = ports.storage.digest(clip.entry.path, on_bytes=lambda _: None, cancel=ports.cancel)
            check_same(clip.entry, ports.storage.entry(clip.entry.path))
            check_same(FileEntry(candidate, read.identity), ports.storage.entry(candidate))
            record = new_record(self.job, clip, candidate, source_sha256=sha256, read=read, facts=ArchiveFacts())
            self.ledgers.add_record(clip.name.stamp, record)
            ports.reporter.emit(ArchiveVerified(clip.entry.path, candidate))
            self.tally.verified_count += 1
            return record
        return None

    def _doubts(self, candidate: PurePath, source: FileEntry) -> tuple[str, ...]:
        """Why it is none of this clip; also that the clip cannot be decoded, which its transcode will tell."""
        ports = self.job.ports
        try:
            sound = self.job.options.settings.sound
            return ports.archiver.doubts(candidate, source=source.path, sound=sound, cancel=ports.cancel)
        except (StorageError, Cancelled):
            raise
        except CamvaultError as error:
            return (str(error),)
