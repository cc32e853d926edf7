"""Adapter for rsync: a target folder of this machine, touched only by a program of its own.

See `look`. When the target hangs, that program is given up, and stays behind in the kernel until the target answers.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

import attrs

from camvault.adapters._process import run
from camvault.adapters.rsync import look
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import ToolError
from camvault.ports.transfer import Evidence, EvidenceKind, Sendable, Sight, TargetError

STATUS_LIMIT_S = 60.0
"""Disks that sleep take some ten seconds to wake up; an automount may take as long."""
_KINDS = {
    look.DIRECT: EvidenceKind.READ_BACK,
    look.DROPPED: EvidenceKind.READ_BACK,
    look.CACHED: EvidenceKind.READ_CACHED,
}
_GRACE_S = 1.0


@attrs.frozen
class Status:
    """What can be seen of a folder. `number` is what its marker says; devices are opaque names."""

    resolved: PurePath
    is_there: bool
    is_parent_there: bool
    number: str
    device: str
    own_device: str


@attrs.frozen
class MountedFolder:
    """A folder that may be on a file system that hangs."""

    folder: PurePath

    def status(self, *, marker: str, cancel: Cancellation, limit_s: float = STATUS_LIMIT_S) -> Status:
        """Look at the folder and its marker.

        Raises:
            TargetError: It does not answer, or cannot be read.
        """
        (found,) = self._all("status", {"marker": marker}, cancel, limit_s)
        return Status(**{**found, "resolved": PurePath(found["resolved"])})

    def mark(self, number: str, *, marker: str, cancel: Cancellation, limit_s: float = STATUS_LIMIT_S) -> None:
        """Make the marker.

        Raises:
            TargetError: It cannot be made.
        """
        self._all("mark", {"marker": marker, "number": number}, cancel, limit_s)

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

    def _all(self, work: str, request: Mapping[str, Any], cancel: Cancellation, limit_s: float) -> list[dict[str, Any]]:
        lines: list[str] = []
        try:
            done = self._run(work, request, cancel, limit_s, lines)
        except ToolError:
            cancel.check()  # a reader that hangs in the kernel outlives a stop
            raise TargetError(str(self.folder), "it does not answer", is_silent=True) from None
        answers = list(_parsed(lines))
        problem = next((answer["error"] for answer in answers if "error" in answer), "")
        if done or problem or not answers:
            raise TargetError(str(self.folder), f"it cannot be used: {problem or f'the look at it ended with {done}'}")
        return answers

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


def _parsed(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The answers; a last one that was cut off is none."""
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            return
