"""Adapter for USB disks: calls of the system that may hang, with a limit of time."""

import errno
import os
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(limit_s: float, work: Callable[[], T]) -> T:
    """What `work` returns. Raises what it raises, and TimeoutError (an OSError) after `limit_s`.

    It hangs on then, in a thread of its own, until the kernel gives the device up, which may take minutes: nobody can
    end that, but nobody has to wait for it either.
    """
    outcome: list[T] = []
    problem: list[Exception] = []

    def do() -> None:
        try:
            outcome.append(work())
        except Exception as error:  # noqa: BLE001 - raised in the thread that asked
            problem.append(error)

    thread = threading.Thread(target=do, daemon=True, name="camvault-card")
    thread.start()
    thread.join(limit_s)
    if outcome:
        return outcome[0]
    if problem:
        raise problem[0]
    raise TimeoutError(errno.ETIMEDOUT, f"{os.strerror(errno.ETIMEDOUT)}: no answer within {limit_s:g} s")
