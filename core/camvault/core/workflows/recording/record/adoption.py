"""Workflow: the files of this station's sessions get their final names while its recorder is supervised."""

from pathlib import PurePath

import attrs

from camvault.core.workflows.recording.record.events import SegmentClosed
from camvault.core.workflows.recording.record.journal import Journal
from camvault.core.workflows.recording.record.options import RecordOptions, RecordPorts
from camvault.core.workflows.recording.record.stored import StoredLog
from camvault.core.workflows.steps.adoption import OtherStationError, adopt
from camvault.core.workflows.steps.live_files import date_files
from camvault.core.workflows.steps.segment_step import StepRefused, StepRefusedError
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import NotFoundError, StorageError


@attrs.frozen
class Adoption:
    """Adopts for one station, whose lock is held. A file that cannot be adopted is reported and stays where it is."""

    options: RecordOptions
    ports: RecordPorts
    journal: Journal
    log: StoredLog
    _of_others: set[PurePath] = attrs.field(factory=set, init=False)
    """Segments of other stations, which have been reported."""

    def ended_sessions(self) -> None:
        """Adopt every file below the live folder: those of this run, and those that a killed recorder left behind."""
        try:
            live = self.options.live_folder
            for session in self.ports.storage.listing(live).folders:
                self._date(live / session)
            for file in [each for each in self.ports.storage.scan(live) if each.kind is FileKind.FILE]:
                if file.path.parent != live:
                    self.file(file)
            self.ports.storage.prune(live)
        except StorageError as error:
            self.journal.trouble(error)

    def _date(self, session: PurePath) -> None:
        try:
            date_files(session, self.ports.storage)
        except StorageError as error:
            self.journal.trouble(error)  # its files are adopted under the time of their session

    def file(self, file: FileEntry) -> bool:
        """Adopt one file, which looks finished; whether it left its session's folder."""
        station, folder, zone = self.options.station, self.options.folder, self.options.zone
        try:
            self.log.recover(file)
        except NotFoundError:
            return True
        except StorageError as error:
            self.journal.trouble(error)  # it is footage all the same
        try:
            adopted = adopt(
                file,
                station=station,
                folder=folder,
                zone=zone,
                storage=self.ports.storage,
                taken=set(),
                first_at=self.log.first_at(file.path),
            )
        except NotFoundError:
            return True
        except StepRefusedError as error:
            self.ports.reporter.emit(StepRefused("record", error.path, error.refusal))
            return False
        except OtherStationError as error:
            if file.path not in self._of_others:
                self._of_others.add(file.path)
                self.journal.trouble(error)
            return False
        except StorageError as error:
            self.journal.trouble(error)  # the others are adopted all the same
            return False
        self.log.named(file.path, adopted.path.name)
        self.ports.reporter.emit(SegmentClosed(station, adopted.path, adopted.identity.size_bytes))
        return True
