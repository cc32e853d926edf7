"""Workflow step: which work has ended of that which runs on other threads or machines.

The waiting is in slices: a signal that comes between the interpreter's last look at signals and a wait without a limit
would be heard only when that ends, which may be in hours.
"""

from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

_SLICE_S = 0.2


def first_ended(running: Collection["Future[Any]"]) -> Collection["Future[Any]"]:
    """Wait until some of it has ended, and return that; there must be some."""
    while not (ended := wait(running, timeout=_SLICE_S, return_when=FIRST_COMPLETED).done):
        pass
    return ended


def wait_for_all(running: Collection["Future[Any]"]) -> None:
    """Wait until all of it has ended."""
    while wait(running, timeout=_SLICE_S).not_done:
        pass
