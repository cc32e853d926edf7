"""Pure: what the backup has to send, and by what a folder is known to be proven to the last file."""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from pathlib import PurePosixPath

import attrs

from camvault.core.segments.ledger import Ledger
from camvault.core.segments.lifecycle import SegmentState, state_of
from camvault.core.segments.names import SUFFIX
from camvault.ports.entries import FileEntry, FileKind, ListedFile, Listing

_WEEK_DAYS = 7


def proven_mark(folder: PurePosixPath, listing: Listing, *, ledger: ListedFile | None, today: str, number: str) -> str:
    """A digest of all that decides whether every file of a folder is proven: the same again is the same answer.

    The digest is of the files as they are listed and of the ledger's file as it is listed, so that a line of that
    ledger need not be parsed for each file in each run. The number of the target is in it: another target has no marks.
    The week is in it, so that once in it everything is read anew: bits that fell over on the disk change no listing.
    The weeks of the folders begin on different days, so that no day's first run reads all ledgers. Nothing is ever
    removed because of a mark (INV-21).
    """
    week = _week_of(str(folder), today)
    facts = str(folder), [tuple(file) for file in listing.files], ledger and tuple(ledger), week, number
    return sha256(ascii(facts).encode("ascii")).hexdigest()


def _week_of(folder: str, today: str) -> int:
    first_day = sha256(ascii(folder).encode("ascii")).digest()[0] % _WEEK_DAYS
    return (date.fromisoformat(today).toordinal() + first_day) // _WEEK_DAYS


@attrs.frozen
class BackupPlan:
    """What the backup does with each file; a file is in one of the three.

    Attributes:
        to_send: What is sent, the one written first before the others.
        proven: What needs nothing, because this very file is proven to be elsewhere (VERIFIED).
        to_prove: What is in the log of today without a proof (SYNCED): it is looked for at the target, and sent only if
            it is not found there.
    """

    to_send: tuple[FileEntry, ...]
    proven: tuple[FileEntry, ...]
    to_prove: tuple[FileEntry, ...] = ()


def plan_backup(
    entries: Iterable[FileEntry],
    *,
    root: PurePosixPath,
    today: frozenset[PurePosixPath],
    ledger: Ledger,
    number: str,
) -> BackupPlan:
    """What is to be done with each file, by its state (`lifecycle.state_of`).

    Args:
        entries: Everything below `root`; only regular `.mkv` files count.
        root: The folder that is backed up.
        today: The paths of today's log.
        ledger: What is known of which file.
        number: Of the target that is meant.
    """
    to_send, proven, to_prove = [], [], []
    for entry in entries:
        if entry.kind is not FileKind.FILE or entry.path.suffix != SUFFIX:
            continue
        path = PurePosixPath(entry.path.relative_to(root))
        is_logged = path in today
        state = state_of(entry.identity, known=ledger.entries.get(path), number=number, is_logged=is_logged)
        if state is SegmentState.VERIFIED:
            proven.append(entry)
        elif state is SegmentState.READY or not is_logged:
            to_send.append(entry)
        else:
            to_prove.append(entry)
    oldest_first = sorted(to_send, key=lambda entry: entry.identity.mtime_ns)
    return BackupPlan(tuple(oldest_first), tuple(proven), tuple(to_prove))
