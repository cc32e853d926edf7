"""Composition root: the question before anything is done."""

from camvault.apps._cli.asking import has_terminal, typed
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import UsageError

QUESTION = "Proceed with transcoding and file removals? [y/N]: "
_YES = frozenset({"y", "yes"})


def check_terminal() -> None:
    """Refuse to go on where nobody can be asked.

    Raises:
        UsageError: Nothing was touched.
    """
    if not has_terminal():
        raise UsageError("There is no terminal to ask for a confirmation; nothing was done. Use -y to go on without it")


def is_confirmed(cancel: Cancellation) -> bool:
    """Ask; everything but y and yes is no, as is the end of the input.

    Raises:
        Cancelled: A signal came instead of an answer.
    """
    return typed(QUESTION, cancel=cancel) in _YES
