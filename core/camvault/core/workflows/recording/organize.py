"""Workflow: finished segments go from the live folders to their date folders; what is broken is put aside."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, tzinfo
from pathlib import PurePath, PurePosixPath
from typing import ClassVar

import attrs

from camvault.core.retention.removals import Proven, plan_proven
from camvault.core.segments.names import SUFFIX, SegmentName, finished, free_name, parse_segment_name
from camvault.core.segments.sessions import LIVE_FOLDER, LOCK_NAME, adopted_name, is_supervised
from camvault.core.segments.ledger import Ledger, is_footage
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import (
    BusyError,
    ChangedError,
    ExistsError,
    NotFoundError,
    OtherVolumeError,
    StorageError,
    UsageError,
)
from camvault.ports.events import Event, Failed, Level, Reporter, Warned
from camvault.ports.files import Storage
from camvault.ports.footage import FootageCheck
from camvault.ports.removal import Proof

REASON_SUFFIX = ".reason.txt"
_ATTEMPTS = 5


@attrs.frozen
class Station:
    """A station to look after."""

    name: str
    folder: PurePath
    segment_s: int


@attrs.frozen(kw_only=True)
class OrganizePorts:
    """The world of `organize`.

    Attributes:
        ledger_of_day: Knows the names that are used at the target; it may know none.
        zone: Of local names, for segments that are adopted from a recorder that named them by UTC.
    """

    storage: Storage
    footage: FootageCheck
    clock: Clock
    reporter: Reporter
    cancel: Cancellation
    ledger_of_day: Callable[[str], Ledger] = lambda _: Ledger()
    zone: tzinfo = UTC


@attrs.frozen
class OrganizeReport:
    """How many files went where; `problem_count` stayed because of an error.

    `newest` is, of each station, the file with the latest footage that was moved, where it is now.
    """

    moved_count: int = 0
    quarantined_count: int = 0
    problem_count: int = 0
    newest: Mapping[str, PurePath] = attrs.field(factory=dict)


@attrs.frozen
class SegmentMoved(Event):
    """A finished segment is in its date folder."""

    level: ClassVar[Level] = Level.DEBUG

    source: PurePath
    target: PurePath

    def __str__(self) -> str:
        return f"{self.source} moved to {self.target}"


@attrs.frozen
class SegmentQuarantined(Event):
    """There is no footage in it; it was put aside and is never deleted."""

    level: ClassVar[Level] = Level.WARNING

    source: PurePath
    target: PurePath
    defect: str

    def __str__(self) -> str:
        return f"{self.source} put aside as {self.target}: {self.defect}"


def organize(
    stations: Sequence[Station], *, ready: PurePath, quarantine: PurePath, ports: OrganizePorts
) -> OrganizeReport:
    """Move every finished segment; one bad file or station never stops the rest.

    Raises:
        UsageError: None of the stations' folders is there, nor the folder above them.
        Cancelled: Asked to stop; every file is where it was or where it belongs.
    """
    _check_roots(stations, ports.storage)
    job = _Organizer(ready, quarantine, ports)
    for station in stations:
        ports.cancel.check()
        with_problem = job.guarded(station.folder)
        with with_problem:
            job.one_station(station)
    newest = {station: path for station, (_, path) in job.newest.items()}
    return OrganizeReport(job.moved_count, job.quarantined_count, job.problem_count, newest)


def _check_roots(stations: Sequence[Station], storage: Storage) -> None:
    for root in {station.folder.parent: None for station in stations}:
        if storage.entry(storage.resolve(root)) is None:
            raise UsageError(f"output_dir {root} does not exist: nothing was ever recorded there, or it is not mounted")


class _Guard:
    """Inside, an error of a file is reported and counted instead of raised."""

    def __init__(self, job: "_Organizer", path: PurePath) -> None:
        self._job, self._path = job, path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, StorageError):
            return False
        self._job.problem_count += 1
        self._job.ports.reporter.emit(Failed(f"[organize] {self._path} stays where it is: {error}"))
        return True


@attrs.define
class _Organizer:
    ready: PurePath
    quarantine: PurePath
    ports: OrganizePorts
    moved_count: int = 0
    quarantined_count: int = 0
    problem_count: int = 0
    newest: dict[str, tuple[int, PurePath]] = attrs.field(factory=dict)
    _taken: dict[PurePath, set[str]] = attrs.field(factory=dict)

    def guarded(self, path: PurePath) -> _Guard:
        return _Guard(self, path)

    def one_station(self, station: Station) -> None:
        if self.ports.storage.entry(station.folder) is None:
            return  # a camera that never recorded; whoever watches the recorders says so
        own, live = self.candidates(station)
        self.all_files(station, own)
        if live:
            with self.guarded(station.folder / LIVE_FOLDER):
                self.adopt(station, live)

    def all_files(self, station: Station, files: Iterable[FileEntry]) -> None:
        for file in files:
            self.ports.cancel.check()
            with self.guarded(file.path):
                self.one_file(station, file)

    def candidates(self, station: Station) -> tuple[list[FileEntry], dict[PurePath, list[FileEntry]]]:
        """The finished segments of the station's folder, and the files of its live sessions by session."""
        now_s = self.ports.clock.now().timestamp()
        listing = self.ports.storage.listing(station.folder)
        closed = [file for file in listing.files if is_footage(file.name)]
        ages_s = {file.name: now_s - file.mtime_ns / 1e9 for file in closed}
        done = finished(ages_s, segment_time_s=station.segment_s)
        own = [FileEntry(station.folder / file.name, file.identity) for file in closed if file.name in done]
        return own, dict(self.sessions(station.folder / LIVE_FOLDER)) if LIVE_FOLDER in listing.folders else {}

    def sessions(self, live: PurePath) -> Iterator[tuple[PurePath, list[FileEntry]]]:
        """The sessions that hold segments; one that vanishes was adopted by its recorder."""
        for name in self.ports.storage.listing(live).folders:
            with suppress(NotFoundError):
                files = self.ports.storage.listing(live / name).files
                segments = [
                    FileEntry(live / name / file.name, file.identity) for file in files if is_footage(file.name)
                ]
                if segments:
                    yield live / name, segments

    def adopt(self, station: Station, live: Mapping[PurePath, Sequence[FileEntry]]) -> None:
        """Take what sessions left behind whose recorder does not run; its lock is held just for their new names.

        A recorder that starts meanwhile waits for the lock: nothing is copied or looked into before it is free again.
        Of a recorder without a supervisor what is finished is taken while it runs, but never its newest file: it may be
        written to again, however long ago it last was.
        """
        done = {folder: self.done(station, files) for folder, files in live.items()}
        adopted: list[FileEntry] = []
        try:
            with self.ports.storage.lock(station.folder / LIVE_FOLDER / LOCK_NAME):
                for folder, files in live.items():
                    if len(done[folder]) == len(files):
                        adopted += self.adopted(station, files)
                        self.ports.storage.prune(folder, is_root_included=True)
        except BusyError:  # a recorder runs; if it has a supervisor, that adopts
            newest = max((file for files in live.values() for file in files), key=lambda file: file.identity.mtime_ns)
            for folder in live:
                if not is_supervised(folder):
                    adopted += self.adopted(station, [file for file in done[folder] if file != newest])
        self.all_files(station, adopted)

    def adopted(self, station: Station, files: Iterable[FileEntry]) -> list[FileEntry]:
        """Give files of a session the names they have for good, in the station's folder; never over anything."""
        taken = {file.name.casefold() for file in self.ports.storage.listing(station.folder).files}
        adopted = []
        for file in files:
            name = parse_segment_name(file.path.name)
            if name is not None and name.station.casefold() != station.name.casefold():
                adopted.append(file)  # it stays where it is, which is said later
                continue
            name = name and adopted_name(name, file.path.parent, zone=self.ports.zone)
            with self.guarded(file.path):
                adopted.append(self.renamed(file, station.folder, name, taken))
        return adopted

    def renamed(self, file: FileEntry, folder: PurePath, name: SegmentName | None, taken: set[str]) -> FileEntry:
        while True:
            target = folder / _free(file.path.name, name, taken)
            taken.add(target.name.casefold())
            with suppress(ExistsError):
                # power fails behind it: the file is one of the station's, and the next run takes it
                return self.ports.storage.move(file.path, target=target)

    def done(self, station: Station, files: Sequence[FileEntry]) -> list[FileEntry]:
        now_s = self.ports.clock.now().timestamp()
        ages_s = {file.path.name: now_s - file.identity.mtime_ns / 1e9 for file in files}
        names = finished(ages_s, segment_time_s=station.segment_s)
        return [file for file in files if file.path.name in names]

    def one_file(self, station: Station, file: FileEntry) -> None:
        name = parse_segment_name(file.path.name)
        if name is not None and name.station.casefold() != station.name.casefold():
            problem = f"[organize][WARN] {file.path} stays where it is: its name says that it is of {name.station}"
            self.ports.reporter.emit(Warned(problem))
            return
        defect = self.ports.footage.defect(file.path)
        if defect:
            folder = self.quarantine / station.name
            target = self.move_to_free(file, folder, name, before=lambda there: self.explain(there, defect))
            self.quarantined_count += 1
            self.ports.reporter.emit(SegmentQuarantined(file.path, target, defect))
            return
        if name is None:
            problem = f"Could not extract date from filename '{file.path.name}', using mtime instead."
            self.ports.reporter.emit(Warned(f"[organize][WARN] {problem}"))
        day = name.day if name is not None else self.day_of(file)
        target = self.move_to_free(file, self.ready / station.name / day, name)
        self.moved_count += 1
        moved = file.identity.mtime_ns, target
        self.newest[station.name] = max(moved, self.newest.get(station.name, moved))
        self.ports.reporter.emit(SegmentMoved(file.path, target))

    def explain(self, target: PurePath, defect: str) -> None:
        """Say beside the file why it is there; on a full disk the file alone must do."""
        try:
            self.ports.storage.write_text(target.with_name(target.name + REASON_SUFFIX), f"{defect}\n")
        except StorageError as error:
            self.ports.reporter.emit(Warned(f"[organize][WARN] {error}"))

    def day_of(self, file: FileEntry) -> str:
        local = self.ports.clock.now()
        return f"{type(local).fromtimestamp(file.identity.mtime_ns // 10**9, local.tzinfo):%Y-%m-%d}"

    def move_to_free(
        self,
        file: FileEntry,
        folder: PurePath,
        name: SegmentName | None,
        *,
        before: Callable[[PurePath], None] = lambda _: None,
    ) -> PurePath:
        """Move under the first name that is free, here and at the target; never over anything."""
        self.ports.storage.make_folder(folder)
        wanted = folder / (file.path.name if name is None else str(name))
        if self.finish_interrupted(file, wanted):
            return wanted
        taken = self.taken(folder)
        while True:
            target = folder / _free(file.path.name, name, taken)
            taken.add(target.name.casefold())
            before(target)
            try:
                self.move(file, target)
            except ExistsError:
                continue
            return target

    def finish_interrupted(self, file: FileEntry, target: PurePath) -> bool:
        """Whether this very file was copied there by a run that was cut off; the original goes then."""
        there = self.ports.storage.entry(target)
        if there is None or (there.kind, there.identity) != (FileKind.FILE, file.identity):
            return False
        sha256 = self.digest(target)
        if self.digest(file.path) != sha256:
            return False
        self.remove_proven(file, Proof(str(target), sha256))
        return True

    def digest(self, path: PurePath) -> str:
        return self.ports.storage.digest(path, on_bytes=lambda _: None, cancel=self.ports.cancel)

    def remove_proven(self, file: FileEntry, proof: Proof) -> None:
        for removal in plan_proven([file], proofs={file.path: Proven(file.identity, proof)}).removals:
            self.ports.storage.remove(removal)

    def taken(self, folder: PurePath) -> set[str]:
        """The names in use in this folder: there now, or at the target for a file that is gone from here (INV-10)."""
        if folder not in self._taken:
            here = {entry.path.name.casefold() for entry in self.ports.storage.scan(folder)}
            below = folder.relative_to(self.ready) if folder.is_relative_to(self.ready) else None
            there = self.ports.ledger_of_day(folder.name).entries if below is not None else {}
            sent = {path.name.casefold() for path in there if path.parent == PurePosixPath(below or "")}
            self._taken[folder] = here | sent
        return self._taken[folder]

    def move(self, file: FileEntry, target: PurePath) -> None:
        for _ in range(_ATTEMPTS):
            try:
                return self.move_once(file, target)
            except NotFoundError:
                if self.ports.storage.entry(file.path) is None:
                    raise
                self.ports.storage.make_folder(target.parent)  # a cleanup pruned it, empty as it was
        raise NotFoundError(target.parent, "it vanishes again and again")

    def move_once(self, file: FileEntry, target: PurePath) -> None:
        try:
            self.ports.storage.move(file.path, target=target)
        except OtherVolumeError:
            self.copy_away(file, target)

    def copy_away(self, file: FileEntry, target: PurePath) -> None:
        """To another file system: a copy that is complete and read back, then the original may go."""
        storage = self.ports.storage
        copied = storage.copy(file.path, target=target, on_bytes=lambda _: None, cancel=self.ports.cancel)
        # power fails here: both are there; the next run finds this very file at the target and goes on below
        if self.digest(target) != copied.sha256:
            raise ChangedError(target, "what was read back is not what was written; the original is kept")
        self.remove_proven(file, Proof(str(target), copied.sha256))


def _free(wanted: str, name: SegmentName | None, taken: set[str]) -> str:
    if name is not None:
        return str(free_name(name, taken=taken))
    stem, number, candidate = wanted.removesuffix(SUFFIX), 2, wanted
    while candidate.casefold() in taken:
        candidate, number = f"{stem}~{number}{SUFFIX}", number + 1
    return candidate
