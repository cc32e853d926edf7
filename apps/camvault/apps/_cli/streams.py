"""Composition root, shared part: the standard streams at the beginning and at the end of a process."""

import os
import sys
from typing import TextIO


def open_missing() -> None:
    """Let nothing stand in for each standard stream that the caller closed (`>&-`).

    Python has None for such a stream, and the next file that is opened, a ledger maybe, gets its number: the output of
    a program that is started would be written into that file.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number: this one
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def flushed(code: int) -> int:
    """Flush the standard streams, so that a reader that went away (`| head`) does not change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _silence(stream)
    return code


def _silence(stream: TextIO) -> None:
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), stream.fileno())
