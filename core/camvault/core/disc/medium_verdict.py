"""Pure: whether the medium in a drive may be written, and what a burn has made of it.

Why a medium is refused, in words, says `camvault.ports.medium`: burners refuse it with the same words.
"""

import enum

import attrs

from camvault.ports.errors import BurnError
from camvault.ports.medium import Medium, MediumState


class MediumVerdict(enum.Enum):
    """What to do about the medium in the drive."""

    BURN = "burn"
    WAIT = "wait"
    REFUSE = "refuse"


@attrs.frozen
class MediumDecision:
    """A verdict and its reason."""

    verdict: MediumVerdict
    reason: str = ""


def may_burn(medium: Medium, *, size_bytes: int) -> MediumDecision:
    """Whether an image of `size_bytes` may be written: only to a blank disc that holds it. WAIT if there is no disc."""
    refusal = medium.refusal(size_bytes)
    if refusal is None:
        return MediumDecision(MediumVerdict.BURN)
    return MediumDecision(MediumVerdict.WAIT if medium.state is MediumState.ABSENT else MediumVerdict.REFUSE, refusal)


def with_fate(error: BurnError, medium: Medium | None) -> BurnError:
    """The error, with `is_spoiled` as the drive sees the medium; `medium` is None if the drive does not answer.

    A drive that finds no disc, or one that it cannot judge, does not show that the disc is untouched: then `is_spoiled`
    stays as the tool reported it.
    """
    if medium is None or medium.state in {MediumState.ABSENT, MediumState.UNSUITABLE}:
        return error
    is_spoiled = medium.state is not MediumState.BLANK
    return BurnError(error.device, error.problem, is_spoiled=is_spoiled, last_lines=error.last_lines)


def unfinished(medium: Medium, *, finished_states: frozenset[MediumState]) -> str | None:
    """Why a medium is not finished although the burner reports success; None if it is finished."""
    if medium.state in finished_states:
        return None
    return f"the burner reports success, but the drive says that the disc is {medium.state.value}"
