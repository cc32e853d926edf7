"""Workflow: record one camera for ever, and know when it is not recording.

One session is one run of the recorder. It writes into a folder of its own under names in UTC, so that it overwrites
nothing (INV-10). What is finished is moved into the station's folder and gets its local name there, with a number if
that repeats (the autumn hour, a clock that was set back, a second start in one second). A session is ended when its
media stands still (INV-15), when the wall clock was set, or when it ends by itself, whatever with (INV-19); then the
next one is started, sooner or later.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from pathlib import PurePath
from typing import ClassVar, TypeVar

import attrs

from camvault.core.segments.coverage import Cause
from camvault.core.segments.names import SegmentName, free_name, parse_segment_name, strftime_pattern
from camvault.core.segments.sessions import LIVE_FOLDER, LOCK_NAME, adopted_name, session_names
from camvault.core.health.stall import (
    BackOff,
    Basis,
    Progressing,
    StallPolicy,
    Witness,
    failures_after_end,
    is_stalled,
    looked_at,
    started,
)
from camvault.core.health.line_limit import Talk, TalkPolicy, heard
from camvault.core.segments.timeline import Entry, Kind, line_of
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import (
    BusyError,
    CamvaultError,
    Cancelled,
    ExistsError,
    NoSpaceError,
    NotFoundError,
    StorageError,
)
from camvault.ports.events import Event, Level, Reporter
from camvault.ports.files import Storage
from camvault.ports.recorder import MediaProgress, Recorder, RecorderEnd, RecorderSettings, StreamSource
from camvault.ports.supervision import Supervision

TIMELINE_NAME = ".timeline"
"""Below the station's folder: what happened, see `camvault.core.segments.timeline`."""

_LOOK_S = 1.0
_ALIVE_S = 5.0
_STEP = timedelta(seconds=2)
_SETTLED_NS = 2_000_000_000
_NAMES_TRIED = 1000
_CLAIM_PATIENCE_S = 5.0
_CLAIM_AGAIN_S = 0.2

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class RecordOptions:
    """What the user asked for.

    Attributes:
        output_root: The folder of all stations.
        is_utc: Whether segments keep their names in UTC, or get local ones.
        zone: Of local names.
        free_floor_bytes: With less than this free no session is started: it could only write an empty file.
    """

    station: str
    output_root: PurePath
    segment_s: int = 600
    is_utc: bool = False
    zone: tzinfo = UTC
    log_level: str = "info"
    stall: StallPolicy = attrs.field(factory=StallPolicy)
    back_off: BackOff = attrs.field(factory=BackOff)
    talk: TalkPolicy = attrs.field(factory=TalkPolicy)
    free_floor_bytes: int = 16 * 1024 * 1024

    @property
    def folder(self) -> PurePath:
        """The station's folder."""
        return self.output_root / self.station

    @property
    def lock_path(self) -> PurePath:
        """What the recorder of the station holds while it runs."""
        return self.folder / LIVE_FOLDER / LOCK_NAME


@attrs.define(str=False)
class StationBusyError(BusyError):
    """Another recorder of the station runs, with a supervisor or without."""

    station: str

    def __str__(self) -> str:
        return f"{self.station}: another recorder of this station runs; it holds {self.path}"


@attrs.frozen
class RecorderStarted(Event):
    """A session begins."""

    station: str
    session: str

    def __str__(self) -> str:
        return f"{self.station}: recorder started (session {self.session})"


@attrs.frozen
class MediaArrived(Event):
    """The first media of a session."""

    station: str
    after_s: float

    def __str__(self) -> str:
        return f"{self.station}: recording, first media after {self.after_s:.1f} s"


@attrs.frozen
class SegmentClosed(Event):
    """A segment is complete, under its final name."""

    station: str
    path: PurePath
    size_bytes: int

    def __str__(self) -> str:
        return f"{self.station}: segment {self.path.name}, {self.size_bytes:,} bytes"


