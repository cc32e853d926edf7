"""Workflow step: the files that a recorder numbered get the time at which they began into their names."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Protocol

from camvault.core.segments.live_names import dated_names
from camvault.ports.errors import NotFoundError
from camvault.ports.files import FolderReader, RecordStore


class LiveStorage(FolderReader, RecordStore, Protocol):
    """What is needed of the storage: to list a folder, and to rename within it."""


def date_files(session: PurePath, storage: LiveStorage) -> Mapping[str, str]:
    """Rename the files in the folder `session` that have not got their own time yet; return old names with new ones.

    The recorder may go on writing to a file that is renamed. To be called before any of them is moved away: when a file
    began is known from the one before it.

    Raises:
        StorageError: The folder cannot be listed, or a file not be renamed; it keeps its name.
    """
    try:
        entry, listing = storage.entry(session), storage.listing(session)
    except NotFoundError:
        return {}
    changed_ns = {file.name: file.mtime_ns for file in listing.files}
    folder_ns = entry.identity.mtime_ns if entry is not None else 0
    new = dated_names(session, changed_ns, folder_changed_ns=folder_ns)
    for name, dated in new.items():
        # power fails in between: the others keep the time of their session, and every file keeps its footage
        storage.rename(session / name, target=session / dated)
    return new
