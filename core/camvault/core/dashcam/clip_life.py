"""Pure: the life of a clip, from the camera's card to the server.

| state       | event -> next state                                                                           |
|-------------|-----------------------------------------------------------------------------------------------|
| ON_CARD     | SEEN -> ON_CARD · COPIED -> STAGED · MISSED -> OVERWRITTEN · FOUND_AGAIN -> UNSTAGED          |
| STAGED      | COPIED, DISPROVEN -> STAGED · SENT -> SENT · PROVEN -> VERIFIED · SPOILED -> ON_CARD          |
| SENT        | COPIED, DISPROVEN -> STAGED · SENT -> SENT · PROVEN -> VERIFIED · SPOILED -> ON_CARD          |
| VERIFIED    | SENT, PROVEN -> VERIFIED · DISPROVEN -> STAGED · SPOILED -> ON_CARD · UNSTAGED -> UNSTAGED    |
| UNSTAGED    | UNSTAGED -> UNSTAGED · DISPROVEN -> ON_CARD                                                   |
| OVERWRITTEN | SEEN -> ON_CARD · COPIED -> STAGED                                                            |

Any other pair is refused and changes nothing. No step leads to UNSTAGED but from VERIFIED (INV-35), or when the server
is seen to have again what it had lost.

A workflow keeps no state of its own: what the ledger and the staging say is the state (`state_of_clip`). Before each
step the workflow asks `clip_step`, and leaves the clip alone if that refuses. ON_CARD says only that the clip is
nowhere else: whether the camera still has it, the next look at the card tells.
"""

import enum

import attrs

from camvault.core.segments.ledger import LedgerEntry, ProofKind


class CardClipState(enum.Enum):
    """Where in its life a clip is."""

    ON_CARD = "on the card"
    """Nowhere else; the next visit copies it."""
    STAGED = "staged"
    """Copied to this machine, and waiting to be sent."""
    SENT = "sent"
    """The tool that sent it said so; the server was not looked at."""
    VERIFIED = "verified"
    """The server has it, compared with what is staged."""
    UNSTAGED = "proven and removed from the staging"
    """The server has it, and this machine no more."""
    OVERWRITTEN = "overwritten on the card"
    """Gone from the card before it was copied."""


WAITING = (CardClipState.STAGED, CardClipState.SENT)
"""Copied to this machine, and not proven to be at the server."""


class ClipEvent(enum.Enum):
    """What happens to a clip."""

    SEEN = "seen on the card"
    COPIED = "copied to the staging"
    MISSED = "found to be gone from the card"
    SENT = "sent"
    PROVEN = "proven"
    DISPROVEN = "found missing or different at the server"
    FOUND_AGAIN = "found at the server, which had lost it"
    SPOILED = "found missing or different in the staging"
    UNSTAGED = "removed from the staging as proven"


@attrs.frozen
class CardClipStep:
    """The state after an event; `refusal` says why nothing changed, "" if the event was in order."""

    state: CardClipState
    refusal: str = ""


_S, _E = CardClipState, ClipEvent
_TABLE = {
    (_S.ON_CARD, _E.SEEN): _S.ON_CARD,
    (_S.ON_CARD, _E.COPIED): _S.STAGED,
    (_S.ON_CARD, _E.MISSED): _S.OVERWRITTEN,
    (_S.ON_CARD, _E.FOUND_AGAIN): _S.UNSTAGED,
    (_S.STAGED, _E.COPIED): _S.STAGED,
    (_S.STAGED, _E.SENT): _S.SENT,
    (_S.STAGED, _E.PROVEN): _S.VERIFIED,
    (_S.STAGED, _E.DISPROVEN): _S.STAGED,
    (_S.STAGED, _E.SPOILED): _S.ON_CARD,
    (_S.SENT, _E.COPIED): _S.STAGED,
    (_S.SENT, _E.SENT): _S.SENT,
    (_S.SENT, _E.PROVEN): _S.VERIFIED,
    (_S.SENT, _E.DISPROVEN): _S.STAGED,
    (_S.SENT, _E.SPOILED): _S.ON_CARD,
    (_S.VERIFIED, _E.SENT): _S.VERIFIED,
    (_S.VERIFIED, _E.PROVEN): _S.VERIFIED,
    (_S.VERIFIED, _E.DISPROVEN): _S.STAGED,
    (_S.VERIFIED, _E.SPOILED): _S.ON_CARD,
    (_S.VERIFIED, _E.UNSTAGED): _S.UNSTAGED,
    (_S.UNSTAGED, _E.DISPROVEN): _S.ON_CARD,
    (_S.UNSTAGED, _E.UNSTAGED): _S.UNSTAGED,
    (_S.OVERWRITTEN, _E.SEEN): _S.ON_CARD,
    (_S.OVERWRITTEN, _E.COPIED): _S.STAGED,
}


def clip_step(state: CardClipState, event: ClipEvent) -> CardClipStep:
    """The next state, or the same one with the reason why `event` is impossible there."""
    following = _TABLE.get((state, event))
    if following is None:
        return CardClipStep(state, f"what is {state.value} cannot be {event.value}")
    return CardClipStep(following)


def state_of_clip(known: LedgerEntry | None, *, is_staged: bool) -> CardClipState:
    """The state of a clip.

    Args:
        known: The last line of the ledger about it.
        is_staged: Whether the staging has a file of its name, size and time. What is missing there is on the card at
            best, unless it was proven to be at the server.
    """
    if known is None or known.kind is ProofKind.SEEN:
        return CardClipState.ON_CARD
    if known.kind is ProofKind.OVERWRITTEN:
        return CardClipState.OVERWRITTEN
    if known.kind is ProofKind.UNSTAGED:
        return CardClipState.UNSTAGED
    if known.proof is not None:
        # power fails between a removal and its line: it was proven, and is gone
        return CardClipState.VERIFIED if is_staged else CardClipState.UNSTAGED
    if not is_staged or is_spoiled(known):
        return CardClipState.ON_CARD
    return CardClipState.SENT if known.kind in (ProofKind.SENT, ProofKind.SIZE) else CardClipState.STAGED


def was_lost_there(known: LedgerEntry) -> bool:
    """Whether the line says that the server has it no more, or never got it whole."""
    return known.kind is ProofKind.WITHDRAWN and bool(known.where)


def is_spoiled(known: LedgerEntry) -> bool:
    """Whether the line says that the staged file itself was found to be different: withdrawn from no server."""
    return known.kind is ProofKind.WITHDRAWN and not known.where
