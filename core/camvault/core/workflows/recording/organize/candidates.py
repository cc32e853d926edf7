"""Workflow: which files of a station are finished, in its own folder and in the folders of its sessions."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import PurePath

import attrs

from camvault.core.segments.names import finished, is_footage
from camvault.core.segments.sessions import LIVE_FOLDER
from camvault.core.stations.site import Station
from camvault.ports.clock import Clock
from camvault.ports.entries import FileEntry
from camvault.ports.errors import NotFoundError
from camvault.ports.files import Storage


@attrs.frozen
class Candidates:
    """The files of one station that may be organized.

    Attributes:
        own: The finished segments in the station's folder.
        live: All segments in the folders of sessions, by folder; they are adopted first.
    """

    own: tuple[FileEntry, ...]
    live: Mapping[PurePath, Sequence[FileEntry]]


def candidates(station: Station, *, storage: Storage, clock: Clock) -> Candidates:
    """Look at the station's folder, which exists.

    Raises:
        StorageError: A folder cannot be listed.
    """
    now_s = clock.now().timestamp()
    listing = storage.listing(station.folder)
    segments = [FileEntry(station.folder / file.name, file.identity) for file in listing.files if is_footage(file.name)]
    own = finished_files(segments, now_s=now_s, segment_s=station.segment_s)
    live = dict(_sessions(station.folder / LIVE_FOLDER, storage)) if LIVE_FOLDER in listing.folders else {}
    return Candidates(tuple(own), live)


def finished_files(files: Sequence[FileEntry], *, now_s: float, segment_s: float) -> list[FileEntry]:
    """Those of the files of one folder that are finished at `now_s` (seconds since 1970), by their times of change."""
    ages_s = {file.path.name: now_s - file.identity.mtime_ns / 1e9 for file in files}
    names = finished(ages_s, segment_time_s=segment_s)
    return [file for file in files if file.path.name in names]


def _sessions(live: PurePath, storage: Storage) -> Iterator[tuple[PurePath, list[FileEntry]]]:
    """The sessions that hold segments. The folder of a session vanishes when its recorder adopted all of them."""
    for name in storage.listing(live).folders:
        with suppress(NotFoundError):
            files = storage.listing(live / name).files
            segments = [FileEntry(live / name / file.name, file.identity) for file in files if is_footage(file.name)]
            if segments:
                yield live / name, segments
