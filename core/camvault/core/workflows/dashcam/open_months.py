"""Workflow, private part: which ledgers may have clips that wait, whatever their months.

A clip may be gone from the card, or from the staging, long after it was seen. To find that, not all ledgers of all
years are read each time: those in which each clip has ended are remembered (`closed_months`).
"""

from collections.abc import Collection

from camvault.core.dashcam.camera_times import month_of
from camvault.core.dashcam.closed_months import closed_text, is_open, read_closed
from camvault.core.workflows.dashcam.records import ClipRecords, ledger_sizes

CLOSED_NAME = "closed-months"


def open_months(records: ClipRecords) -> frozenset[str]:
    """The months whose ledgers may have a clip that waits.

    Raises:
        StorageError: A record cannot be read.
    """
    closed = read_closed(records.storage.read_text(records.folders.records / CLOSED_NAME) or "")
    return frozenset(month for month, size_bytes in ledger_sizes(records).items() if closed.get(month) != size_bytes)


def keep_closed(records: ClipRecords, months: Collection[str]) -> None:
    """Remember which of these months, all of which were read, have no clip that waits.

    Raises:
        StorageError: A record cannot be read or written.
    """
    path, sizes = records.folders.records / CLOSED_NAME, ledger_sizes(records)  # before the lines: what comes is seen
    book, before = records.book(months), read_closed(records.storage.read_text(path) or "")
    waiting = {month_of(clip.mtime_ns) for clip in book.clips() if is_open(clip, book)}
    closed = {**before, **{month: sizes[month] for month in months if month in sizes and month not in waiting}}
    if closed != before:
        records.storage.write_text(path, closed_text(closed))
