"""Workflow: the record of what a station stored stays small.

The files of closed days lose the lines that later ones replaced, which are most of them. The oldest files go once
there are more than `KEPT_FILES`: how many there are does not depend on a clock, which may be years wrong. Of segments
that are older than the record, coverage is counted as of those of a recorder that wrote nothing down.
"""

from datetime import datetime
from pathlib import PurePath

from camvault.core.retention.removals import plan_leftovers
from camvault.core.segments.stored_record import STORED_FOLDER, compacted, files_of_closed_days
from camvault.ports.errors import NotFoundError
from camvault.ports.files import Storage

KEPT_FILES = 800
"""Two years; about 40 MB with segments of ten minutes."""
_COMPACTED_MOST = 3
"""Each day that somebody records, and each start, does the last ones: earlier ones have been done."""


def keep_small(folder: PurePath, *, now: datetime, storage: Storage) -> None:
    """Make the record in `folder` small, of a station whose lock is held.

    Raises:
        StorageError: A file cannot be read, written or removed.
    """
    try:
        names = [file.name for file in storage.listing(folder).files]
    except NotFoundError:
        return
    closed = files_of_closed_days(names, now=now)
    kept = closed[max(0, len(closed) - KEPT_FILES) :]
    for name in kept[-_COMPACTED_MOST:]:
        text = storage.read_text(folder / name) or ""
        smaller = compacted(text)
        if smaller != text:
            # power fails before, or while the text is replaced: the long one is there, and says the same
            storage.write_text(folder / name, smaller)
    for name in closed[: len(closed) - len(kept)]:
        entry = storage.entry(folder / name)
        if entry is not None:
            for removal in plan_leftovers([entry], marker=STORED_FOLDER, records=(name,)).removals:
                storage.remove(removal)  # power fails here: the rest goes with the next start
