"""Pure: for how long the power is not known, and when a camera that is to record gets its power all the same.

While the power is not known nothing is switched (INV-32). But a board that does not answer any more would leave a
camera for ever that was off for a moment only, or a disk. It was switched while there was power enough, and the board
itself cuts the power of an empty battery.
"""

UNKNOWN_MOST_S = 300.0
"""A bus that is disturbed now and then is fine again before that."""


def unknown_since_s(before_s: float | None, *, is_unknown: bool, now_s: float) -> float | None:
    """Since when no look said anything of the power, monotonic; None if this one does."""
    if not is_unknown:
        return None
    return now_s if before_s is None else before_s


def is_unknown_for_long(since_s: float | None, *, now_s: float) -> bool:
    """Whether it is not known for so long that a camera records again."""
    return since_s is not None and now_s - since_s >= UNKNOWN_MOST_S
