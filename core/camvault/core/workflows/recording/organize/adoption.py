"""Workflow: the finished segments of sessions that no supervisor adopts get their final names."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from camvault.core.free_names import folded
from camvault.core.segments.live_names import closed_names, parse_live_name
from camvault.core.segments.sessions import LIVE_FOLDER, RECORDER_LOCK_NAME, is_supervised
from camvault.core.stations.site import Station
from camvault.core.workflows.recording.organize.adopted_record import AdoptedRecord
from camvault.core.workflows.recording.organize.candidates import finished_files
from camvault.core.workflows.recording.organize.ports import OrganizePorts
from camvault.core.workflows.recording.organize.tally import Tally
from camvault.core.workflows.steps.adoption import OtherStationError, adopt
from camvault.core.workflows.steps.live_files import date_files
from camvault.ports.entries import FileEntry
from camvault.ports.errors import BusyError, StorageError


def adopt_sessions(
    station: Station, live: Mapping[PurePath, Sequence[FileEntry]], *, ports: OrganizePorts, tally: Tally
) -> list[FileEntry]:
    """Adopt what sessions hold that no supervisor adopts; return the files at their new places.

    | the station's recorder       | adopted are                                                                     |
    |------------------------------|---------------------------------------------------------------------------------|
    | does not run                 | all segments of each session of which all are finished                          |
    | runs with a supervisor       | none: its supervisor adopts them                                                |
    | runs without a supervisor    | all that the recorder numbered but the last of its session, and other finished  |
    |                              | segments; never the newest of its session, or of all, that was not written in   |
    |                              | the future: the recorder may write to it again, however long ago it last did    |

    That a recorder runs is known by the station's lock, and into which session it writes by a lock on the folder of
    that. One of an earlier version has no such lock: then each session may be its own. The station's lock is held while
    segments get their names: a recorder that starts meanwhile waits for it. Nothing is copied under the lock, and no
    segment read. A segment gets the time that its recorder wrote down; what it did not, is written down here.

    Args:
        station: The station.
        live: The segments in the folders of its sessions, by folder; at least one.
        ports: The outside world.
        tally: Reports what cannot be adopted; such a file stays where it is.

    Raises:
        StorageError: The station's folder cannot be listed, or the lock cannot be taken.
    """
    now_s = ports.clock.now().timestamp()
    finished = {
        folder: finished_files(files, now_s=now_s, segment_s=station.segment_s) for folder, files in live.items()
    }
    record = AdoptedRecord.of(station, ports)
    for folder, files in live.items():
        record.look(_may_be_done(folder, files, finished[folder]))
    adopted: list[FileEntry] = []
    try:
        with ports.storage.lock(station.folder / LIVE_FOLDER / RECORDER_LOCK_NAME):
            for folder, files in live.items():
                if len(finished[folder]) == len(files):
                    adopted += _adopted(station, files, ports, tally, record)
                    ports.storage.prune(folder, is_root_included=True)
    except BusyError:
        newest = _newest([file for files in live.values() for file in files], now_s=now_s)
        unsupervised = [folder for folder in live if not is_supervised(folder)]
        running = _running(unsupervised, ports)
        for folder in unsupervised:
            files = live[folder]
            closed = closed_names(file.path.name for file in files)
            # an open file that its recorder has not written to since the clock was set back is not finished
            past = [file for file in finished[folder] if file.identity.mtime_ns <= now_s * 1e9]
            kept = [newest, *(_open_files(files, now_s=now_s) if folder in running else ())]
            done = [file for file in files if (file.path.name in closed or file in past) and file not in kept]
            adopted += _adopted(station, done, ports, tally, record)
    record.write()
    return adopted


def _may_be_done(session: PurePath, files: Sequence[FileEntry], finished: Sequence[FileEntry]) -> Sequence[FileEntry]:
    if is_supervised(session):
        return finished
    names = closed_names(file.path.name for file in files) | {file.path.name for file in finished}
    return [file for file in files if file.path.name in names]


def _running(sessions: Sequence[PurePath], ports: OrganizePorts) -> Sequence[PurePath]:
    """The sessions that the recorder, which holds the station's lock, may write into: if in doubt all of them."""
    held = []
    for folder in sessions:
        try:
            with ports.storage.lock(folder):
                pass
        except BusyError:
            held.append(folder)
        except StorageError:
            return sessions
    return held or sessions


def _open_files(files: Sequence[FileEntry], *, now_s: float) -> list[FileEntry]:
    """Those of the files of one session of which one is being written: the last number, and the newest."""
    closed = closed_names(file.path.name for file in files)
    numbered = [file for file in files if parse_live_name(file.path.name) is not None]
    return [_newest(files, now_s=now_s), *(file for file in numbered if file.path.name not in closed)]


def _newest(files: Sequence[FileEntry], *, now_s: float) -> FileEntry:
    """The file written last; one that was written in the future counts only if there is no other."""
    now_ns = now_s * 1e9
    return max(files, key=lambda file: (file.identity.mtime_ns <= now_ns, file.identity.mtime_ns))


def _adopted(
    station: Station, files: Sequence[FileEntry], ports: OrganizePorts, tally: Tally, record: AdoptedRecord
) -> list[FileEntry]:
    taken = {folded(file.name) for file in ports.storage.listing(station.folder).files}
    adopted = []
    for file in _dated(files, ports, tally):
        with tally.guarded(file.path):
            adopted.append(_one(station, file, ports, taken, record))
    return adopted


def _dated(files: Sequence[FileEntry], ports: OrganizePorts, tally: Tally) -> list[FileEntry]:
    """The files, which are of one session, as they are called when each has the time at which it began."""
    if not files:
        return []
    folder, new = files[0].path.parent, dict[str, str]()
    with tally.guarded(folder):
        new.update(date_files(folder, ports.storage))
    here = {entry.path.name: entry for entry in ports.storage.children(folder)} if new else {}
    return [here.get(new.get(file.path.name, ""), file) for file in files]


def _one(station: Station, file: FileEntry, ports: OrganizePorts, taken: set[str], record: AdoptedRecord) -> FileEntry:
    try:
        adopted = adopt(
            file,
            station=station.name,
            folder=station.folder,
            zone=ports.zone,
            storage=ports.storage,
            taken=taken,
            first_at=record.first_at(file.path),
        )
    except OtherStationError:
        return file  # it stays where it is, which is reported with the files of the station's folder
    record.adopted(file.path, adopted.path.name)
    return adopted
