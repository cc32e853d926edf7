"""Workflow: record one camera until the supervisor is stopped, and know when the camera is not being recorded.

One session is one run of the recorder. The recorder writes into a folder of its own under names in UTC, so that it
overwrites nothing (INV-10). A finished segment is moved into the station's folder and gets its local name there, with a
number if that name is taken (the autumn hour, a clock that was set back, a second start in one second). The supervisor
ends a session when no new media arrives (INV-15) or when the wall clock was set. A recorder that ends by itself, with
whatever exit code, ends the session too (INV-19). After a wait the next session begins.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import attrs

from camvault.core.health.backoff import failures_after_end
from camvault.core.health.line_limit import LineBudget, spend_line
from camvault.core.health.rhythm import Rhythm
from camvault.core.health.stall import started
from camvault.core.health.stream_ways import TakenWay, next_way, way_after_session
from camvault.core.segments.coverage import Cause
from camvault.core.workflows.recording.record.adoption import Adoption
from camvault.core.workflows.recording.record.events import (
    RecorderEnded,
    RecorderLogged,
    RecorderStarted,
    StreamTakenOtherwise,
    StreamWayGivenUp,
)
from camvault.core.workflows.recording.record.journal import Journal
from camvault.core.workflows.recording.record.options import RecordOptions, RecordPorts
from camvault.core.workflows.recording.record.session import Heartbeat, Session
from camvault.core.workflows.recording.record.session_folder import new_session_folder, recorder_settings
from camvault.core.workflows.recording.record.station_lock import claim_station
from camvault.core.workflows.recording.record.stored import SessionPictures, StoredLog
from camvault.ports.errors import CamvaultError, Cancelled, NoSpaceError, StorageError, UsageError
from camvault.ports.recorder import RecorderEnd, StreamSource, StreamWay, Trouble

_WAIT_STEP_S = 5.0


def record_camera(source: StreamSource, *, options: RecordOptions, ports: RecordPorts) -> None:
    """Record until `ports.cancel` is requested; never returns otherwise.

    Raises:
        Cancelled: A stop was requested. What was recorded has its final name.
        StationBusyError: Another recorder of this station runs.
        UsageError: Nothing may be written into the output folder, see `RecordPorts.place_problem`.
        StorageError: The station's folder cannot be made, for another reason than a full disk.
    """
    journal = Journal(options, ports)
    log = StoredLog(options, ports, journal)
    adoption, heartbeat = Adoption(options, ports, journal, log), Heartbeat(ports.supervision)
    taken = TakenWay(options.way, options.way)
    supervisor = _Supervisor(source, options, ports, journal, log, adoption, heartbeat, taken)
    supervisor.make_folders()
    with supervisor.claimed():
        supervisor.run()


@attrs.define
class _Supervisor:
    """Starts session after session; `failures` counts those in a row that recorded less than one segment.

    `told` are the troubles with each way that were told of: one is learned again each time that a camera was away.
    """

    source: StreamSource
    options: RecordOptions
    ports: RecordPorts
    journal: Journal
    log: StoredLog
    adoption: Adoption
    heartbeat: Heartbeat
    taken: TakenWay
    told: set[tuple[Trouble | None, StreamWay]] = attrs.field(factory=set)
    failures: int = 0
    talk: LineBudget | None = None
    rhythm: Rhythm = attrs.field(factory=Rhythm)
    is_taken_otherwise: bool = False

    def make_folders(self) -> None:
        problem = self.ports.place_problem(self.options.output_root)
        if problem:
            raise UsageError(problem)
        self._when_disk_allows(lambda: self.ports.storage.make_folder(self.options.live_folder))

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the station's lock, waiting for room if the disk has none for the lock file."""
        with ExitStack() as stack:

            def take() -> None:
                stack.enter_context(self.ports.storage.lock(self.options.lock_path))

            claim = partial(claim_station, take, self.options, clock=self.ports.clock, cancel=self.ports.cancel)
            self._when_disk_allows(claim)
            yield

    def run(self) -> None:
        self.journal.started()
        self.ports.supervision.ready()
        try:
            while True:
                self.adoption.ended_sessions()
                cause, end = self.one_session()
                self.ports.cancel.check()
                self.journal.not_recording(cause)
                if not self.is_taken_otherwise:
                    self.pause(cause, end)
        finally:
            # footage gets its final name, whatever ended the loop; power fails before: the next start does it
            self.ports.supervision.stopping()
            self.adoption.ended_sessions()
            self.journal.stopped()

    def one_session(self) -> tuple[Cause, RecorderEnd]:
        self.is_taken_otherwise = False
        problem = self.ports.place_problem(self.options.output_root)
        if problem:
            self.failures += 1
            return Cause.UNKNOWN, RecorderEnd(0, problem)
        try:
            free_bytes = self.ports.storage.free_bytes(self.options.folder)
            if free_bytes < self.options.free_floor_bytes:
                self.failures += 1
                return Cause.DISK_FULL, RecorderEnd(0, f"only {free_bytes:,} bytes are free")
            session = self.open_session()
        except StorageError as error:
            self.failures += 1
            return _cause_of(error), RecorderEnd(0, str(error))
        self.ports.reporter.emit(RecorderStarted(self.options.station, session.folder.name))
        end = self.recorded(session)
        self.rhythm = session.rhythm
        session.finish()
        recorded_s, segment_s = session.recorded_s, self.options.segment_s
        self.failures = failures_after_end(self.failures, recorded_s=recorded_s, segment_time_s=segment_s)
        self.learn(end, lasted_s=session.last_stored_s - session.first_stored_s)
        return session.cause_of_end(), attrs.evolve(end, reason=session.words or end.reason)

    def learn(self, end: RecorderEnd, *, lasted_s: float) -> None:
        """How the next session takes the stream, after one that ended so and recorded for `lasted_s`."""
        before = self.taken.way
        self.taken = way_after_session(self.taken, trouble=end.trouble, lasted_s=lasted_s)
        if self.taken.way == before:
            return
        station, trouble = self.options.station, end.trouble
        event: StreamTakenOtherwise | StreamWayGivenUp = StreamWayGivenUp(station)
        if trouble is not None and next_way(before, trouble) == self.taken.way:
            self.is_taken_otherwise = True
            event = StreamTakenOtherwise(station, trouble, self.taken.way, end.reason)
        if (trouble, before) not in self.told:
            self.told.add((trouble, before))
            self.ports.reporter.emit(event)

    def open_session(self) -> Session:
        self.journal.clock_was_set()
        self.journal.was_suspended()
        now_s, wall = self.ports.clock.monotonic_s(), self.journal.now()
        folder = new_session_folder(self.options, self.ports.storage, wall, is_supervised=True)
        stored = SessionPictures(folder, self.ports, self.options, self.log)
        return Session(
            folder,
            now_s,
            started(now_s),
            self.options,
            self.ports,
            self.journal,
            self.adoption,
            self.heartbeat,
            self.rhythm,
            stored,
        )

    def recorded(self, session: Session) -> RecorderEnd:
        """Run the recorder until it ends."""
        try:
            return self.ports.recorder.record(
                self.source,
                settings=recorder_settings(self.options, session.folder, self.taken.way),
                on_progress=session.take_progress,
                on_log=self.hear,
                on_tick=session.tick,
            )
        except Cancelled:
            raise
        except CamvaultError as error:
            # a program that cannot be started just now (it is being upgraded): tried again, like any other end
            return RecorderEnd(-1, str(error))

    def hear(self, line: str) -> None:
        """Report a line that the recorder wrote, within the limit that keeps the log small."""
        before = self.talk.omitted if self.talk else 0
        now_s = self.ports.clock.monotonic_s()
        self.talk, is_told = spend_line(self.talk, line, now_s=now_s, policy=self.options.talk)
        if is_told:
            self.ports.reporter.emit(RecorderLogged(self.options.station, line, before, self.talk.repeated))

    def pause(self, cause: Cause, end: RecorderEnd) -> None:
        """Wait until the next start is due."""
        self.failures = max(self.failures, 1)
        wait_s = self.options.back_off.delay_s(self.failures, chance=self.ports.chance())
        self.ports.reporter.emit(RecorderEnded(self.options.station, cause, end.exit_code, wait_s, end.reason))
        until_s = self.ports.clock.monotonic_s() + wait_s
        while (left_s := until_s - self.ports.clock.monotonic_s()) > 0:
            self.ports.supervision.alive(f"waiting, {cause.value}")
            self.ports.clock.sleep(min(left_s, _WAIT_STEP_S), cancel=self.ports.cancel)
            self.journal.clock_was_set()

    def _when_disk_allows(self, make: Callable[[], object]) -> None:
        """Make something, again and again while the disk has no room for it."""
        while True:
            try:
                make()
            except NoSpaceError as error:
                self.failures += 1
                self.pause(Cause.DISK_FULL, RecorderEnd(0, str(error)))
            else:
                return


def _cause_of(error: StorageError) -> Cause:
    return Cause.DISK_FULL if isinstance(error, NoSpaceError) else Cause.UNKNOWN
