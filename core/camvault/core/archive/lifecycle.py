"""Pure: the life of archived footage, from the upload to the day it is gone.

| state    | event -> next state                                                                                |
|----------|-----------------------------------------------------------------------------------------------------|
| SOURCE   | PROVEN -> ARCHIVED · EVICTED -> TRASHED · ERASED -> GONE                                            |
| ARCHIVED | PROVEN -> ARCHIVED · DISPROVEN -> SOURCE · LET_GO, EVICTED -> TRASHED · DELETED, ERASED -> GONE      |
| TRASHED  | PURGED -> GONE                                                                                      |
| GONE     |                                                                                                     |

Any other pair is refused and changes nothing. LET_GO and DELETED are what an archive allows; EVICTED and ERASED are
what a rule of the user takes, archived or not.

A source is ARCHIVED if the record names an archive of this very file, without a doubt, and the archive is there
(`state_of_source`). Whether it still holds what was recorded, only reading it tells: that is done right before the
source goes.
"""

import enum

import attrs

from camvault.core.archive.records import ArchiveRecord
from camvault.ports.entries import FileIdentity, Recognition


class ArchiveState(enum.Enum):
    """Where in its life footage of the archive is."""

    SOURCE = "source"
    """In the input tree; no archive of it is known."""
    ARCHIVED = "archived source"
    """In the input tree, and in the archive."""
    TRASHED = "trashed source"
    """In the trash."""
    GONE = "removed source"


class ArchiveEvent(enum.Enum):
    """What happens to it."""

    PROVEN = "proven to be archived"
    DISPROVEN = "found missing from the archive"
    LET_GO = "moved to the trash as archived"
    DELETED = "deleted as archived"
    EVICTED = "moved to the trash by a rule"
    ERASED = "deleted by a rule"
    PURGED = "purged from the trash"


@attrs.frozen
class ArchiveStep:
    """The state after an event; `refusal` says why nothing changed, "" if the event was in order."""

    state: ArchiveState
    refusal: str = ""


_S, _E = ArchiveState, ArchiveEvent
_TABLE = {
    (_S.SOURCE, _E.PROVEN): _S.ARCHIVED,
    (_S.SOURCE, _E.EVICTED): _S.TRASHED,
    (_S.SOURCE, _E.ERASED): _S.GONE,
    (_S.ARCHIVED, _E.PROVEN): _S.ARCHIVED,
    (_S.ARCHIVED, _E.DISPROVEN): _S.SOURCE,
    (_S.ARCHIVED, _E.LET_GO): _S.TRASHED,
    (_S.ARCHIVED, _E.EVICTED): _S.TRASHED,
    (_S.ARCHIVED, _E.DELETED): _S.GONE,
    (_S.ARCHIVED, _E.ERASED): _S.GONE,
    (_S.TRASHED, _E.PURGED): _S.GONE,
}


def archive_step(state: ArchiveState, event: ArchiveEvent) -> ArchiveStep:
    """The next state, or the same one with the reason why `event` is impossible there."""
    following = _TABLE.get((state, event))
    if following is None:
        return ArchiveStep(state, f"a file that is a {state.value} cannot be {event.value}")
    return ArchiveStep(following)


def state_of_source(known: ArchiveRecord | None, *, archive: FileIdentity | None) -> ArchiveState:
    """The state of a file in the input tree.

    Args:
        known: The record of this very file.
        archive: Which file is there under the name of the recorded archive; None if there is none.
    """
    if known is None or known.facts.doubts or not is_archive_there(known, archive):
        return ArchiveState.SOURCE
    return archive_step(ArchiveState.SOURCE, ArchiveEvent.PROVEN).state


def is_archive_there(known: ArchiveRecord, archive: FileIdentity | None) -> bool:
    """Whether what stands under the name of the recorded archive is that, as far as a look can tell."""
    return archive is not None and known.archive_identity.recognized_in(archive) is not Recognition.OTHER
