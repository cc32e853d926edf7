"""Pure: the life of a segment, from the first frame to the day it may go.

| state       | event -> next state                                                                             |
|-------------|-------------------------------------------------------------------------------------------------|
| RECORDING   | CLOSED -> COMPLETE                                                                              |
| COMPLETE    | MOVED -> READY · BROKEN -> QUARANTINED                                                          |
| READY       | SENT -> SYNCED · PROVEN -> VERIFIED · BROKEN -> QUARANTINED · EVICTED -> REMOVED                |
| SYNCED      | SENT -> SYNCED · PROVEN -> VERIFIED · DISPROVEN, CHANGED -> READY · EVICTED -> REMOVED          |
| VERIFIED    | SENT, PROVEN -> VERIFIED · DISPROVEN, CHANGED -> READY · CLEANED, EVICTED -> REMOVED            |
| QUARANTINED | RELEASED -> COMPLETE                                                                            |
| REMOVED     |                                                                                                 |

Any other pair is refused and changes nothing (INV-12, INV-13).
"""

import enum

import attrs


class SegmentState(enum.Enum):
    """Where in its life a segment is."""

    RECORDING = "recording"
    """The recorder writes it."""
    COMPLETE = "complete"
    """Closed, or left behind by a recorder that died."""
    READY = "ready"
    """In its date folder, waiting for the backup."""
    SYNCED = "synced"
    """Sent; the tool that sent it said so, nobody looked."""
    VERIFIED = "verified"
    """Known to be elsewhere: this very file was read back there and compared."""
    REMOVED = "removed"
    """Gone from here."""
    QUARANTINED = "quarantined"
    """Empty or unreadable, put aside with its reason; never deleted."""


class SegmentEvent(enum.Enum):
    """What happens to a segment."""

    CLOSED = "closed"
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
