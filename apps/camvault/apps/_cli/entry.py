"""Composition root, shared part: a command as a program: parse its flags, run it, end with its exit code."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from camvault.apps._cli.stage import CANCELLED_EXIT, Stage
from camvault.apps._cli.streams import flushed, open_missing

_COLLECTED_AT = 50_000
"""So many new objects, a few megabytes, before the garbage collector looks at them; it is 700 otherwise.

It finds next to nothing: what is seen of a file is in no cycle, and goes with the last reference to it. A command that
stays for months keeps the default, because there what is in a cycle adds up.
"""


def main(stage: Stage[Any], argv: Sequence[str], *, is_last: bool = False) -> int:
    """Run a command with these arguments and return the exit code.

    `is_last`: the process ends with it, so signals stay caught: a second Ctrl-C does not change how it ends.
    """
    from camvault.apps._cli.run import run_command  # noqa: PLC0415 - a library that imports a stage needs no parser

    if stage.is_resident and is_last:
        from camvault.apps._cli.resident import parse_apart as parse  # noqa: PLC0415
    else:
        from camvault.apps._cli.parse import parse  # noqa: PLC0415
    parsed = parse(stage, argv)
    return parsed if isinstance(parsed, int) else run_command(stage, parsed, is_last=is_last)


def console_script(stage: Stage[Any]) -> Callable[[], NoReturn]:
    """What the installed command calls."""

    def entry() -> NoReturn:
        import atexit  # noqa: PLC0415
        import gc  # noqa: PLC0415

        if not stage.is_resident:
            gc.set_threshold(_COLLECTED_AT)
        open_missing()
        atexit.register(_ignore_signals)
        try:
            code = main(stage, sys.argv[1:], is_last=True)
        except KeyboardInterrupt:  # before the signals were caught
            code = CANCELLED_EXIT
        sys.exit(flushed(code))

    return entry


def _ignore_signals() -> None:
    """The exit code is settled; later in its shutdown, Python would give signals their deadly defaults back."""
    import signal  # noqa: PLC0415

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