@attrs.frozen
class RecorderEnded(Event):
    """A session ended that should have gone on for ever."""

    level: ClassVar[Level] = Level.WARNING

    station: str
    cause: Cause
    exit_code: int
    wait_s: float
    words: str

    def __str__(self) -> str:
        said = f": {self.words}" if self.words else ""
        ended = f"{self.station}: recorder ended, {self.cause.value} (exit code {self.exit_code})"
        return f"{ended}; next start in {self.wait_s:.1f} s{said}"


@attrs.frozen
class RecorderSaid(Event):
    """A line of the recorder itself; `omitted` lines before it were too many to be told."""

    station: str
    line: str
    omitted: int = 0

    def __str__(self) -> str:
        before = f" ({self.omitted:,} lines left out)" if self.omitted else ""
        return f"{self.station}:{before} {self.line}"


@attrs.frozen
class ClockWasSet(Event):
    """The wall clock jumped."""

    level: ClassVar[Level] = Level.WARNING

    station: str
    expected_at: datetime
    now_at: datetime

    def __str__(self) -> str:
        seconds = (self.now_at - self.expected_at).total_seconds()
        return f"{self.station}: the clock was set by {seconds:+.0f} s; a new segment begins"


@attrs.frozen
class Trouble(Event):
    """Something did not work, and recording goes on."""

    level: ClassVar[Level] = Level.WARNING

    station: str
    problem: str

    def __str__(self) -> str:
        return f"{self.station}: {self.problem}"


@attrs.frozen(kw_only=True)
class Ports:
    """The world of one recorder."""

    recorder: Recorder
    storage: Storage
    clock: Clock
    supervision: Supervision
    reporter: Reporter
    cancel: Cancellation
    chance: Callable[[], float]
    """From 0 to 1, for the jitter between restarts."""


def record_camera(source: StreamSource, *, options: RecordOptions, ports: Ports) -> None:
    """Record until `ports.cancel` is requested; never returns otherwise.

    Raises:
        Cancelled: Somebody stopped it. What was recorded has its final name.
        StationBusyError: Another recorder of this station runs.
        StorageError: The station's folder cannot be made, for another reason than a full disk.
    """
    supervisor = _Supervisor(source, options, ports)
    supervisor.make_folders()
    with supervisor.claimed():
        supervisor.run()


def claim_station(take: Callable[[], T], options: RecordOptions, *, clock: Clock, cancel: Cancellation) -> T:
    """Take the station's lock by `take`, with the patience that `organize` needs to adopt what was left behind.

    Raises:
        StationBusyError: Another recorder of this station runs.
        Cancelled: Asked to stop.
    """
    until_s = clock.monotonic_s() + _CLAIM_PATIENCE_S
    while True:
        try:
            return take()
        except BusyError as error:
            if clock.monotonic_s() >= until_s:
                raise StationBusyError(error.path, options.station) from error
        clock.sleep(_CLAIM_AGAIN_S, cancel=cancel)


def prepare_unsupervised(options: RecordOptions, *, storage: Storage, clock: Clock) -> RecorderSettings:
    """What a recorder needs that nobody stands beside: a session folder of its own, which `organize` looks after.

    The caller holds the station's lock, and sees to it that the recorder holds it as long as it lives.

    Raises:
        StorageError: The folder cannot be made.
    """
    return _settings(options, _new_session_folder(options, storage, clock.now(), is_supervised=False))


def _settings(options: RecordOptions, folder: PurePath) -> RecorderSettings:
    pattern = strftime_pattern(options.station)
    socket_timeout_s = 3 * options.stall.stall_timeout_s
    return RecorderSettings(folder, pattern, options.segment_s, options.log_level, socket_timeout_s=socket_timeout_s)


