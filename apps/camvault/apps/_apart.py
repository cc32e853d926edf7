"""Composition root, shared part: flags parsed in a process of their own, for commands that stay for months.

The parser brings pydantic along: nine megabytes that a supervisor would keep for each camera and never use again.
"""

import os
import pickle
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

from camvault.apps._cli import USAGE_EXIT, Stage, flushed


def parse_apart(stage: Stage, argv: Sequence[str]) -> dict[str, Any] | int:
    """As `_command.parse`, which runs in a forked child: nothing of it stays here. To be called before any thread."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        _parse_and_exit(stage, argv, write_end)
    os.close(write_end)
    with open(read_end, "rb") as pipe:  # noqa: PTH123 - a descriptor
        content = pipe.read()
    os.waitpid(child, 0)
    parsed: dict[str, Any] | int = pickle.loads(content) if content else USAGE_EXIT  # noqa: S301 - our own child wrote it
    return parsed


def _parse_and_exit(stage: Stage, argv: Sequence[str], write_end: int) -> NoReturn:
    from camvault.apps._command import parse  # noqa: PLC0415 - only here

    try:
        content = pickle.dumps(parse(stage, argv))
        with open(write_end, "wb") as pipe:
            pipe.write(content)
    except KeyboardInterrupt:
        pass  # the parent got it too
    except BaseException:  # noqa: BLE001 - whatever it is: the parent must not run twice
        traceback.print_exc(file=sys.stderr)
    finally:
        flushed(0)
        os._exit(0)
