"""Adapter for xorriso, pure part: what its output means."""

import re
from collections.abc import Sequence

from camvault.adapters._shared.burning import Outcome

_ERROR = re.compile(r": (?:SORRY|FAILURE|FATAL) :")
_PROGRESS = re.compile(r"UPDATE :\s*(\d+) of\s+\d+ MB written")
_UNHURRIED = re.compile(r": UPDATE : (?P<words>Closing track/session|Formatting|Thank you for being patient)")
_ALL_HANDED_OVER = re.compile(r"UPDATE :\s*(\d+) of\s+\1 MB written")
_VERSION = re.compile(r"xorriso version\s*:\s*(\S+)")
_BEGUN = "Beginning to write data track"
_DONE = re.compile(r"Writing to '.*' completed successfully")
_BUSY = re.compile(r"busy", re.IGNORECASE)
_MIB = 1024 * 1024


def version_of(text: str) -> str:
    """The version that `xorriso -version` prints, empty if it prints none."""
    found = _VERSION.search(text)
    return found[1] if found else ""


def written_bytes(line: str) -> int | None:
    """How far writing is, from a progress line (0 from one that does not say it); None from another line."""
    found = _PROGRESS.search(line)
    if found is None:
        return 0 if ": UPDATE :" in line else None
    return int(found[1]) * _MIB


def unhurried(line: str) -> str | None:
    """What the drive does beside writing, from a line that says so; None from another line."""
    if _ALL_HANDED_OVER.search(line):
        return "flushing the drive's buffer"
    found = _UNHURRIED.search(line)
    return found["words"] if found else None


def judge(exit_code: int, lines: Sequence[str]) -> Outcome:
    """Judge exit code and messages together: all of them must say that it went well.

    Codes: 0 done, 1 stopped by a signal, 5 given up, 32 a problem below that. The same 5 stands for "no disc" and for a
    disc lost half-way, so whether writing had begun is read from the messages.
    """
    has_begun = any(_BEGUN in line for line in lines)
    errors = [line for line in lines if _ERROR.search(line)]
    is_busy = not has_begun and any(_BUSY.search(line) for line in errors)
    if errors:
        return Outcome(errors[0].strip(), has_begun, is_busy)
    if exit_code != 0:
        return Outcome(f"xorriso ended with its code {exit_code}", has_begun)
    if not any(_DONE.search(line) for line in lines):
        return Outcome("xorriso does not say that it has finished writing", has_begun)
    return Outcome(None, has_begun)