def _new_session_folder(options: RecordOptions, storage: Storage, now: datetime, *, is_supervised: bool) -> PurePath:
    live = options.folder / LIVE_FOLDER
    for name in session_names(now, is_utc=options.is_utc, is_supervised=is_supervised):
        try:
            storage.make_folder(live / name, must_be_new=True)
        except ExistsError:
            continue
        return live / name
    raise ExistsError(live, "all names of sessions of this second are taken")


@attrs.define
class _Session:
    """What is known of the running session."""

    folder: PurePath
    began_s: float
    known: Progressing
    looked_s: float = 0.0
    witness: Witness = attrs.field(factory=Witness)
    moved_bytes: int = 0
    cause: Cause | None = None


@attrs.define
class _Supervisor:
    source: StreamSource
    options: RecordOptions
    ports: Ports
    failures: int = 0
    alive_s: float = float("-inf")
    talk: Talk | None = None
    clock_seen: tuple[datetime, float] | None = None
    """The wall clock and the monotonic one, when they were last looked at."""
    media_at: datetime | None = None
    told: Cause | None = None
    """The cause that the timeline already holds for the gap that is open now."""
    untold: Entry | None = None
    """What began the gap that is open now, if the disk had no room for the line."""

    def make_folders(self) -> None:
        self._when_disk_allows(lambda: self.ports.storage.make_folder(self.options.folder / LIVE_FOLDER))

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the station's lock, waiting for room if the disk has none for it."""
        with ExitStack() as stack:

            def take() -> None:
                stack.enter_context(self.ports.storage.lock(self.options.lock_path))

            claim = partial(claim_station, take, self.options, clock=self.ports.clock, cancel=self.ports.cancel)
            self._when_disk_allows(claim)
            yield

    def run(self) -> None:
        self.clock_was_set()
        now = self.now()
        self.write(Entry(now, Kind.STARTED, since=now - timedelta(seconds=self.ports.clock.monotonic_s())))
        self.ports.supervision.ready()
        try:
            while True:
                self.adopt_everything()
                cause, end = self.one_session()
                self.ports.cancel.check()
                self.tell(cause)
                self.pause(cause, end)
        finally:
            # however this ends, footage gets its final name; power fails before: the next start does it
            self.ports.supervision.stopping()
            self.adopt_everything()
            self.clock_was_set()
            self.write(Entry(self.now(), Kind.STOPPED))

    # --- one session ---

    def one_session(self) -> tuple[Cause, RecorderEnd]:
        try:
            free_bytes = self.ports.storage.free_bytes(self.options.folder)
            if free_bytes < self.options.free_floor_bytes:
                self.failures += 1
                return Cause.DISK_FULL, RecorderEnd(0, (f"only {free_bytes:,} bytes are free",))
            session = self.open_session()
        except StorageError as error:
            self.failures += 1
            return _cause_of(error), RecorderEnd(0, (str(error),))
        self.ports.reporter.emit(RecorderStarted(self.options.station, session.folder.name))
        end = self.recorded(session)
        recorded_s = session.known.since_s - session.began_s if session.known.basis is not Basis.NOTHING else 0.0
        self.failures = failures_after_end(self.failures, recorded_s=recorded_s, segment_time_s=self.options.segment_s)
        return session.cause or self.cause_of_end(session), end

    def recorded(self, session: _Session) -> RecorderEnd:
        try:
            return self.ports.recorder.record(
                self.source,
                settings=_settings(self.options, session.folder),
                on_progress=lambda progress: self.take_progress(session, progress),
                on_log=self.hear,
                on_tick=lambda: self.tick(session),
            )
        except Cancelled:
            raise
        except CamvaultError as error:
            # a program that cannot be started just now (it is being upgraded): tried again, like any other end
            return RecorderEnd(-1, (str(error),))

    def hear(self, line: str) -> None:
        """Tell what the recorder says, as far as that fills no disk."""
        before = self.talk.omitted if self.talk else 0
        self.talk, is_told = heard(self.talk, now_s=self.ports.clock.monotonic_s(), policy=self.options.talk)
        if is_told:
            self.ports.reporter.emit(RecorderSaid(self.options.station, line, before))

    def open_session(self) -> _Session:
        self.clock_was_set()
        now_s, wall = self.ports.clock.monotonic_s(), self.now()
        folder = _new_session_folder(self.options, self.ports.storage, wall, is_supervised=True)
        return _Session(folder, now_s, started(now_s))

    def cause_of_end(self, session: _Session) -> Cause:
        try:
            if self.ports.storage.free_bytes(self.options.folder) < self.options.free_floor_bytes:
                return Cause.DISK_FULL
        except StorageError:
            return Cause.UNKNOWN
        return Cause.CAMERA_DOWN if session.known.basis is Basis.NOTHING else Cause.RESTART

    # --- while it runs ---

    def take_progress(self, session: _Session, progress: MediaProgress) -> None:
        session.witness = attrs.evolve(session.witness, frames=progress.frame_count, out_time_us=progress.position_us)

    def tick(self, session: _Session) -> bool:
        """Look at the session; whether it may go on."""
        if self.ports.cancel.is_requested:
            return False
        now_s = self.ports.clock.monotonic_s()
        if now_s - self.alive_s >= _ALIVE_S:
            self.alive_s = now_s
            self.ports.supervision.alive(f"session {session.folder.name}, judged by {session.known.basis.name.lower()}")
        if self.clock_was_set():
            session.cause = Cause.RESTART
            return False
        if now_s - session.looked_s >= _LOOK_S:
            session.looked_s = now_s
            self.look_at_files(session)
            if session.cause is not None:
                return False
        self.judge(session, now_s)
        if is_stalled(session.known, now_s=now_s, policy=self.options.stall):
            session.cause = Cause.CAMERA_DOWN if session.known.basis is Basis.NOTHING else Cause.STALL
            return False
        return True

    def judge(self, session: _Session, now_s: float) -> None:
        before = session.known
        session.known = looked_at(before, session.witness, now_s=now_s, policy=self.options.stall)
        if session.known is before or session.known.basis is Basis.NOTHING:
            return
        if before.basis is Basis.NOTHING:
            self.ports.reporter.emit(MediaArrived(self.options.station, now_s - session.began_s))
            if self.untold is not None:
                self.write(self.untold)  # the disk was too full for it when it happened
            self.write(Entry(self.now(), Kind.RECORDING))
            self.told = self.untold = None
        self.media_at = self.now()

    def clock_was_set(self) -> bool:
        """Whether it was since the last look, in a session or between two; written down once."""
        now_s, wall = self.ports.clock.monotonic_s(), self.now()
        last_wall, last_s = self.clock_seen or (wall, now_s)
        expected = last_wall + timedelta(seconds=now_s - last_s)
        self.clock_seen = wall, now_s
        if abs(wall - expected) <= _STEP:
            return False
        self.ports.reporter.emit(ClockWasSet(self.options.station, expected, wall))
        self.write(Entry(wall, Kind.CLOCK, since=expected))
        self.media_at = wall
        return True

    def look_at_files(self, session: _Session) -> None:
        try:
            files = [each for each in self.ports.storage.scan(session.folder) if each.kind is FileKind.FILE]
            for file in _closed(files):
                session.moved_bytes += file.identity.size_bytes
                self.adopt(file)
        except NotFoundError:
            files = []
        except StorageError as error:
            self.trouble(error)
            return
        if not files and session.known.basis is not Basis.NOTHING:
            # somebody took away what is being written: the recorder would go on with a file that has no name
            session.cause = Cause.UNKNOWN
            self.trouble(NotFoundError(session.folder, "what was being recorded there is gone; a new session begins"))
        total = session.moved_bytes + sum(f.identity.size_bytes for f in files if f not in set(_closed(files)))
        session.witness = attrs.evolve(session.witness, file_bytes=total)

    # --- files to their final names ---

    def adopt_everything(self) -> None:
        """Give every file of ended sessions its final name: of this run, and of one that was killed."""
        try:
            live = self.options.folder / LIVE_FOLDER
            for file in [each for each in self.ports.storage.scan(live) if each.kind is FileKind.FILE]:
                if file.path.parent != live:
                    self.adopt(file)
            self.ports.storage.prune(live)
        except StorageError as error:
            self.trouble(error)

    def adopt(self, file: FileEntry) -> None:
        parsed = parse_segment_name(file.path.name, station=self.options.station)
        name = adopted_name(parsed, file.path.parent, zone=self.options.zone) if parsed else None
        for target in self.targets(file, name):
            try:
                self.ports.storage.move(file.path, target=target)
            except ExistsError:
                continue
            except NotFoundError:
                return
            except StorageError as error:
                self.trouble(error)  # the others are adopted all the same
                return
            self.ports.reporter.emit(SegmentClosed(self.options.station, target, file.identity.size_bytes))
            return
        self.trouble(ExistsError(file.path, "it has no name that is free, and stays where it is"))

    def targets(self, file: FileEntry, name: SegmentName | None) -> Iterator[PurePath]:
        """Names to try, the first that is free wins; what is no segment's name is kept beside, never lost."""
        if name is None:
            yield from (self.options.folder / f"{file.path.name}.{number}" for number in range(1, 100))
            return
        taken: set[str] = set()
        for _ in range(_NAMES_TRIED):
            name = free_name(name, taken=taken)
            taken.add(str(name))
            yield self.options.folder / str(name)

    # --- around it ---

    def pause(self, cause: Cause, end: RecorderEnd) -> None:
        self.failures = max(self.failures, 1)
        wait_s = self.options.back_off.delay_s(self.failures, chance=self.ports.chance())
        words = end.last_lines[-1] if end.last_lines else ""
        self.ports.reporter.emit(RecorderEnded(self.options.station, cause, end.exit_code, wait_s, words))
        until_s = self.ports.clock.monotonic_s() + wait_s
        while (left_s := until_s - self.ports.clock.monotonic_s()) > 0:
            self.ports.supervision.alive(f"waiting, {cause.value}")
            self.ports.clock.sleep(min(left_s, _ALIVE_S), cancel=self.ports.cancel)
            self.clock_was_set()

    def tell(self, cause: Cause) -> None:
        """Write down why there is no recording, once for each cause of one gap: a camera may be away for weeks."""
        if cause is not self.told:
            entry = Entry(self.now(), Kind.ENDED, cause, self.media_at)
            if not self.write(entry) and self.untold is None:
                self.untold = entry
            self.told = cause

    def write(self, entry: Entry) -> bool:
        try:
            self.ports.storage.append_line(self.options.folder / TIMELINE_NAME, line_of(entry))
        except StorageError as error:
            self.trouble(error)  # a full disk must not keep the recorder from recording when there is room again
            return False
        return True

    def trouble(self, error: StorageError) -> None:
        self.ports.reporter.emit(Trouble(self.options.station, str(error)))

    def now(self) -> datetime:
        return self.ports.clock.now().astimezone(UTC)

    def _when_disk_allows(self, make: Callable[[], object]) -> None:
        while True:
            try:
                make()
            except NoSpaceError as error:
                self.failures += 1
                self.pause(Cause.DISK_FULL, RecorderEnd(0, (str(error),)))
            else:
                return


def _closed(files: list[FileEntry]) -> list[FileEntry]:
    """All but the one being written: those last written well before the newest."""
    newest_ns = max((file.identity.mtime_ns for file in files), default=0)
    return [file for file in files if newest_ns - file.identity.mtime_ns > _SETTLED_NS]


def _cause_of(error: StorageError) -> Cause:
    return Cause.DISK_FULL if isinstance(error, NoSpaceError) else Cause.UNKNOWN
