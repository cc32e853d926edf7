"""Adapter for rsync: a target folder of this machine, touched only by a program of its own.

See `look`. When the target hangs, that program is given up, and stays behind in the kernel until the target answers.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

import attrs

from camvault.adapters._shared import medium, unions
from camvault.adapters._shared.process import run
from camvault.adapters.rsync import look
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import ToolError
from camvault.ports.transfer import Evidence, EvidenceKind, Sendable, Sight
from camvault.ports.witness import Sameness

STATUS_LIMIT_S = 60.0
"""Disks that sleep take some ten seconds to wake up; an automount may take as long."""
_KINDS = {
    medium.MEDIUM: EvidenceKind.READ_BACK,
    medium.HELD: EvidenceKind.READ_CACHED,
    medium.CACHE: EvidenceKind.READ_CACHED,
    medium.MEMORY: EvidenceKind.IN_MEMORY,
}
_GRACE_S = 1.0


class NoStatusError(Exception):
    """A folder cannot be looked at; the words are the system's.

    `is_silent`: it took longer to answer than it may. `number`: the system's number of the error, or 0. `seen`: what
    was answered before that.
    """

    def __init__(
        self, problem: str, *, is_silent: bool = False, number: int = 0, seen: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(problem)
        self.is_silent = is_silent
        self.number = number
        self.seen = seen or {}


@attrs.frozen
class MountStatus:
    """What can be seen of a folder; devices are opaque names.

    Attributes:
        resolved: The folder without links.
        is_there: Whether it is there.
        is_parent_there: Whether the folder above it is there.
        marker: What its marker says.
        device: The file system that it is on, or would be on.
        own_device: That of `/`.
        beside_device: That of the footage; "" if that was not asked for.
    """

    resolved: PurePath
    is_there: bool
    is_parent_there: bool
    marker: str
    device: str
    own_device: str
    beside_device: str


@attrs.frozen
class MountedFolder:
    """A folder that may be on a file system that hangs."""

    folder: PurePath

    def status(
        self, *, marker: str, cancel: Cancellation, beside: PurePath | None = None, limit_s: float = STATUS_LIMIT_S
    ) -> MountStatus:
        """Look at the folder and its marker; `beside`: where the footage is.

        Raises:
            NoStatusError: It does not answer, or cannot be read.
        """
        request = {"marker": marker, "beside": str(beside or "")}
        found = self._all("status", request, cancel, limit_s)
        return MountStatus(**{**found, "resolved": PurePath(found["resolved"])})

    def mark(self, text: str, *, marker: str, cancel: Cancellation, limit_s: float = STATUS_LIMIT_S) -> None:
        """Make the marker.

        Raises:
            NoStatusError: It cannot be made.
        """
        self._all("mark", {"marker": marker, "text": text}, cancel, limit_s)

    def digests(
        self, files: Sequence[Sendable], *, root: PurePath, cancel: Cancellation, limit_s: float
    ) -> Mapping[PurePosixPath, Evidence]:
        """What was read of each file; no entry for what could not be read in time."""
        request = {"root": str(root), "paths": [str(file.path) for file in files]}
        return {
            files[answer["number"]].path: Evidence(_KINDS[answer["how"]], answer["sha256"])
            for answer in self._some("digest", request, cancel, limit_s)
            if "sha256" in answer
        }

    def sights(
        self, files: Sequence[Sendable], *, root: PurePath, is_read: bool, cancel: Cancellation, limit_s: float
    ) -> Mapping[PurePosixPath, Sight]:
        """How each file stands there; no entry for what could not be told in time."""
        listed = [[str(file.path), file.identity.size_bytes] for file in files]
        request = {"root": str(root), "files": listed, "is_read": is_read}
        return {
            files[answer["number"]].path: Sight(answer["sight"])
            for answer in self._some("stand", request, cancel, limit_s)
            if "sight" in answer
        }

    def apart(
        self, files: Sequence[Sendable], *, root: PurePath, cancel: Cancellation, limit_s: float
    ) -> Mapping[PurePosixPath, Sameness]:
        """Whether each file is one with that below `root`; no entry for what could not be told in time.

        Where all files below `root` are on plain file systems, nothing is asked: what is made there tells.
        """
        cancel.check()
        folders = {file.path.parent for file in files}
        if all(unions.is_plain(os.path.realpath(root / folder)) for folder in folders):
            return {file.path: Sameness.TWO for file in files}
        request = {"root": str(root), "paths": [str(file.path) for file in files]}
        return {
            files[answer["number"]].path: Sameness(answer["apart"])
            for answer in self._some("apart", request, cancel, limit_s)
            if "apart" in answer
        }

    def _all(self, work: str, request: Mapping[str, Any], cancel: Cancellation, limit_s: float) -> dict[str, Any]:
        lines: list[str] = []
        try:
            done = self._run(work, request, cancel, limit_s, lines)
        except ToolError:
            cancel.check()  # a reader that hangs in the kernel outlives a stop
            seen = _merged(lines)
            raise NoStatusError(f"it does not answer within {limit_s:g} s", is_silent=True, seen=seen) from None
        seen = _merged(lines)
        problem, number = seen.pop("error", ""), seen.pop("errno", 0)
        if done or problem or not lines:
            words = f"it cannot be used: {problem or f'the look at it ended with {done}'}"
            raise NoStatusError(words, number=number, seen=seen)
        return seen

    def _some(
        self, work: str, request: Mapping[str, Any], cancel: Cancellation, limit_s: float
    ) -> Iterator[dict[str, Any]]:
        lines: list[str] = []
        # what was read until it hung was read; the target is looked at once more before that is believed
        with suppress(ToolError):
            self._run(work, request, cancel, limit_s, lines)
        cancel.check()
        return _parsed(lines)

    def _run(
        self, work: str, request: Mapping[str, Any], cancel: Cancellation, limit_s: float, lines: list[str]
    ) -> int:
        asked = {"work": work, "folder": str(self.folder), **request}
        return run(
            (sys.executable, "-I", "-S", Path(look.__file__)),
            cancel=cancel,
            stdin=json.dumps(asked).encode(),
            on_stdout=lines.append,
            timeout_s=limit_s,
            grace_s=_GRACE_S,
        ).exit_code


def _merged(lines: Sequence[str]) -> dict[str, Any]:
    """All that was answered, as one."""
    seen: dict[str, Any] = {}
    for answer in _parsed(lines):
        seen.update(answer)
    return seen


def _parsed(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The answers; a last one that was cut off is none."""
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            return
