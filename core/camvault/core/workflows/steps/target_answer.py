"""Workflow step: what follows from the answer of a target, and what is said of it."""

from pathlib import PurePath
from typing import assert_never

from camvault.ports.transfer import Another, Here, Offline, TargetAnswer, TargetError, Transfer, Unsure


def here_or_raise(transfer: Transfer, answer: TargetAnswer) -> Here:
    """The answer, if the target is here.

    Raises:
        TargetError: It is not, with what was answered.
    """
    match answer:
        case Here():
            return answer
        case Offline() | Another() | Unsure():
            raise TargetError(transfer.where, str(answer), is_offline=isinstance(answer, Offline))
        case _:  # pragma: no cover - the type checkers see that there is no other case
            assert_never(answer)


def no_second_disk(transfer: Transfer, ready: PurePath) -> str:
    """What to say of a target on the device of the footage."""
    return f"{transfer.where} is on the same device as {ready}: a second copy, but not on a second disk"
