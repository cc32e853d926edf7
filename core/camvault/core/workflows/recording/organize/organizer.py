"""Workflow: finished segments go from their stations' folders to date folders; broken ones go to quarantine."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

import attrs

from camvault.core.segments.file_times import written_at
from camvault.core.segments.lifecycle import SegmentEvent
from camvault.core.segments.names import SegmentName, is_of_station, parse_segment_name
from camvault.core.segments.sessions import LIVE_FOLDER
from camvault.core.stations.site import Station, roots_of
from camvault.core.workflows.recording.organize.adoption import adopt_sessions
from camvault.core.workflows.recording.organize.candidates import candidates
from camvault.core.workflows.recording.organize.events import SegmentMoved, SegmentQuarantined
from camvault.core.workflows.recording.organize.moving import Mover
from camvault.core.workflows.recording.organize.ports import OrganizePorts
from camvault.core.workflows.recording.organize.tally import OrganizeReport, Tally
from camvault.core.workflows.steps.segment_step import check_step
from camvault.core.workflows.steps.station_folders import unknown_links
from camvault.ports.entries import FileEntry
from camvault.ports.errors import StorageError, UsageError
from camvault.ports.events import Warned
from camvault.ports.files import Storage

REASON_SUFFIX = ".reason.txt"
"""Behind the name of a file in quarantine: a text beside the file that says why the file is there."""

_UNKNOWN_LINK = (
    "it is a link, and no camera of the configuration has this name. If it is a station, name it there; else put it"
    " elsewhere"
)


def organize(
    stations: Sequence[Station],
    *,
    ready: PurePath,
    quarantine: PurePath,
    ports: OrganizePorts,
    closed: Mapping[PurePath, str] | None = None,
    is_cache_trusted: bool = False,
) -> OrganizeReport:
    """Move every finished segment; an error of one file, station or output_dir never stops the rest.

    Args:
        stations: The stations whose folders are looked at.
        ready: The folder that is backed up: segments go to `ready/STATION/YYYY-MM-DD`.
        quarantine: Broken segments go to `quarantine/STATION`.
        ports: The outside world.
        closed: Why nothing may be looked for, or written, below a folder, such as a mount point without its disk.
        is_cache_trusted: Whether a file may go beside a copy that may have been read from a cache.

    Raises:
        UsageError: No output_dir can be used, or `ready` cannot.
        Cancelled: A stop was requested; every file is at its old place or at its new one.
    """
    closed = closed or {}
    if ready in closed:
        raise UsageError(closed[ready])
    problems = {root: _problem_of(root, closed, ports.storage) for root in roots_of(stations)}
    if problems and all(problems.values()):
        raise UsageError(*_first_and_others(tuple(problems.values())))
    tally = Tally(ports.reporter)
    for root, problem in problems.items():
        if problem:
            tally.problem(f"[organize] its stations are left as they are: {problem}")
            continue
        with tally.guarded(root):
            for link in unknown_links(root, [station.folder for station in stations], ports.storage):
                tally.problem(f"[organize] {link} is not looked into: {_UNKNOWN_LINK}")
    organizer = _Organizer(ready, quarantine, ports, tally, Mover(ready, ports, closed, is_cache_trusted))
    for station in stations:
        if problems[station.folder.parent]:
            continue
        ports.cancel.check()
        with tally.guarded(station.folder):
            organizer.one_station(station)
    return tally.report()


def _first_and_others(problems: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    return problems[0], tuple(problems[1:])


def _problem_of(root: PurePath, closed: Mapping[PurePath, str], storage: Storage) -> str:
    """Why the stations in `root` cannot be looked at; "" if they can."""
    if root in closed:
        return closed[root]
    try:
        if storage.entry(storage.resolve(root)) is not None:
            return ""
    except StorageError as error:
        return f"output_dir {error}"
    return f"output_dir {root} does not exist: nothing was ever recorded there, or it is not mounted"


@attrs.frozen
class _Organizer:
    """Carries out what each file of a station is found to be."""

    ready: PurePath
    quarantine: PurePath
    ports: OrganizePorts
    tally: Tally
    mover: Mover

    def one_station(self, station: Station) -> None:
        if self.ports.storage.entry(station.folder) is None:
            return  # a camera that never recorded; the monitor reports it
        found = candidates(station, storage=self.ports.storage, clock=self.ports.clock)
        is_in_quarantine = self.is_in_quarantine(station)
        self.all_files(station, found.own, is_in_quarantine=is_in_quarantine)
        if found.live:
            with self.tally.guarded(station.folder / LIVE_FOLDER):
                adopted = adopt_sessions(station, found.live, ports=self.ports, tally=self.tally)
                self.all_files(station, adopted, is_in_quarantine=is_in_quarantine)

    def is_in_quarantine(self, station: Station) -> bool:
        """Whether the station's folder lies in quarantine: by the configuration, or through a link."""
        storage = self.ports.storage
        return storage.resolve(station.folder).is_relative_to(storage.resolve(self.quarantine))

    def all_files(self, station: Station, files: Iterable[FileEntry], *, is_in_quarantine: bool) -> None:
        for file in files:
            self.ports.cancel.check()
            with self.tally.guarded(file.path):
                self.one_file(station, file, is_in_quarantine=is_in_quarantine)

    def one_file(self, station: Station, file: FileEntry, *, is_in_quarantine: bool) -> None:
        name = parse_segment_name(file.path.name)
        if name is not None and not is_of_station(name, station.name):
            problem = f"[organize][WARN] {file.path} stays where it is: its name says that it is of {name.station}"
            self.ports.reporter.emit(Warned(problem))
            return
        defect = self.ports.footage.defect(file.path)
        event = SegmentEvent.BROKEN if defect else SegmentEvent.MOVED
        check_step(file, event, storage=self.ports.storage, is_in_quarantine=is_in_quarantine)
        if defect:
            self.put_aside(station, file, defect)
        else:
            self.make_ready(station, file, name)

    def make_ready(self, station: Station, file: FileEntry, name: SegmentName | None) -> None:
        """Move the file to its date folder."""
        if name is None:
            problem = f"Could not extract date from filename '{file.path.name}', using mtime instead."
            self.ports.reporter.emit(Warned(f"[organize][WARN] {problem}"))
        day = name.day if name is not None else self.day_of(file)
        target = self.mover.move_to_free(file, self.ready / station.name / day)
        self.tally.moved(station.name, file, target)
        self.ports.reporter.emit(SegmentMoved(file.path, target))

    def put_aside(self, station: Station, file: FileEntry, defect: str) -> None:
        """Move the file to quarantine."""
        folder = self.quarantine / station.name
        target = self.mover.move_to_free(file, folder, before=lambda there: self.explain(there, defect))
        self.tally.quarantined_count += 1
        self.ports.reporter.emit(SegmentQuarantined(file.path, target, defect))

    def explain(self, target: PurePath, defect: str) -> None:
        """Write the reason beside the file in quarantine; on a full disk the file is put there without it."""
        try:
            self.ports.storage.write_text(target.with_name(target.name + REASON_SUFFIX), f"{defect}\n")
        except StorageError as error:
            self.ports.reporter.emit(Warned(f"[organize][WARN] {error}"))

    def day_of(self, file: FileEntry) -> str:
        """The local date on which the file was last changed."""
        return f"{written_at(file.identity.mtime_ns).astimezone(self.ports.clock.now().tzinfo):%Y-%m-%d}"
