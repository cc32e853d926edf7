"""Composition root: the question before anything is done."""

import select
import sys

from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import UsageError

QUESTION = "Proceed with transcoding and file removals? [y/N]: "
_YES = frozenset({"y", "yes"})
_SLICE_S = 0.1


def check_terminal() -> None:
    """Refuse to go on where nobody can be asked.

    Raises:
        UsageError: Nothing was touched.
    """
    if not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask for a confirmation; nothing was done. Use -y to go on without it")


def is_confirmed(cancel: Cancellation) -> bool:
    """Ask; everything but y and yes is no, as is the end of the input.

    Raises:
        Cancelled: A signal came instead of an answer; a read of a terminal goes on after one.
    """
    sys.stderr.write(QUESTION)
    sys.stderr.flush()
    try:
        while not select.select([sys.stdin], [], [], _SLICE_S)[0]:
            cancel.check()
        answer = sys.stdin.readline()
    except (OSError, ValueError):
        return False
    cancel.check()
    return answer.strip().lower() in _YES
