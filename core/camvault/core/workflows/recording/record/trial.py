"""Workflow: find out how a stream can be recorded, before a recorder without a supervisor takes it so for ever.

Nobody starts such a recorder in another way when it stumbles over sound or over the order of pictures. What a trial
records is footage like any other: it is adopted with what killed recorders left behind.
"""

from pathlib import PurePath

import attrs

from camvault.core.health.stream_ways import next_way
from camvault.core.workflows.recording.record.adoption import Adoption
from camvault.core.workflows.recording.record.events import StreamTakenOtherwise
from camvault.core.workflows.recording.record.journal import Journal
from camvault.core.workflows.recording.record.options import RecordOptions, RecordPorts
from camvault.core.workflows.recording.record.session_folder import new_session_folder, recorder_settings
from camvault.core.workflows.recording.record.stored import StoredLog
from camvault.ports.entries import FileKind
from camvault.ports.errors import StorageError
from camvault.ports.pictures import StoredPictures
from camvault.ports.recorder import RecorderEnd, StreamSource, StreamWay

_LOOK_S = 0.5


def learned_way(source: StreamSource, *, options: RecordOptions, ports: RecordPorts) -> StreamWay:
    """The way in which a picture was stored; the one that was asked for, if none was.

    The caller holds the station's lock. Takes as long as the first picture, for each way that is tried.

    Raises:
        Cancelled: A stop was requested.
        ExistsError: All names of sessions of this second are taken.
        StorageError: A folder cannot be made.
    """
    journal = Journal(options, ports)
    try:
        return _way_that_helps(source, options, ports)
    finally:
        # power fails before: the next start does it, or `organize`
        Adoption(options, ports, journal, StoredLog(options, ports, journal)).ended_sessions()


def _way_that_helps(source: StreamSource, options: RecordOptions, ports: RecordPorts) -> StreamWay:
    way = options.way
    while True:
        trial = _Trial(source, options, ports, way)
        end = trial.run()
        ports.cancel.check()
        other = next_way(way, end.trouble) if end.trouble is not None else None
        if end.trouble is None or other is None:
            return way if trial.has_stored else options.way
        way = other
        ports.reporter.emit(StreamTakenOtherwise(options.station, end.trouble, way, end.reason))


@attrs.define
class _Trial:
    """One session, which ends with its first picture in a file."""

    source: StreamSource
    options: RecordOptions
    ports: RecordPorts
    way: StreamWay
    has_stored: bool = attrs.field(default=False, init=False)
    _looked_s: float = attrs.field(default=0.0, init=False)

    def run(self) -> RecorderEnd:
        folder = new_session_folder(self.options, self.ports.storage, self.ports.clock.now(), is_supervised=True)
        until_s = self.ports.clock.monotonic_s() + self.options.stall.start_timeout_s

        def go_on() -> bool:
            now_s = self.ports.clock.monotonic_s()
            if self.ports.cancel.is_requested or now_s >= until_s:
                return False
            if now_s - self._looked_s < _LOOK_S:
                return True
            self._looked_s = now_s
            self.has_stored = self._has_picture(settings.folder)
            return not self.has_stored

        settings = recorder_settings(self.options, folder, self.way)
        end = self.ports.recorder.record(
            self.source, settings=settings, on_progress=_ignore, on_log=_ignore, on_tick=go_on
        )
        self.has_stored = self.has_stored or self._has_picture(folder)
        return end

    def _has_picture(self, folder: PurePath) -> bool:
        try:
            files = [each for each in self.ports.storage.scan(folder) if each.kind is FileKind.FILE]
            return any(self.ports.pictures.count(each.path, known=StoredPictures()).count for each in files)
        except StorageError:
            return False  # it is looked at again


def _ignore(_: object) -> None:
    return
