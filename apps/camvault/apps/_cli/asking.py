"""Composition root, shared part: a question to the person at the terminal."""

import select
import sys

from camvault.ports.cancellation import Cancellation

_SLICE_S = 0.1


def has_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def typed(question: str, *, cancel: Cancellation) -> str:
    """What is answered, in lower case without white space around it; "" at the end of the input.

    Raises:
        Cancelled: A signal came instead of an answer; a read of a terminal goes on after one.
    """
    sys.stderr.write(question)
    sys.stderr.flush()
    try:
        while not select.select([sys.stdin], [], [], _SLICE_S)[0]:
            cancel.check()
        answer = sys.stdin.readline()
    except (OSError, ValueError):
        return ""
    cancel.check()
    return answer.strip().lower()
