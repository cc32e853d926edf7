"""Workflow, private part: what leaves the trash for good, by the time at which it came there.

Nothing leaves that was not put there. No link and no mount is followed, and no folder is entered that holds the records
of an archive or a trash. In a trash that the user named, only what a record says came there; the hidden folder of the
input holds nothing else.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePath, PurePosixPath

from camvault.core.archive.plan import FirstSeen, LeftFile, Purge, RemoveAction
from camvault.core.archive.records import INPUT, OUTPUT
from camvault.core.retention.trash import is_changed_since, purge_reason, trashed_at_s
from camvault.core.segments.ledger import Ledger, LedgerEntry, ProofKind
from camvault.core.workflows.archive.job import LEDGERS_NAME, TRASH_LEDGERS_NAME, ArchiveJob
from camvault.core.workflows.archive.ledgers import DayLedgers
from camvault.core.workflows.archive.letting_go import trash_day
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import NotFoundError, StorageError

AREAS = (INPUT, OUTPUT)
_LINK = "a link leads out of the trash; nothing there is purged"
_MOUNT = "another folder, or file system, is mounted here in the trash; nothing in it is purged"
_RECORDS = frozenset({LEDGERS_NAME, TRASH_LEDGERS_NAME})
_OTHERS = "it holds the records of another archive or trash; nothing in it is purged"
_HIDDEN = "it is a hidden folder, into which nothing is put; nothing in it is purged"
_NO_FILE = "it is no regular file, and is not purged"
_UNKNOWN = "what is mounted in the trash cannot be read; nothing in it is purged"
_NO_TIME = "when it came into the trash cannot be told by its times, nor by a record: its days begin now"
_UNRECORDED = (
    "it is one of {count} file(s) in the trash of which there is no record that they were put there: they stay; remove "
    "them yourself if nobody needs them"
)
_CHANGED = (
    "it was written to after it came into the trash: what is in it now may be nowhere else. Take it out of the trash, "
    "or remove it yourself"
)


def purges(job: ArchiveJob, trash: PurePath, days: float) -> Iterator[Purge | LeftFile]:
    """Each file that has been in the trash for so many days; 0: each file."""
    ledgers = DayLedgers(trash / TRASH_LEDGERS_NAME, job.ports.storage)
    now_s = job.ports.clock.now().timestamp()
    first_unrecorded, count = None, 0
    for area in AREAS:
        for entry in _entries(job, trash / area):
            if isinstance(entry, LeftFile):
                yield entry
                continue
            job.ports.cancel.check()
            below = entry.path.relative_to(trash)
            try:
                ledger = ledgers.of_day(trash_day(below))
            except StorageError as error:
                yield LeftFile(entry.path, f"when it came into the trash cannot be read: {error}", is_problem=True)
                continue
            known = _noted(below, ledger)
            if known is None and not job.roots.is_trash_own:
                count += 1
                first_unrecorded = first_unrecorded or entry.path
                continue
            if known is not None and _is_changed(entry, known):
                yield LeftFile(entry.path, _CHANGED, is_problem=True)
                continue
            trashed_s = _trashed_s(entry, known, now_s)
            if trashed_s is None and days:
                came_from = "" if known is None else known.note
                yield FirstSeen(entry.path, _NO_TIME, entry=entry, below=below, came_from=came_from)
            reason = purge_reason(trashed_s, now_s=now_s, days=days)
            if reason is not None:
                yield Purge(RemoveAction(entry, None, str(reason)), reason)
    if first_unrecorded is not None:
        yield LeftFile(first_unrecorded, _UNRECORDED.format(count=count))


def closed_area(job: ArchiveJob, folder: PurePath) -> str:
    """Why nothing is purged in a folder of the trash, whatever is below it; "" if it is the trash's own.

    Raises:
        StorageError: It cannot be looked at.
    """
    if job.ports.storage.resolve(folder) != folder:
        return _LINK
    mounts = job.roots.mounts_in_trash
    if mounts is None:
        return _UNKNOWN
    return _MOUNT if folder in mounts else ""


def _entries(job: ArchiveJob, root: PurePath) -> Iterator[FileEntry | LeftFile]:
    """The regular files below; a folder that cannot be listed stops no other."""
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            closed = closed_area(job, folder)
            listing = job.ports.storage.listing(folder)
        except NotFoundError:
            continue
        except StorageError as error:
            yield LeftFile(folder, f"it cannot be listed: {error.problem}", is_problem=True)
            continue
        if closed:
            yield LeftFile(folder, closed, is_problem=True)
            continue
        if not _RECORDS.isdisjoint(listing.folders):
            yield LeftFile(folder, _OTHERS)
            continue
        yield from (LeftFile(folder / name, _HIDDEN) for name in listing.folders if name.startswith("."))
        yield from (LeftFile(folder / name, _NO_FILE) for name in listing.others)
        waiting += [folder / name for name in reversed(listing.folders) if not name.startswith(".")]
        for file in listing.files:
            yield FileEntry(folder / file.name, listing.identity_of(file), FileKind.FILE)


def _noted(below: PurePath, ledger: Ledger) -> LedgerEntry | None:
    known = ledger.entries.get(PurePosixPath(below))
    return known if known is not None and known.kind is ProofKind.TRASHED else None


def _is_changed(entry: FileEntry, known: LedgerEntry) -> bool:
    found = entry.identity
    return is_changed_since(
        found.size_bytes,
        found.mtime_ns / 1e9,
        then_bytes=known.identity.size_bytes,
        then_s=known.identity.mtime_ns / 1e9,
    )


def _trashed_s(entry: FileEntry, known: LedgerEntry | None, now_s: float) -> float | None:
    ctime_ns = entry.identity.ctime_ns
    return trashed_at_s(
        recorded_s=None if known is None else datetime.fromisoformat(known.when).timestamp(),
        mtime_s=entry.identity.mtime_ns / 1e9,
        ctime_s=None if ctime_ns is None else ctime_ns / 1e9,
        now_s=now_s,
    )
