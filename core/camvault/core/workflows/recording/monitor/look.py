"""Workflow: one look at all stations, see the package."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import PurePath

from camvault.core.mounts import missing_mount
from camvault.core.workflows.recording.monitor.delivery import Delivery
from camvault.core.workflows.recording.monitor.disk import DiskWatch
from camvault.core.workflows.recording.monitor.jobs import JobWatch
from camvault.core.workflows.recording.monitor.options import MonitorOptions, MonitorPorts, MonitorReport
from camvault.core.workflows.recording.monitor.recorders import Recorders
from camvault.core.workflows.recording.monitor.state_files import Memory
from camvault.core.workflows.recording.monitor.stations import StationWatch
from camvault.ports.entries import FileKind
from camvault.ports.errors import StorageError, ToolError, UsageError
from camvault.ports.events import Failed, Note, Reporter
from camvault.ports.files import Storage


def monitor(options: MonitorOptions, ports: MonitorPorts) -> MonitorReport:
    """Look once, and deliver the alerts that wait.

    A missing recording folder is an incident like others. While it is missing, the stations in it are not looked at:
    one alert tells of all of them.

    Raises:
        UsageError: The recording folder is missing; the operator was told.
        BusyError: Another watchdog holds the lock.
        Cancelled: Stopped; what was not written down is decided again by the next run.
    """
    ports.reporter.emit(Note("Running monitor_recordings check..."))
    problem = _problem_of(options, ports)
    with _lock(options, ports.storage, is_missing=bool(problem)):
        report = _look(options, ports, problem)
    ports.reporter.emit(Note("monitor_recordings check complete."))
    if problem:
        raise UsageError(problem)
    return report


def _problem_of(options: MonitorOptions, ports: MonitorPorts) -> str:
    """Why the recording folder is not what it should be; "" if it is."""
    if not ports.answers(options.recording_dir):
        return f"Recording directory does not answer: {options.recording_dir}"
    storage = ports.storage
    try:
        folder = storage.resolve(options.recording_dir)
        point = missing_mount(folder, table=options.mounts)
        if point is not None:
            return f"Recording directory not mounted: {options.recording_dir} ({point})"
        entry = storage.entry(folder)
        if entry is None or entry.kind is not FileKind.FOLDER:
            return f"Recording directory not found: {options.recording_dir}"
        storage.listing(folder)
    except StorageError as error:
        return f"Recording directory cannot be read: {error}"
    return ""


def _lock(options: MonitorOptions, storage: Storage, *, is_missing: bool) -> AbstractContextManager[None]:
    """The lock that one watchdog holds: on a folder, which needs no room on a full disk.

    While the recording folder is missing, it is that of the last place of the state; if this is missing too, none.
    """
    folder = options.state_paths[-1].parent if is_missing else options.recording_dir
    if is_missing and storage.entry(storage.resolve(folder)) is None:
        return nullcontext()
    return storage.lock(folder)


def _look(options: MonitorOptions, ports: MonitorPorts, problem: str) -> MonitorReport:
    memory = Memory(options, ports, is_folder_missing=bool(problem))
    memory.load()
    delivery = Delivery(options.host, ports, memory)
    disk = DiskWatch(options, ports, memory, delivery)
    disk.look_at_folder(problem)
    problems = {folder: closed or _unreadable(folder, ports.storage) for folder, closed in options.places.items()}
    for folder, closed in problems.items():
        disk.look_at_place(folder, closed)
    shut = frozenset(folder for folder, closed in problems.items() if closed)
    watch = StationWatch(options, ports, memory, delivery, Recorders(ports.services, ports.reporter))
    stations = tuple(watch.stations())
    for station in stations:
        ports.cancel.check()
        if any(station.folder.is_relative_to(folder) for folder in shut):
            continue  # its folder is an incident already
        with _reported(ports.reporter):
            watch.look_at(station)
    with _reported(ports.reporter):
        JobWatch(options, ports, memory, delivery).look()
    usable = () if problem else (options.recording_dir,)
    with _reported(ports.reporter):
        disk.look_at_usage((*usable, *(folder for folder in problems if folder not in shut)))
    if not problem:
        memory.keep_only({station.name for station in stations})
    memory.save()  # power fails before: all of this is decided again; after: every alert is in the queue
    delivery.deliver()
    delivery.give_sign()
    return MonitorReport(memory.state, watch.live_bytes, shut)


def _unreadable(folder: PurePath, storage: Storage) -> str:
    """Why a folder, which answers, cannot be looked at; "" if it can, or has not been made yet."""
    try:
        storage.entry(folder)
    except StorageError as error:
        return str(error)
    return ""


@contextmanager
def _reported(reporter: Reporter) -> Iterator[None]:
    """Inside, what cannot be looked at is reported; what is remembered of it stays, and the other looks follow."""
    try:
        yield
    except (StorageError, ToolError) as error:
        reporter.emit(Failed(str(error)))
