"""Pure: the life of a segment, from the first frame to the day it may go.

| state       | event -> next state                                                                             |
|-------------|-------------------------------------------------------------------------------------------------|
| RECORDING   | CLOSED -> COMPLETE                                                                              |
| COMPLETE    | ADOPTED -> COMPLETE · MOVED -> READY · BROKEN -> QUARANTINED                                    |
| READY       | SENT -> SYNCED · PROVEN -> VERIFIED · BROKEN -> QUARANTINED · EVICTED -> REMOVED                |
| SYNCED      | SENT -> SYNCED · PROVEN -> VERIFIED · DISPROVEN, CHANGED -> READY · EVICTED -> REMOVED          |
| VERIFIED    | SENT, PROVEN -> VERIFIED · DISPROVEN, CHANGED -> READY · CLEANED, EVICTED -> REMOVED            |
| QUARANTINED | RELEASED -> COMPLETE                                                                            |
| REMOVED     |                                                                                                 |

Any other pair is refused and changes nothing (INV-12, INV-13).

A workflow keeps no state of its own: what the ledger and the listing say is the state (`state_of`). Before each step
the workflow asks `step`, and leaves the file alone if that refuses.
"""

import enum

import attrs

from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.ports.entries import FileIdentity, Recognition


class SegmentState(enum.Enum):
    """Where in its life a segment is."""

    RECORDING = "recording"
    """The recorder writes it."""
    COMPLETE = "complete"
    """Closed, or left behind by a recorder that died."""
    READY = "ready"
    """In its date folder, waiting for the backup."""
    SYNCED = "synced"
    """Sent: the tool that sent it said so, and the target was not looked at."""
    VERIFIED = "verified"
    """Known to be at the target that is meant: this very file was read back there and compared."""
    REMOVED = "removed"
    """Gone from here."""
    QUARANTINED = "quarantined"
    """Empty or unreadable, put aside with its reason; never deleted."""


class SegmentEvent(enum.Enum):
    """What happens to a segment."""

    CLOSED = "closed"
    ADOPTED = "adopted"
    BROKEN = "found broken"
    RELEASED = "released by the operator"
    MOVED = "moved to its date folder"
    SENT = "sent"
    PROVEN = "proven"
    DISPROVEN = "found missing or different at the target"
    CHANGED = "found to be another file"
    CLEANED = "removed as proven"
    EVICTED = "removed by a rule of the user"


@attrs.frozen
class Stepped:
    """The state after an event; `refusal` says why nothing changed, "" if the event was in order."""

    state: SegmentState
    refusal: str = ""


_S, _E = SegmentState, SegmentEvent
_TABLE = {
    (_S.RECORDING, _E.CLOSED): _S.COMPLETE,
    (_S.COMPLETE, _E.ADOPTED): _S.COMPLETE,
    (_S.COMPLETE, _E.MOVED): _S.READY,
    (_S.COMPLETE, _E.BROKEN): _S.QUARANTINED,
    (_S.READY, _E.SENT): _S.SYNCED,
    (_S.READY, _E.PROVEN): _S.VERIFIED,
    (_S.READY, _E.BROKEN): _S.QUARANTINED,
    (_S.READY, _E.EVICTED): _S.REMOVED,
    (_S.SYNCED, _E.SENT): _S.SYNCED,
    (_S.SYNCED, _E.PROVEN): _S.VERIFIED,
    (_S.SYNCED, _E.DISPROVEN): _S.READY,
    (_S.SYNCED, _E.CHANGED): _S.READY,
    (_S.SYNCED, _E.EVICTED): _S.REMOVED,
    (_S.VERIFIED, _E.SENT): _S.VERIFIED,
    (_S.VERIFIED, _E.PROVEN): _S.VERIFIED,
    (_S.VERIFIED, _E.DISPROVEN): _S.READY,
    (_S.VERIFIED, _E.CHANGED): _S.READY,
    (_S.VERIFIED, _E.CLEANED): _S.REMOVED,
    (_S.VERIFIED, _E.EVICTED): _S.REMOVED,
    (_S.QUARANTINED, _E.RELEASED): _S.COMPLETE,
}


def step(state: SegmentState, event: SegmentEvent) -> Stepped:
    """The next state, or the same one with the reason why `event` is impossible there."""
    following = _TABLE.get((state, event))
    if following is None:
        return Stepped(state, f"a {state.value} segment cannot be {event.value}")
    return Stepped(following)


def state_of(found: FileIdentity, *, known: LedgerEntry | None, number: str, is_logged: bool = False) -> SegmentState:
    """The state of a file in a date folder: READY, SYNCED or VERIFIED.

    Args:
        found: Which file is there now.
        known: The last line of the ledger about its path.
        number: Of the target that is meant; a proof at another target is none, and says only that it was sent.
        is_logged: Whether its path is in a `.synced` log that is believed as far as that goes.
    """
    state = _recorded_state(known, number, is_logged=is_logged)
    if known is not None and known.identity.recognized_in(found) is not Recognition.SAME:
        return step(state, SegmentEvent.CHANGED).state
    return state


def _recorded_state(known: LedgerEntry | None, number: str, *, is_logged: bool) -> SegmentState:
    """The state of the file that the records are about."""
    if known is not None and known.proof_at(number) is not None:
        return SegmentState.VERIFIED
    if known is not None and known.kind is ProofKind.WITHDRAWN:
        return SegmentState.READY
    is_sent = known is not None and (known.proof is not None or known.kind in (ProofKind.SENT, ProofKind.SIZE))
    return SegmentState.SYNCED if is_sent or is_logged else SegmentState.READY


def state_now(state: SegmentState, *, seen: FileIdentity, found: FileIdentity | None) -> SegmentState:
    """The state of the file that was `seen`: gone from here if nothing, or another file, stands under its name now.

    Args:
        state: Its state when it was seen.
        seen: Which file it was then.
        found: Which file is there now; None if there is none.
    """
    return state if found is not None and seen.is_same_file(found) else SegmentState.REMOVED
