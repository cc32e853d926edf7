"""Workflow: one session, which is one run of the recorder: what is seen of it, and whether it may go on."""

from pathlib import PurePath

import attrs

from camvault.core.health.rhythm import Rhythm, gap_between, no_key_frame_words, stall_limit_s, with_gap
from camvault.core.health.stall import RecorderSigns, RecordingSigns, SignKind, is_stalled, is_unstored, looked_at
from camvault.core.segments.coverage import Cause
from camvault.core.segments.live_names import closed_names, parse_live_name
from camvault.core.workflows.recording.record.adoption import Adoption
from camvault.core.workflows.recording.record.events import MediaArrived
from camvault.core.workflows.recording.record.journal import Journal
from camvault.core.workflows.recording.record.options import RecordOptions, RecordPorts
from camvault.core.workflows.recording.record.stored import SessionPictures
from camvault.core.workflows.steps.live_files import date_files
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.recorder import MediaProgress
from camvault.ports.supervision import Supervision

_LOOK_S = 1.0
_ALIVE_S = 5.0
_TICK_S = 0.5
"""Ticks come at least so often; where they do not, this process did not run."""
_SETTLED_NS = 2_000_000_000


@attrs.define
class Heartbeat:
    """Tells the service manager that the supervisor is alive, at most once in five seconds."""

    supervision: Supervision
    _last_s: float = attrs.field(default=float("-inf"), init=False)

    def beat(self, now_s: float, status: str) -> None:
        """Say so if it is due; `now_s` is monotonic."""
        if now_s - self._last_s >= _ALIVE_S:
            self._last_s = now_s
            self.supervision.alive(status)


