"""Composition root, shared part: flags parsed in a process of their own, for commands that stay for months.

The parser brings pydantic along: nine megabytes that a supervisor would keep for each camera and never use again.
"""

import os
import pickle
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

from camvault.apps._cli.stage import USAGE_EXIT, Parsed, Stage
from camvault.apps._cli.streams import flushed


def parse_apart(stage: Stage[Any], argv: Sequence[str]) -> Parsed | int:
    """As `parse.parse`, in a forked child: the parser is never loaded here. To be called before a thread is started."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        _parse_and_exit(stage, argv, write_end)
    os.close(write_end)
    with open(read_end, "rb") as pipe:  # noqa: PTH123 - a descriptor
        content = pipe.read()
    os.waitpid(child, 0)
    parsed: Parsed | int = pickle.loads(content) if content else USAGE_EXIT  # noqa: S301 - our own child wrote it
    return parsed


def _parse_and_exit(stage: Stage[Any], argv: Sequence[str], write_end: int) -> NoReturn:
    from camvault.apps._cli.parse import parse  # noqa: PLC0415 - only here

    try:
        content = pickle.dumps(parse(stage, argv))
        with open(write_end, "wb") as pipe:
            pipe.write(content)
    except KeyboardInterrupt:
        pass  # the parent got the signal too
    except BaseException:  # noqa: BLE001 - the child must not go on as a second parent
        traceback.print_exc(file=sys.stderr)
    finally:
        flushed(0)
        os._exit(0)
