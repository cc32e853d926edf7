"""Workflow: how many clips are where, by the ledger and the staging. Changes nothing."""

from collections.abc import Iterable

import attrs

from camvault.core.dashcam.clip_book import KnownClip
from camvault.core.dashcam.clip_life import CardClipState
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.ports.files import Storage


@attrs.frozen
class ClipCount:
    """So many clips of so many bytes; `last` is the latest line about one of them, "" without any."""

    count: int = 0
    size_bytes: int = 0
    last: str = ""


@attrs.frozen(kw_only=True)
class ClipCounts:
    """Where the clips are.

    Attributes:
        on_card: Seen, finished and not copied. The card may not have all of them any more.
        staged: In the staging, not proven to be at the server; what has no record included.
        proven: At the server.
        overwritten: Gone from the card before they were copied.
        not_believed: Which lines of the ledgers are damaged, a sentence; "" for none.
    """

    on_card: ClipCount
    staged: ClipCount
    proven: ClipCount
    overwritten: ClipCount
    not_believed: str


def count_clips(*, storage: Storage, folders: BoxFolders) -> ClipCounts:
    """Count them.

    Raises:
        StorageError: The records, or a folder of the staging, cannot be read.
    """
    records = ClipRecords(folders, storage)
    clips, found = records.clips(), {clip.path: clip.identity for clip in records.staged()}
    states: dict[CardClipState, list[KnownClip]] = {state: [] for state in CardClipState}
    for clip in clips:
        identity = None if clip.staged_path is None else found.get(clip.staged_path)
        states[clip.state(staged=identity)].append(clip)
    proven = [*states[CardClipState.VERIFIED], *states[CardClipState.UNSTAGED]]
    waiting = [*states[CardClipState.STAGED], *states[CardClipState.SENT]]
    known = {clip.staged_path for clip in (*waiting, *states[CardClipState.VERIFIED])}
    others = [identity.size_bytes for path, identity in found.items() if path not in known]
    staged = _counted(waiting)
    return ClipCounts(
        on_card=_counted(clip for clip in states[CardClipState.ON_CARD] if clip.is_finished),
        staged=ClipCount(staged.count + len(others), staged.size_bytes + sum(others), staged.last),
        proven=_counted(proven),
        overwritten=_counted(states[CardClipState.OVERWRITTEN]),
        not_believed=records.not_believed(),
    )


def _counted(clips: Iterable[KnownClip]) -> ClipCount:
    found = tuple(clips)
    last = max((clip.last.when for clip in found), default="")
    return ClipCount(len(found), sum(clip.size_bytes for clip in found), last)
