"""Adapter for reporting: whether a path may be the log of a run.

A log is opened for appending. A slip on the command line must not append to footage, an image or a disc file.
"""

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

_FIRST_LINE = re.compile(
    rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [^\n\xe2]*\xe2\x96\xb6 [A-Z]+ \xe2\x96\xb6 "  # arrows
    rb"|\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] \[[A-Z]+\] "  # brackets
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - [A-Z]+ - "  # dashes
    rb'|\{"at": "[^"\n]+", "level": "[A-Z]+", "event": "'  # JSON
)
_TORN_LINE = re.compile(rb'(\[?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\{"at": ")[^\n\0]*')
_HEAD_BYTES = 4096


def refusal(path: Path, /, *, given: Iterable[Path] = ()) -> str | None:
    """Why nothing may be appended to `path`; None if it is a log of ours, new, empty, or a stream.

    `given`: what else was named on the command line; a log is none of that under any name. An error of the system is
    no reason: opening the log will tell.
    """
    for other in given:
        if _is_same(path, other):
            return f"{path} is {other}, which was given for something else"
    try:
        status = path.stat()
        if stat.S_ISBLK(status.st_mode):
            return f"{path} is a device"
        if not stat.S_ISREG(status.st_mode) or status.st_size == 0:
            return None
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except (OSError, ValueError):
        return None
    is_torn = len(head) < _HEAD_BYTES and _TORN_LINE.fullmatch(head)  # all that a crash left of the first line
    return None if _FIRST_LINE.match(head) or is_torn else f"{path} is not a log of camvault"


def is_inside(path: Path, folder: Path, /) -> bool:
    """Whether `path` lies below `folder`, by whatever names. Below the root says nothing: it is always False."""
    root = Path(os.path.realpath(folder))
    return root != Path(root.anchor) and root in Path(os.path.realpath(path)).parents


def _is_same(path: Path, other: Path) -> bool:
    try:
        return os.path.realpath(path) == os.path.realpath(other) or path.samefile(other)  # also a hard link
    except (OSError, ValueError):
        return False
