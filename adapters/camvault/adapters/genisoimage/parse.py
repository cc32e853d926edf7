"""Adapter for genisoimage, pure part: what it prints."""

import errno
import re

_PERCENT = re.compile(r"^\s*(\d+(?:\.\d+)?)% done, estimate finish")
_VERSION = re.compile(r"^genisoimage (\S+)", re.MULTILINE)
_LEFT_OUT = re.compile(r"\bignoring\b")


class UnknownOutputError(ValueError):
    """It printed something that is not known."""


def sectors_of(text: str) -> int:
    """What `-print-size` says.

    Raises:
        UnknownOutputError: It is not a number.
    """
    if not re.fullmatch(r"\d+\n?", text, re.ASCII):
        raise UnknownOutputError(text.strip()[:200] or "nothing")
    return int(text)


def version_of(text: str) -> str | None:
    """The version; None from another program."""
    found = _VERSION.search(text)
    return found[1] if found else None


def percent_of(line: str) -> float | None:
    """How far it is; None from another line."""
    found = _PERCENT.match(line)
    return float(found[1]) if found else None


def judge(exit_code: int, lines: tuple[str, ...]) -> str | None:
    """Why a run is no success, None if it is: it leaves out what it cannot read, and ends with 0 (measured)."""
    left_out = [line for line in lines if _LEFT_OUT.search(line)]
    if left_out:
        return left_out[0].strip()
    return None if exit_code == 0 else f"it ended with its code {exit_code}"


def is_full(exit_code: int) -> bool:
    """Whether the file system was full: its exit code is the error number (measured)."""
    return exit_code == errno.ENOSPC
