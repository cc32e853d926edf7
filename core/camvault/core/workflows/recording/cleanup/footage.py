"""Workflow, private part: what retention must know of a file."""

from datetime import UTC, datetime
from pathlib import PurePosixPath

from camvault.core.retention.rules import StoredFootage
from camvault.core.segments.date_folders import starts_not_before
from camvault.core.segments.ledger import Ledger
from camvault.core.segments.lifecycle import SegmentState, state_of
from camvault.core.segments.names import SegmentName, parse_ready_path
from camvault.ports.clock import Clock
from camvault.ports.entries import FileEntry


def stored_footage(
    path: PurePosixPath, file: FileEntry, ledger: Ledger, clock: Clock, *, number: str
) -> StoredFootage | None:
    """What retention must know; None for a file that is no segment of ours and is not proven elsewhere (INV-11).

    Of its times, those in the future say nothing: a clock was ahead, and footage neither stays for ever because of it
    nor goes early. If all of them are, it is as new as can be.

    `number`: of the target that is meant; only what is proven there is proven.
    """
    known, name = ledger.entries.get(path), parse_ready_path(path)
    state = state_of(file.identity, known=known, number=number)
    proof = known.proof if known is not None and state is SegmentState.VERIFIED else None
    if name is None and proof is None:
        return None
    is_sent = state is SegmentState.SYNCED
    now = clock.now()
    now_s, mtime_s = now.timestamp(), file.identity.mtime_ns / 1e9
    past_s = [time_s for time_s in (mtime_s, (file.identity.ctime_ns or 0) / 1e9) if time_s <= now_s]
    latest_s = max(past_s, default=now_s)
    written_s = mtime_s if mtime_s <= now_s else latest_s
    start_s = written_s if name is None else _start_s(name, written_s=written_s, latest_s=latest_s, now=now)
    return StoredFootage(file.path, file.identity, path.parts[0], start_s, proof, is_sent, latest_s)


def _start_s(name: SegmentName, *, written_s: float, latest_s: float, now: datetime) -> float:
    """When it began: what its name says, or when it was written last if that is later.

    A name in the future was given while a clock was ahead: then it is as old as what is known of it in the past, but
    not older than its date folder says, if that is not in the future too.
    """
    zone = now.tzinfo or UTC
    written = datetime.fromtimestamp(max(written_s, 0), UTC)
    start_s = max(name.starts_at(zone=zone, closed_at=written, length_s=0).timestamp(), written_s - 86_400)
    if start_s <= now.timestamp():
        return start_s
    begin = starts_not_before(name.day)
    begin_s = begin.timestamp() if begin is not None else 0.0
    return max(latest_s, begin_s) if begin_s <= now.timestamp() else latest_s
