"""Workflow, private part: what a station stored, as the watchdog compares it from one look to the next.

The recorder writes down what it stored. Only of a recorder that does not (`--exec`, an earlier version), the files
themselves are looked at: the pictures in them, not their sizes.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from operator import attrgetter
from pathlib import PurePath

import attrs

from camvault.core.health.station_signs import Lapse, StoredFile
from camvault.core.health.watchdog_state import WatchedStation
from camvault.core.segments.names import is_footage
from camvault.core.segments.sessions import LIVE_FOLDER, is_supervised
from camvault.core.segments.stored_record import STORED_FOLDER, StoredRecord, StoredRun, parse_stored, stored_file
from camvault.core.workflows.recording.monitor.options import MonitorPorts
from camvault.ports.entries import ListedFile, Listing
from camvault.ports.errors import NotFoundError
from camvault.ports.files import FolderReader
from camvault.ports.pictures import StoredPictures

_OPEN_S = 150.0
"""A recorder writes a line at least every two minutes: what it stored since the last one counts as stored."""
_FIRST_FILES = 3
_BETWEEN_S, _UNUSUAL = 3.0, 2


@attrs.frozen
class SeenSegments:
    """What a station stored.

    Attributes:
        files: The segments that count for the watchdog, by name.
        left_out_ns: Old files up to this mtime are left out; -1 if none is.
        stored: See `StationSigns.stored`.
        size_bytes: Of all segments in the folders of the station.
    """

    files: Mapping[str, StoredFile]
    left_out_ns: int = -1
    stored: tuple[Lapse, ...] | None = None
    size_bytes: int = 0


def seen_segments(folder: PurePath, watched: WatchedStation | None, ports: MonitorPorts, *, boot: str) -> SeenSegments:
    """What the recorder of the station in `folder` wrote down, or the segments in it and in its sessions.

    Where there are so many that the oldest are not remembered, the oldest are left out here too: they are not new.

    Raises:
        StorageError: A folder or a file cannot be read.
    """
    settled = _segments(folder, ports.storage)
    live = folder / LIVE_FOLDER
    sessions = {live / name: _segments(live / name, ports.storage) for name in _listing(live, ports.storage).folders}
    size_bytes = sum(file.size_bytes for files in (settled, *sessions.values()) for file in files)
    record = _record_of(folder, ports)
    # what `organize` writes down of a recorder without a supervisor says nothing of now
    if record.last is not None and is_supervised(PurePath(record.last.segment[0])):
        alone = {session: files for session, files in sessions.items() if not is_supervised(session)}
        files = {**_counted(alone, watched, ports), **_written(record.last, ports, boot)}
        # of what was stored before this start of the machine, nobody knows how long ago that was
        stored = () if any(alone.values()) else _lapses(record, ports, boot)
        return SeenSegments(files, stored=stored or None, size_bytes=size_bytes)
    old, floor_ns = (watched.memory.files, watched.floor_ns) if watched else ({}, -1)
    new = [file for file in settled if file.mtime_ns > floor_ns or file.name in old]
    files = _counted({folder: new, **sessions}, watched, ports)
    return SeenSegments(files, floor_ns if len(new) < len(settled) else -1, size_bytes=size_bytes)


def _record_of(folder: PurePath, ports: MonitorPorts) -> StoredRecord:
    """The newest part of the record; empty if nothing was ever written down."""
    names = {file.name for file in _listing(folder / STORED_FOLDER, ports.storage).files}
    now = ports.clock.now()
    wanted = [day for day in (stored_file(now - timedelta(days=1)), stored_file(now)) if day in names]
    wanted = wanted or sorted(names)[-1:]
    return parse_stored([ports.storage.read_text(folder / STORED_FOLDER / name) or "" for name in wanted])


def _written(run: StoredRun, ports: MonitorPorts, boot: str) -> Mapping[str, StoredFile]:
    """The segment that was written down last. When that was says the boot clock, in this run of the machine."""
    stored_at = run.span.end_at
    if run.boot == boot:
        stored_at = ports.clock.now() - timedelta(seconds=ports.clock.boot_s() - run.boot_s)
    session, number = run.segment
    return {f"{session}/{number}": StoredFile(run.picture_count, int(stored_at.timestamp() * 1e9))}


def _lapses(record: StoredRecord, ports: MonitorPorts, boot: str) -> tuple[Lapse, ...]:
    """When pictures were stored, in seconds ago; what lies between two segments, until the next picture is due, too."""
    now_s = ports.clock.boot_s()
    found = list[Lapse]()
    for run in sorted((run for run in record.runs.values() if run.boot == boot), key=attrgetter("boot_s")):
        begin_s, end_s = now_s - run.boot_s + run.span.seconds, max(0.0, now_s - run.boot_s)
        each_s = run.span.seconds / (run.picture_count - 1) if run.picture_count > 1 else 0.0
        if found and 0 <= found[-1][1] - begin_s <= max(_BETWEEN_S, _UNUSUAL * each_s):
            begin_s, _ = found.pop()
        found.append((begin_s, end_s if end_s > _OPEN_S else 0.0))
    return tuple(found)


def _counted(
    folders: Mapping[PurePath, list[ListedFile]], watched: WatchedStation | None, ports: MonitorPorts
) -> dict[str, StoredFile]:
    """The pictures in the files. Of those that were there at the last look, only what was written to since is read."""
    known = watched.memory.files if watched else {}
    found = {file.name: (folder / file.name, file) for folder, files in folders.items() for file in files}
    first = () if watched else _newest(file for _, file in found.values())
    counted = {}
    for name, (path, file) in found.items():
        before = known.get(name)
        if before is not None and before.mtime_ns == file.mtime_ns:
            counted[name] = before
        elif watched or name in first:
            counted[name] = StoredFile(_pictures_in(path, ports), file.mtime_ns)
        else:
            counted[name] = StoredFile(0, file.mtime_ns)  # at the first look the newest ones say enough
    return counted


def _newest(files: Iterable[ListedFile]) -> frozenset[str]:
    newest_first = sorted(files, key=lambda file: file.mtime_ns, reverse=True)
    return frozenset(file.name for file in newest_first[:_FIRST_FILES])


def _pictures_in(path: PurePath, ports: MonitorPorts) -> int:
    try:
        return ports.pictures.count(path, known=StoredPictures()).count
    except NotFoundError:
        return 0  # moved since it was listed


def _segments(folder: PurePath, storage: FolderReader) -> list[ListedFile]:
    return [file for file in _listing(folder, storage).files if is_footage(file.name)]


def _listing(folder: PurePath, storage: FolderReader) -> Listing:
    """What is in the folder; nothing if it was never made, or its session has just ended."""
    try:
        return storage.listing(folder)
    except NotFoundError:
        return Listing()
