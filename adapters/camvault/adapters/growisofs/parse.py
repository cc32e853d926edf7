"""Adapter for growisofs, pure part: what its output means."""

import errno
import os
import re
from collections.abc import Sequence

from camvault.adapters._shared.burning import Outcome

_PROGRESS = re.compile(r"^\s*(\d+)/\d+ \(\s*[\d.]+%\)")
_UNHURRIED = re.compile(
    r"^/\S+: (?P<words>flushing cache|stopping de-icing|writing lead-out|closing \w+|reloading tray"
    r"|pre-formatting blank|restarting DVD\+RW format)"
)
_VERSION = re.compile(r"version (\d[\w.]*)")
_ERROR_PREFIXES = (":-(", ":-[", ":-!", ":-?", "FATAL:")
_HARMLESS = re.compile(r"^:-\[ GET EVENT failed")
"""A drive without the command for events; nothing depends on it."""

_UNTOUCHED = 0x80
"""From here on a code is `0x80 | errno`: it stopped before the first write. Below it is a plain errno: it was writing.

So 130 is "no such device" and 143 "not a block device", and neither has to do with a signal.
"""
_EMEDIUMTYPE = 124


def version_of(text: str) -> str:
    """The version that `growisofs -version` prints, empty if it prints none."""
    found = _VERSION.search(text)
    return found[1] if found else ""


def written_bytes(line: str) -> int | None:
    """How far writing is, from a progress line; None from another line."""
    found = _PROGRESS.match(line)
    return int(found[1]) if found else None


def unhurried(line: str) -> str | None:
    """What the drive does beside writing, from a line that says so; None from another line."""
    found = _UNHURRIED.match(line)
    return found["words"] if found else None


def judge(exit_code: int, lines: Sequence[str]) -> Outcome:
    """Judge exit code and messages together: both must say that it went well.

    An error message decides even where the code is 0: growisofs has ended with 0 after a write error.
    """
    has_begun = exit_code < _UNTOUCHED
    errors = [line.strip() for line in lines if _is_error(line)]
    if errors:
        return Outcome(errors[0], has_begun)
    if exit_code == _UNTOUCHED | errno.EBUSY:
        return Outcome(os.strerror(errno.EBUSY), has_begun=False, is_busy=True)
    if exit_code < 0:
        return Outcome(f"growisofs was ended by signal {-exit_code}", has_begun=True)
    if exit_code != 0:
        return Outcome(f"growisofs ended with its code {exit_code} ({_words(exit_code)})", has_begun)
    return Outcome(None, has_begun=True)


def _is_error(line: str) -> bool:
    text = line.strip()
    return text.startswith(_ERROR_PREFIXES) and not _HARMLESS.match(text)


def _words(exit_code: int) -> str:
    number = exit_code & ~_UNTOUCHED
    return "medium not recognised as recordable" if number == _EMEDIUMTYPE else os.strerror(number)