@attrs.define
class Session:
    """The running session: the recorder's counters, its files, and why it is to end.

    Attributes:
        folder: The folder that the recorder of this session writes into.
        began_s: When the session began, monotonic.
        signs: The recorder's progress, as it is judged.
        stored: What is in its files.
        rhythm: How regularly the camera's pictures come, in earlier sessions too.
        cause: Why the supervisor ended the session; None while it goes on, or if it ended by itself.
        words: What an operator has to know of that, if anything.
        first_stored_s: When a picture was stored first, or before any, when the first one arrived; monotonic.
        last_stored_s: When a picture was stored last, likewise.
    """

    folder: PurePath
    began_s: float
    signs: RecordingSigns
    options: RecordOptions
    ports: RecordPorts
    journal: Journal
    adoption: Adoption
    heartbeat: Heartbeat
    rhythm: Rhythm
    stored: SessionPictures
    cause: Cause | None = attrs.field(default=None, init=False)
    words: str = attrs.field(default="", init=False)
    first_stored_s: float = attrs.field(default=0.0, init=False)
    last_stored_s: float = attrs.field(default=0.0, init=False)
    _counters: RecorderSigns = attrs.field(factory=RecorderSigns, init=False)
    _looked_s: float = attrs.field(default=0.0, init=False)
    _ticked_s: float | None = attrs.field(default=None, init=False)
    _unseen_s: float = attrs.field(default=0.0, init=False)
    _moved_bytes: int = attrs.field(default=0, init=False)

    @property
    def has_arrived(self) -> bool:
        """Whether any media arrived."""
        return self.signs.basis is not SignKind.NOTHING

    @property
    def has_recorded(self) -> bool:
        """Whether a picture is stored."""
        return self.stored.picture_count > 0

    @property
    def recorded_s(self) -> float:
        """How long after its beginning the session stored a picture last."""
        return self.last_stored_s - self.began_s if self.has_recorded else 0.0

    def take_progress(self, progress: MediaProgress) -> None:
        """Take over what the recorder counted."""
        frames, out_time_us = progress.frame_count, progress.position_us
        self._counters = attrs.evolve(self._counters, frames=frames, out_time_us=out_time_us)

    def tick(self) -> bool:
        """Look at the session; whether it may go on."""
        if self.ports.cancel.is_requested:
            return False
        now_s = self.ports.clock.monotonic_s()
        self.heartbeat.beat(now_s, f"session {self.folder.name}, judged by {self.signs.basis.name.lower()}")
        if self.journal.was_suspended():
            self.cause = Cause.SUSPENDED  # the camera has given the connection up meanwhile, and does not say so
            return False
        if self.journal.clock_was_set():
            self.cause = Cause.RESTART
            return False
        if now_s - self._looked_s >= _LOOK_S:
            self._looked_s = now_s
            self._look_at_files()
            if self.cause is not None:
                return False
        self._judge(now_s)
        if self._is_stalled(now_s):
            self.cause = Cause.STALL
            if not self.has_arrived and self._counters.out_time_us:
                self.words = no_key_frame_words(self.rhythm, waited_s=self.options.stall.start_timeout_s)
        elif self.has_arrived and is_unstored(self.last_stored_s, now_s=now_s, policy=self.options.stall):
            self.cause = Cause.NOT_STORED
        return self.cause is None

    def finish(self) -> None:
        """The recorder has ended: write down what it stored."""
        try:
            date_files(self.folder, self.ports.storage)
            files = [each for each in self.ports.storage.scan(self.folder) if each.kind is FileKind.FILE]
            self._take_stored(files, is_end=True)
        except NotFoundError:
            return  # nothing is there any more
        except StorageError as error:
            self.journal.trouble(error)  # it is written down when the files are adopted

    def cause_of_end(self) -> Cause:
        """Why the session, which has ended, ended."""
        if self.cause is Cause.STALL:
            return self._cause_by_media(Cause.STALL)  # the last pictures are stored when the recorder ends
        if self.cause is not None:
            return self.cause
        try:
            if self.ports.storage.free_bytes(self.options.folder) < self.options.free_floor_bytes:
                return Cause.DISK_FULL
        except StorageError:
            return Cause.UNKNOWN
        return self._cause_by_media(Cause.RESTART)

    def _cause_by_media(self, recorded: Cause) -> Cause:
        """The cause of an end: `recorded` if pictures were stored."""
        if self.has_recorded:
            return recorded
        return Cause.NOT_STORED if self.has_arrived else Cause.CAMERA_DOWN

    def _is_stalled(self, now_s: float) -> bool:
        policy = self.options.stall
        learned_s = stall_limit_s(self.rhythm, now_s=now_s, policy=policy, unseen_s=self._unseen_s)
        return is_stalled(self.signs, now_s=now_s, policy=policy, learned_s=learned_s)

    def _judge(self, now_s: float) -> None:
        before, had_arrived = self.signs, self.has_arrived
        self.signs = looked_at(before, self._counters, now_s=now_s, policy=self.options.stall)
        self._unseen_s = 0.0 if self.signs is not before else self._unseen_s + _late_s(self._ticked_s, now_s)
        self._ticked_s = now_s
        gap_s = gap_between(before, self.signs)
        if gap_s is not None:
            self.rhythm = with_gap(self.rhythm, gap_s, now_s=now_s)
        if self.has_arrived and not had_arrived and not self.has_recorded:
            self.first_stored_s = self.last_stored_s = now_s

    def _take_stored(self, files: list[FileEntry], *, is_end: bool = False) -> None:
        """Count what is stored in `files`; only now the station is recorded."""
        before = self.stored.picture_count
        self.stored.look(files, is_end=is_end)
        if self.stored.picture_count == before:
            return
        self.last_stored_s = self.ports.clock.monotonic_s()
        if not before:
            self.first_stored_s = self.last_stored_s
            self.ports.reporter.emit(MediaArrived(self.options.station, self.last_stored_s - self.began_s))
            self.journal.gap_ended()
        self.journal.media_arrived(self.stored.last_s)
        if self.stored.group_s > self.rhythm.group_s:
            self.rhythm = attrs.evolve(self.rhythm, group_s=self.stored.group_s)

    def _look_at_files(self) -> None:
        """Adopt the segments that are closed, and count the bytes of all."""
        try:
            date_files(self.folder, self.ports.storage)
            files = [each for each in self.ports.storage.scan(self.folder) if each.kind is FileKind.FILE]
            self._take_stored(files)
            moved = {file for file in _closed(files) if self.adoption.file(file)}
        except NotFoundError:
            files, moved = [], set()
        except StorageError as error:
            self.journal.trouble(error)
            return
        if not files and self.has_recorded:
            # the open file was taken away: the recorder would go on with a file that has no name
            self.cause = Cause.UNKNOWN
            gone = NotFoundError(self.folder, "what was being recorded there is gone; a new session begins")
            self.journal.trouble(gone)
        self._moved_bytes += sum(file.identity.size_bytes for file in moved)
        left_bytes = sum(file.identity.size_bytes for file in files if file not in moved)
        self._counters = attrs.evolve(self._counters, file_bytes=self._moved_bytes + left_bytes)


def _late_s(ticked_s: float | None, now_s: float) -> float:
    return 0.0 if ticked_s is None else max(0.0, now_s - ticked_s - _TICK_S)


def _closed(files: list[FileEntry]) -> list[FileEntry]:
    """All files but the one being written: the last one that the recorder numbered.

    Of files that it did not number, those last written well before the newest.
    """
    names = [file.path.name for file in files]
    if any(map(parse_live_name, names)):
        closed = closed_names(names)
        return [file for file in files if file.path.name in closed]
    newest_ns = max((file.identity.mtime_ns for file in files), default=0)
    return [file for file in files if newest_ns - file.identity.mtime_ns > _SETTLED_NS]
