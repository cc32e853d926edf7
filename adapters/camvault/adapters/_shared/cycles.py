"""Private to adapters: work that makes millions of small objects without circles."""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def without_cycles() -> Iterator[None]:
    """Let the cycle collector rest: walking all that is there again and again was a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
