"""Adapter for rsync, pure part: let the other end hash files with its own sha256sum.

Names go to stdin and come back with a zero byte at their end, so that they may hold anything else. A key that may do
nothing but rsync, and a server whose sha256sum knows no `--zero` (BusyBox), do not offer it.
"""

import re
import shlex
from collections.abc import Collection
from pathlib import PurePath, PurePosixPath

from camvault.adapters.rsync.route import folder_of, host_of

ANSWERED_CODES = frozenset({0, 123})
"""All was hashed; or some of it could not be, which is said by having no line. Source: xargs(1), EXIT STATUS."""

_HASHED = re.compile(r"(?P<sha256>[0-9a-f]{64}) [ *](?P<name>.+)", re.DOTALL)


def hash_argv(target: str, shell: str) -> tuple[str, ...]:
    """Run sha256sum in the target's folder; () if the remote shell is not ssh, or what it reaches is no shell."""
    words = shlex.split(shell)
    folder = folder_of(target)
    if not words or PurePath(words[0]).name != "ssh" or folder.startswith(":"):
        return ()
    # the other end's shell splits this once more
    script = f"cd -- {shlex.quote(folder or '.')} && exec xargs -0 sha256sum --zero --"
    return (*words, "--", host_of(target), script)


def hashes(output: bytes, asked: Collection[PurePosixPath]) -> dict[PurePosixPath, str]:
    """What was said of the files that were asked for, by their path."""
    found: dict[PurePosixPath, str] = {}
    for line in output.decode("utf-8", "surrogateescape").split("\0"):
        said = _HASHED.fullmatch(line)
        if said is not None:
            found[PurePosixPath(said["name"])] = said["sha256"]
    return {path: sha256 for path, sha256 in found.items() if path in asked}
