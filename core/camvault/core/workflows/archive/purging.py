"""Workflow, private part: what leaves the trash for good, by the time at which it came there.

Nothing leaves that was not put there. No link and no mount is followed, and no folder is entered that holds the records
of an archive or a trash. In a trash that the user named, only what a record says came there; the hidden folder of the
input holds nothing else.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePath, PurePosixPath

from camvault.core.archive.plan import LeftFile, Purge, RemoveAction
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
    unrecorded: list[PurePath] = []
    count = 0
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
            if not job.roots.is_trash_own and _noted(below, ledger) is None:
                count += 1
                unrecorded = unrecorded or [entry.path]
                continue
            if _is_changed(entry, below, ledger):
                yield LeftFile(entry.path, _CHANGED, is_problem=True)
                continue
            reason = purge_reason(_trashed_s(entry, below, ledger, now_s), now_s=now_s, days=days)
            if reason is not None:
                yield Purge(RemoveAction(entry, None, str(reason)), reason)
    yield from (LeftFile(path, _UNRECORDED.format(count=count)) for path in unrecorded)


def closed_area(job: ArchiveJob, folder: PurePath) -> str:
    """Why nothing is purged in a folder of the trash, whatever is below it; "" if it is the trash's own.

    Raises:
        StorageError: It cannot be looked at.
    """
    if job.ports.storage.resolve(folder) != folder:
        return _LINK
    return _MOUNT if folder in job.roots.mounts_in_trash else ""


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
            continue  # the root of another archive or trash
        waiting += [folder / name for name in reversed(listing.folders) if not name.startswith(".")]
        for file in listing.files:
            yield FileEntry(folder / file.name, listing.identity_of(file), FileKind.FILE)


def _noted(below: PurePath, ledger: Ledger) -> LedgerEntry | None:
    known = ledger.entries.get(PurePosixPath(below))
    return known if known is not None and known.kind is ProofKind.TRASHED else None


def _is_changed(entry: FileEntry, below: PurePath, ledger: Ledger) -> bool:
    known, found = _noted(below, ledger), entry.identity
    return known is not None and is_changed_since(
        found.size_bytes,
        found.mtime_ns / 1e9,
        then_bytes=known.identity.size_bytes,
        then_s=known.identity.mtime_ns / 1e9,
    )


def _trashed_s(entry: FileEntry, below: PurePath, ledger: Ledger, now_s: float) -> float | None:
    known = _noted(below, ledger)
    recorded_s = None
    if known is not None:
        recorded_s = datetime.fromisoformat(known.when).timestamp()
    ctime_ns = entry.identity.ctime_ns
    return trashed_at_s(
        recorded_s=recorded_s,
        mtime_s=entry.identity.mtime_ns / 1e9,
        ctime_s=None if ctime_ns is None else ctime_ns / 1e9,
        now_s=now_s,
    )
