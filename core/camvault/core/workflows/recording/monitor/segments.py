"""Workflow, private part: the segments of a station, as the watchdog compares them from one look to the next."""

from collections.abc import Mapping
from pathlib import PurePath

import attrs

from camvault.core.health.watchdog_state import WatchedStation
from camvault.core.segments.names import is_footage
from camvault.core.segments.sessions import LIVE_FOLDER
from camvault.ports.entries import FileIdentity, ListedFile, Listing
from camvault.ports.errors import NotFoundError
from camvault.ports.files import FolderReader


@attrs.frozen
class SeenSegments:
    """The segments of a station that count for the watchdog.

    Attributes:
        files: By name.
        left_out_ns: Old files up to this mtime are left out; -1 if none is.
    """

    files: Mapping[str, FileIdentity]
    left_out_ns: int

    @property
    def size_bytes(self) -> int:
        """All of them together."""
        return sum(identity.size_bytes for identity in self.files.values())


def seen_segments(folder: PurePath, watched: WatchedStation | None, storage: FolderReader) -> SeenSegments:
    """Every segment in the station's folder and in the folders of its sessions.

    Where there are so many that the oldest are not remembered, the oldest are left out here too: they are not new.

    Raises:
        StorageError: A folder cannot be listed.
    """
    old, floor_ns = (watched.memory.files, watched.floor_ns) if watched else ({}, -1)
    settled = _segments(folder, storage)
    new = [file for file in settled if file.mtime_ns > floor_ns or file.name in old]
    files = {file.name: file.identity for file in new}
    live = folder / LIVE_FOLDER
    for session in _listing(live, storage).folders:
        files.update({file.name: file.identity for file in _segments(live / session, storage)})
    return SeenSegments(files, floor_ns if len(new) < len(settled) else -1)


def _segments(folder: PurePath, storage: FolderReader) -> list[ListedFile]:
    return [file for file in _listing(folder, storage).files if is_footage(file.name)]


def _listing(folder: PurePath, storage: FolderReader) -> Listing:
    """What is in the folder; nothing if it was never made, or its session has just ended."""
    try:
        return storage.listing(folder)
    except NotFoundError:
        return Listing()
