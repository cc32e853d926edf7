"""Adapter for rsync: the class that sends and looks."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.adapters._shared.process import Finished, run
from camvault.adapters._shared.remote_guard import Ends, NotSeen, RemoteGuard, Route
from camvault.adapters._shared.unstoppable import Unstoppable
from camvault.adapters.rsync.argv import compare_argv, is_remote, names_on_stdin, push_argv, remote_shell
from camvault.adapters.rsync.causes import cause_of
from camvault.adapters.rsync.guard import TargetGuard
from camvault.adapters.rsync.mounted import MountedFolder
from camvault.adapters.rsync.parse import (
    CUT_OFF_CODES,
    MEANINGS,
    PARTIAL_CODES,
    file_problems,
    last_words,
    sent_bytes,
    sights,
)
from camvault.adapters.rsync.remote_hash import ANSWERED_CODES, hash_argv, hashes
from camvault.adapters.rsync.route import route_to
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import ToolError
from camvault.ports.transfer import (
    Evidence,
    EvidenceKind,
    Here,
    NoRecordedTarget,
    PushCause,
    Pushed,
    Sendable,
    Sight,
    TargetAnswer,
    Transfer,
    WantedTarget,
)
from camvault.ports.witness import Sameness

_NO_FSYNC_CODES = frozenset({1, 2, 4, 12})


@attrs.define
class RsyncTransfer:
    """A folder of this machine, or `[user@]host:path` by ssh.

    Attributes:
        target: As it stands in the configuration.
        options: What the configuration hands to rsync.
        guard: Knows the target again; without one it is believed.
        io_timeout_s: rsync gives up if nothing moves for so long; later where content is read, see below. That does
            not always work, hence the limit below. Source: rsync#282, a remote read that blocks.
        limit_s: Longest run for a push or a look, and so much more for each byte at `slowest_bytes_per_s`.
        cancel: Asked while the target is checked.
        on_command: Told of each push and look at footage.
        is_hashed_there: Whether the machine behind ssh is asked for the SHA-256 of what it has. A key that may do
            nothing but rsync refuses, and both ends compare.
    """

    target: str
    options: tuple[str, ...]
    guard: TargetGuard | RemoteGuard | None = None
    io_timeout_s: int = 120
    limit_s: float = 300
    slowest_bytes_per_s: float = 100_000
    slowest_read_bytes_per_s: float = 5_000_000
    cancel: Cancellation = attrs.field(factory=Unstoppable)
    on_command: Callable[[tuple[str, ...]], None] = lambda _: None
    is_hashed_there: bool = False
    _has_fsync: bool = attrs.field(default=True, init=False)

    @property
    def where(self) -> str:
        """The target as configured."""
        return self.target

    def wanted(self) -> WantedTarget:
        """What the guard has written down."""
        return self.guard.wanted() if self.guard is not None else NoRecordedTarget()

    def ask(self) -> TargetAnswer:
        """The guard's answer."""
        match self.guard:
            case TargetGuard() as guard:
                return guard.ask()
            case RemoteGuard() as guard:
                return guard.ask(self.target, ends=self._ends)
            case None:
                return Here("", self.target)

    def mark(self, *, anew: bool = False) -> TargetAnswer:
        """The guard's answer."""
        match self.guard:
            case TargetGuard() as guard:
                return guard.mark(anew=anew)
            case RemoteGuard() as guard:
                return guard.mark(self.target, ends=self._ends, anew=anew)
            case None:
                return Here("", self.target)

    @property
    def _ends(self) -> Ends:
        return Ends(self._sight_of_marker, self._send_marker, self._route)

    def push(
        self, files: Sequence[Sendable], /, *, root: PurePath, by_content: bool = False, cancel: Cancellation
    ) -> Pushed:
        """One run; its exit code is judged by the table, never believed."""
        return self._push(files, root, cancel, self.on_command, by_content=by_content)

    def _push(
        self,
        files: Sequence[Sendable],
        root: PurePath,
        cancel: Cancellation,
        on_command: Callable[[tuple[str, ...]], None],
        *,
        by_content: bool = False,
    ) -> Pushed:
        argv = push_argv(
            root=root,
            target=self.target,
            options=self.options,
            io_timeout_s=self._io_timeout_s(files),
            # rsync replaces what has this name: two pushes of one second must not share it
            suffix=f".replaced-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}",
            has_fsync=self._has_fsync,
            by_content=by_content,
        )
        on_command(argv)
        said: list[str] = []
        told: list[str] = []
        try:
            ended = self._run(argv, files, cancel, said.append, told.append)
        except ToolError as error:
            cancel.check()  # an rsync that hangs in the kernel outlives a stop
            words = last_words(error.last_lines, 3)
            return Pushed(error.exit_code, words, is_hung=True, cause=PushCause.CUT_OFF)
        if self._has_fsync and ended.exit_code in _NO_FSYNC_CODES and any("fsync" in line for line in said):
            self._has_fsync = False  # the other end is older than the option
            return self._push(files, root, cancel, on_command, by_content=by_content)
        code = ended.exit_code
        meaning = MEANINGS.get(code, "unknown") if code else ""
        words = last_words(ended.last_lines, 3) if code else ""
        problem = f"{meaning}: {words}" if words else meaning
        problems = file_problems(said, root=root)
        is_partial, cause = code in PARTIAL_CODES, cause_of(code, said)
        return Pushed(code, problem, problems, is_partial, cause=cause, sent_bytes=sent_bytes(told))

    def prove(
        self, files: Sequence[Sendable], /, *, root: PurePath, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Evidence]:
        """Read the target here where it can be read here; else let it hash, or let both ends compare."""
        if not is_remote(self.target):
            limit_s = self._limit_s(files)
            return MountedFolder(PurePath(self.target)).digests(files, root=root, cancel=cancel, limit_s=limit_s)
        if self.is_hashed_there and (hashed := self._hashed(files, cancel)):
            return hashed
        found, _ = self._compared(files, root, cancel)
        return {path: Evidence(EvidenceKind.COMPARED) for path, sight in found.items() if sight is Sight.SAME}

    def look(
        self, files: Sequence[Sendable], /, *, root: PurePath, by_content: bool, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Sight]:
        """One run, here or at both ends; both ends always read all of the content: they can do no less than that."""
        if is_remote(self.target):
            return self._compared(files, root, cancel)[0]
        there = MountedFolder(PurePath(self.target))
        limit_s = self._limit_s(files)
        return there.sights(files, root=root, is_read=by_content, cancel=cancel, limit_s=limit_s)

    def apart(
        self, files: Sequence[Sendable], /, *, root: PurePath, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Sameness]:
        """Where the target is mounted here, it is asked. A target behind ssh is told by what is made here only."""
        if is_remote(self.target):
            cancel.check()
            return {file.path: Sameness.TWO for file in files}
        there = MountedFolder(PurePath(self.target))
        return there.apart(files, root=root, cancel=cancel, limit_s=self.limit_s)

    def _hashed(self, files: Sequence[Sendable], cancel: Cancellation) -> Mapping[PurePosixPath, Evidence]:
        """What the other end says that it has; nothing if it does not say, or has none of them."""
        argv = hash_argv(self.target, remote_shell(self.options))
        if not argv:
            return {}
        self.on_command(argv)
        try:
            ended = run(
                argv,
                cancel=cancel,
                stdin=names_on_stdin(file.path for file in files),
                timeout_s=self._limit_s(files),
                grace_s=2.0,
            )
        except ToolError:
            cancel.check()
            return {}
        asked = {file.path for file in files}
        found = hashes(ended.stdout, asked) if ended.exit_code in ANSWERED_CODES else {}
        return {path: Evidence(EvidenceKind.REMOTE_HASH, sha256) for path, sha256 in found.items()}

    def _compared(
        self,
        files: Sequence[Sendable],
        root: PurePath,
        cancel: Cancellation,
        *,
        on_command: Callable[[tuple[str, ...]], None] | None = None,
    ) -> tuple[Mapping[PurePosixPath, Sight], NotSeen]:
        """How they stand there, and why nothing was said of those that are missing."""
        argv = compare_argv(
            root=root,
            target=self.target,
            options=self.options,
            io_timeout_s=self._io_timeout_s(files),
        )
        (on_command or self.on_command)(argv)
        lines: list[str] = []
        try:
            ended = self._run(argv, files, cancel, lambda _: None, lines.append)
        except ToolError:
            cancel.check()
            return {}, NotSeen("it does not answer in time", is_cut_off=True)
        code = ended.exit_code
        if code and code not in PARTIAL_CODES:
            words = (MEANINGS.get(code, f"rsync ended with {code}"), last_words(ended.last_lines, 3))
            return {}, NotSeen(": ".join(filter(None, words)), code in CUT_OFF_CODES)
        asked = {file.path for file in files}
        found = {path: sight for path, sight in sights(lines).items() if path in asked}
        return found, NotSeen(last_words(ended.last_lines, 2))

    def _sight_of_marker(self, marker: Sendable, root: PurePath) -> Sight | NotSeen:
        found, unseen = self._compared([marker], root, self.cancel, on_command=lambda _: None)
        return found.get(marker.path) or attrs.evolve(unseen, problem=unseen.problem or "it says nothing of its marker")

    def _route(self) -> Route:
        return route_to(self.target, remote_shell(self.options), cancel=self.cancel)

    def _send_marker(self, marker: Sendable, root: PurePath) -> str:
        pushed = self._push([marker], root, self.cancel, lambda _: None)
        return pushed.problem or ("it does not answer in time" if pushed.is_hung else "")

    def _io_timeout_s(self, files: Sequence[Sendable]) -> int:
        """Longer by the time in which one end reads all of it, or flushes all of it to its disks, and says nothing.

        Measured with rsync 3.5.0: with `--checksum`, 9.4 GB on a slow disk and `--timeout=2` end with 30 (timeout),
        because names are only sent after everything was read. A segment of some gigabytes could never be proven.
        """
        size_bytes = sum(file.identity.size_bytes for file in files)
        return self.io_timeout_s + round(size_bytes / self.slowest_read_bytes_per_s)

    def _limit_s(self, files: Sequence[Sendable]) -> float:
        return self.limit_s + sum(file.identity.size_bytes for file in files) / self.slowest_bytes_per_s

    def _run(
        self,
        argv: tuple[str, ...],
        files: Sequence[Sendable],
        cancel: Cancellation,
        on_error: Callable[[str], None],
        on_output: Callable[[str], None],
    ) -> Finished:
        return run(
            argv,
            cancel=cancel,
            on_line=on_error,
            on_stdout=on_output,
            stdin=names_on_stdin(file.path for file in files),
            timeout_s=self._limit_s(files),
            grace_s=2.0,
        )


_conforms: type[Transfer] = RsyncTransfer
