"""Adapter for rsync: the class that sends and looks."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.adapters._process import Finished, run
from camvault.adapters.rsync.argv import compare_argv, is_remote, names_on_stdin, push_argv
from camvault.adapters.rsync.guard import TargetGuard
from camvault.adapters.rsync.parse import MEANINGS, PARTIAL_CODES, equal_files, file_problems
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import StorageError, ToolError
from camvault.ports.files import Storage
from camvault.ports.transfer import Evidence, EvidenceKind, Pushed, Sendable, Transfer

_NO_FSYNC_CODES = frozenset({1, 2, 4, 12})


@attrs.define
class RsyncTransfer:
    """A folder of this machine (with a guard), or `[user@]host:path` by ssh.

    Attributes:
        target: As it stands in the configuration.
        options: What the configuration hands to rsync.
        storage: Reads what arrived in a folder of this machine.
        guard: For a folder of this machine.
        io_timeout_s: rsync gives up if nothing moves for so long. That does not always work, hence the limit below.
            Source: rsync#282, a remote read that blocks.
        limit_s: Longest run for a push or a comparison, and so much more for each byte at `slowest_bytes_per_s`.
    """

    target: str
    options: tuple[str, ...]
    storage: Storage
    guard: TargetGuard | None = None
    io_timeout_s: int = 120
    limit_s: float = 300
    slowest_bytes_per_s: float = 100_000
    on_command: Callable[[tuple[str, ...]], None] = lambda _: None
    _has_fsync: bool = attrs.field(default=True, init=False)

    @property
    def where(self) -> str:
        """The target as configured."""
        return self.target

    def check(self, *, may_begin: bool = False) -> str:
        """The guard's word; a remote target is judged by each connection."""
        return self.guard.check(may_begin=may_begin) if self.guard is not None else self.target

    def push(self, files: Sequence[Sendable], /, *, root: PurePath, cancel: Cancellation) -> Pushed:
        """One run; its exit code is judged by the table, never believed."""
        argv = push_argv(
            root=root,
            target=self.target,
            options=self.options,
            io_timeout_s=self.io_timeout_s,
            suffix=f".replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
            has_fsync=self._has_fsync,
        )
        said: list[str] = []
        try:
            ended = self._run(argv, files, cancel, said.append, lambda _: None)
        except ToolError as error:
            return Pushed(error.exit_code, " | ".join(error.last_lines[-3:]), is_hung=True)
        if self._has_fsync and ended.exit_code in _NO_FSYNC_CODES and any("fsync" in line for line in said):
            self._has_fsync = False  # the other end is older than the option
            return self.push(files, root=root, cancel=cancel)
        code = ended.exit_code
        meaning = MEANINGS.get(code, "unknown") if code else ""
        words = " | ".join(line for line in ended.last_lines[-3:] if code)
        problem = f"{meaning}: {words}" if words else meaning
        return Pushed(code, problem, file_problems(said, root=root), code in PARTIAL_CODES)

    def prove(
        self, files: Sequence[Sendable], /, *, root: PurePath, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Evidence]:
        """Read the target here where it can be read here; else let both ends compare."""
        if is_remote(self.target):
            return self._compared(files, root, cancel)
        found: dict[PurePosixPath, Evidence] = {}
        for file in files:
            there = PurePath(self.target, file.path)
            if _is_one_file(root / file.path, there):
                continue
            try:
                sha256 = self.storage.digest(there, on_bytes=lambda _: None, cancel=cancel)
            except StorageError:
                continue
            found[file.path] = Evidence(EvidenceKind.READ_BACK, sha256)
        return found

    def _compared(
        self, files: Sequence[Sendable], root: PurePath, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Evidence]:
        argv = compare_argv(root=root, target=self.target, options=self.options, io_timeout_s=self.io_timeout_s)
        lines: list[str] = []
        try:
            ended = self._run(argv, files, cancel, lambda _: None, lines.append)
        except ToolError:
            return {}
        if ended.exit_code and ended.exit_code not in PARTIAL_CODES:
            return {}
        asked = {file.path for file in files}
        return {path: Evidence(EvidenceKind.COMPARED) for path in equal_files(lines) & asked}

    def _run(
        self,
        argv: tuple[str, ...],
        files: Sequence[Sendable],
        cancel: Cancellation,
        on_error: Callable[[str], None],
        on_output: Callable[[str], None],
    ) -> Finished:
        self.on_command(argv)
        size_bytes = sum(file.identity.size_bytes for file in files)
        return run(
            argv,
            cancel=cancel,
            on_line=on_error,
            on_stdout=on_output,
            stdin=names_on_stdin(file.path for file in files),
            timeout_s=self.limit_s + size_bytes / self.slowest_bytes_per_s,
            grace_s=2.0,
        )


def _is_one_file(here: PurePath, there: PurePath) -> bool:
    """Whether both are names of one file (a link, a bind mount): then it proves nothing."""
    try:
        return os.path.samefile(here, there)  # noqa: PTH121 - PurePath
    except OSError:
        return False


_conforms: type[Transfer] = RsyncTransfer
