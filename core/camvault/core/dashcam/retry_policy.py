"""Pure: whether a push that failed is tried again in the same visit, by its cause, and how long is waited before that.

| cause       | tried again                                                                              |
|-------------|------------------------------------------------------------------------------------------|
| refused     | never: another host key, a key that is refused, no tool there                            |
| no space    | never in this visit: what is waited for is a person                                      |
| no network  | yes, after a wait                                                                        |
| cut off     | yes, after a wait; what arrived before is continued                                      |
| unknown     | twice, after a wait                                                                      |

The wait is drawn from 0 to a span that doubles each time ("full jitter"): boxes that lost one server together do not
come back together. After a cut the other end gets a moment to put aside what it has: the next push would find nothing
to go on with, and send all of it (measured). A try after which more is proven than before counts anew.
"""

import attrs

from camvault.ports.transfer import PushCause

_BASE_S = 2.0
_MOST_S = 60.0
_SETTLE_S = 2.0
_UNKNOWN_MOST = 2
_NEVER = {
    PushCause.REFUSED: "trying again changes nothing",
    PushCause.NO_SPACE: "the server is full",
}


@attrs.frozen
class NextTry:
    """Wait so long and try again; or do not, for this reason."""

    wait_s: float = 0.0
    refusal: str = ""


def next_try(cause: PushCause, *, failed_count: int, retries: int, chance: float) -> NextTry:
    """What follows the push that failed.

    Args:
        cause: Why it failed.
        failed_count: How many failed in a row, this one included.
        retries: How many may follow the first one.
        chance: From 0 to 1, drawn for this wait.
    """
    if cause in _NEVER:
        return NextTry(refusal=_NEVER[cause])
    most = min(retries, _UNKNOWN_MOST) if cause is PushCause.UNKNOWN else retries
    if failed_count > most:
        return NextTry(refusal=f"it was tried {failed_count} times")
    settle_s = _SETTLE_S if cause is PushCause.CUT_OFF else 0.0
    return NextTry(wait_s=settle_s + min(_MOST_S, _BASE_S * 2.0 ** (failed_count - 1)) * chance)
