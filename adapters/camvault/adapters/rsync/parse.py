"""Adapter for rsync, pure part: what it says."""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath, PurePosixPath

from camvault.adapters.rsync.argv import OUTPUT_PREFIX
from camvault.ports.transfer import Sight

PARTIAL_CODES = frozenset({23, 24})
"""Some files could not be transferred, or vanished; all others were."""

CUT_OFF_CODES = frozenset({10, 12, 30, 35, 255})
"""There was no connection, or none any more: by the code alone it is not known why."""

MEANINGS = {
    1: "it does not know one of the options",
    2: "the other end speaks no rsync: its shell prints something, or its rsync is too old",
    3: "a file or folder could not be selected",
    5: "the other end refused to start",
    10: "error in socket I/O",
    11: "error in file I/O: the target may be full or read-only, or not there",
    12: "the connection broke, or the other end refused the request",
    13: "error in program diagnostics",
    14: "error in inter-process communication",
    20: "it was stopped",
    22: "out of memory",
    23: "some files could not be sent",
    24: "some files vanished",
    25: "a limit on deletions",
    30: "no data came for too long",
    35: "the daemon did not answer in time",
    127: "the remote shell or rsync is not there",
    255: "the remote shell failed: no connection, or the key was refused",
}
"""Source: rsync(1), EXIT VALUES; 127 and 255 are those of the remote shell, ssh(1)."""

_ALWAYS_SAID = re.compile(r"rsync: connection unexpectedly closed .*|rsync error: .*|@+", re.DOTALL)
"""What stands below and around the words of ssh and of a server, and says nothing of its own."""

_ITEM = re.compile(r"(?P<update>[<>ch.*])(?P<kind>[fdLDS])(?P<flags>.{9}) (?P<name>.*)", re.DOTALL)
_ESCAPED = re.compile(rb"\\#([0-7]{3})")
_NAMED = re.compile(r'(?:rsync: [^"]*|file has (?P<vanished>vanished): )"(?P<name>.+)"(?: failed)?(?:: (?P<words>.+))?')


def last_words(lines: Sequence[str], most: int) -> str:
    """The last that was said, `most` lines of it: why, before what rsync says whenever it ends without success."""
    telling = [line for line in lines if not _ALWAYS_SAID.fullmatch(line.strip())]
    return " | ".join((telling or list(lines))[-most:])


def sights(lines: Iterable[str]) -> dict[PurePosixPath, Sight]:
    """How the files of a comparison stand at the other end, as far as it was said.

    Same is what is not to be updated and differs in neither checksum nor size; gone is what would be created.
    """
    found = {}
    for line in lines:
        item = _ITEM.fullmatch(line.removeprefix(OUTPUT_PREFIX)) if line.startswith(OUTPUT_PREFIX) else None
        if item is None or item["kind"] != "f":
            continue
        path = PurePosixPath(unescaped_name(item["name"]))
        if item["update"] == ".":
            found[path] = Sight.SAME if set(item["flags"][:2]) <= {".", " "} else Sight.OTHER
        else:
            found[path] = Sight.GONE if set(item["flags"]) == {"+"} else Sight.OTHER
    return found


def sent_bytes(lines: Iterable[str]) -> int:
    """How much a push sent, of the files that it finished."""
    told = (line.removeprefix(OUTPUT_PREFIX) for line in lines if line.startswith(OUTPUT_PREFIX))
    return sum(int(count) for count in told if count.isascii() and count.isdigit())


def unescaped_name(text: str) -> str:
    r"""A name as rsync prints it: bytes that cannot be shown, and `\#` before digits, are `\#` and three octal digits.

    Source: rsync(1), "--8-bit-output".
    """
    raw = text.encode("utf-8", "surrogateescape")
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 8) & 0xFF]), raw).decode("utf-8", "surrogateescape")


def file_problems(lines: Iterable[str], *, root: PurePath) -> dict[PurePosixPath, str]:
    """What was said of files below `root`, by their path there."""
    problems = {}
    for line in lines:
        found = _NAMED.match(line)
        if found is None:
            continue
        path = PurePosixPath(unescaped_name(found["name"]))
        if path.is_relative_to(root):
            problems[PurePosixPath(path.relative_to(root))] = found["vanished"] or found["words"] or line
    return problems
