"""Adapter for rclone: the class that sends and looks.

A proof is that the content was read back and hashed here: of most remotes rclone knows MD5 at best, and what a wrapper
(hasher, chunker) says of its hashes was written by this machine. A remote that is a folder of this machine is read past
its cache. Where nobody knows whether a cache of this machine lies between, it is said, and proves nothing.

rclone does not continue a file that was cut off: it begins anew.
"""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePath, PurePosixPath

import attrs

from camvault.adapters._shared import medium, unions
from camvault.adapters._shared.process import Finished, run
from camvault.adapters._shared.remote_guard import Ends, NotSeen, RemoteGuard, Route
from camvault.adapters._shared.unstoppable import Unstoppable
from camvault.adapters.rclone.argv import (
    features_argv,
    is_taken,
    list_argv,
    push_argv,
    read_argv,
    remote_argv,
)
from camvault.adapters.rclone.parse import (
    NOT_FOUND_CODES,
    cause_of,
    folder_of,
    is_listed,
    no_way,
    settings_of,
    told,
)
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

_FILE_NOT_FOUND = 4  # source: rclone's documentation, "Exit code"
_LAYERS_MOST = 8
_NOT_TAKEN = "rclone would change its name: it has control characters, or is no UTF-8"
_KINDS = {
    medium.MEDIUM: EvidenceKind.READ_BACK,
    medium.HELD: EvidenceKind.READ_CACHED,
    medium.CACHE: EvidenceKind.READ_CACHED,
    medium.MEMORY: EvidenceKind.IN_MEMORY,
}
_SIGHTS = {medium.MEDIUM: Sight.SAME, medium.HELD: Sight.HELD, medium.CACHE: Sight.CACHED}


@attrs.frozen
class _Read:
    """The content of a file there: its hash, and how it was read; "" as a hash: it is not there."""

    sha256: str
    how: str = medium.CACHE


@attrs.define
class RcloneTransfer:
    """A folder of a remote, `name:path`.

    Attributes:
        target: The remote and the folder.
        guard: Knows the target again; without one it is believed.
        config: rclone's configuration file; "" for the one that rclone finds.
        io_timeout_s: rclone gives up if nothing moves for so long.
        limit_s: Longest run of one command, and so much more for each byte at `slowest_bytes_per_s`.
        cancel: Asked while the target is checked.
        on_command: RcloneWords of each command that sends or reads footage.
    """

    target: str
    guard: RemoteGuard | None = None
    config: str = ""
    io_timeout_s: int = 120
    limit_s: float = 300
    slowest_bytes_per_s: float = 100_000
    cancel: Cancellation = attrs.field(factory=Unstoppable)
    on_command: Callable[[tuple[str, ...]], None] = lambda _: None
    _kind: tuple[str, str] | None = attrs.field(default=None, init=False)
    """The folder of this machine that it is, and how else what is read counts; None before it was asked."""

    @property
    def where(self) -> str:
        """The remote as configured."""
        return self.target

    def wanted(self) -> WantedTarget:
        """What the guard has written down."""
        return self.guard.wanted() if self.guard is not None else NoRecordedTarget()

    def ask(self) -> TargetAnswer:
        """The guard's answer."""
        return self.guard.ask(self.target, ends=self._ends()) if self.guard is not None else Here("", self.target)

    def mark(self, *, anew: bool = False) -> TargetAnswer:
        """The guard's answer."""
        if self.guard is None:
            return Here("", self.target)
        return self.guard.mark(self.target, ends=self._ends(), anew=anew)

    def push(
        self, files: Sequence[Sendable], /, *, root: PurePath, by_content: bool = False, cancel: Cancellation
    ) -> Pushed:
        """One run. A name that rclone would change is a problem of its file."""
        cancel.check()
        return self._push(files, root, cancel, self.on_command, by_content=by_content)

    def prove(
        self, files: Sequence[Sendable], /, *, root: PurePath, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Evidence]:
        """Read each back, and hash it here."""
        found = {}
        for file in files:
            read = self._read(file, cancel, self.on_command)
            if isinstance(read, _Read) and read.sha256 and not self._is_here(file, root, cancel):
                found[file.path] = Evidence(_KINDS[read.how], read.sha256)
        return found

    def look(
        self, files: Sequence[Sendable], /, *, root: PurePath, by_content: bool, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Sight]:
        """By all of the content, always: a part of a file would cost a request as well."""
        del by_content
        sights = ((file.path, self._sight(file, root, cancel, self.on_command)) for file in files)
        return {path: sight for path, sight in sights if isinstance(sight, Sight)}

    def apart(
        self, files: Sequence[Sendable], /, *, root: PurePath, cancel: Cancellation
    ) -> Mapping[PurePosixPath, Sameness]:
        """A remote that is a folder of this machine may show the files here by a union, which is not told."""
        folder, _ = self._kind_of_target(cancel)
        cancel.check()
        folders = {file.path.parent for file in files}
        is_plain = all(unions.is_plain(os.path.realpath(root / one)) for one in folders)
        sameness = Sameness.UNSURE if folder and not is_plain else Sameness.TWO
        return dict.fromkeys((file.path for file in files), sameness)

    # --- sending -----------------------------------------------------------------------------------------------------

    def _push(
        self,
        files: Sequence[Sendable],
        root: PurePath,
        cancel: Cancellation,
        on_command: Callable[[tuple[str, ...]], None],
        *,
        by_content: bool = False,
    ) -> Pushed:
        problems = {file.path: _NOT_TAKEN for file in files if not is_taken(file.path)}
        # a name that is missing here is one that is left out for rclone, which says nothing of it
        problems |= {file.path: "it is not there" for file in files if not os.path.lexists(root / file.path)}
        taken = [file for file in files if file.path not in problems]
        argv = push_argv(
            config=self.config,
            root=root,
            target=self.target,
            # what has this name is replaced: two pushes of one second must not share it
            suffix=f".replaced-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}",
            io_timeout_s=self.io_timeout_s,
            by_content=by_content,
        )
        pushed = self._pushed(argv, taken, cancel, on_command) if taken else Pushed()
        if not problems:
            return pushed
        if not (pushed.exit_code or pushed.is_hung):
            pushed = attrs.evolve(
                pushed, exit_code=_FILE_NOT_FOUND, problem="some files cannot be sent", is_partial=True
            )
        return attrs.evolve(pushed, problems={**pushed.problems, **problems})

    def _pushed(
        self,
        argv: tuple[str, ...],
        files: Sequence[Sendable],
        cancel: Cancellation,
        on_command: Callable[[tuple[str, ...]], None],
    ) -> Pushed:
        on_command(argv)
        names = "".join(f"{file.path}\n" for file in files).encode()
        lines: list[str] = []
        try:
            ended = self._run(argv, files, cancel, on_line=lines.append, stdin=names)
        except ToolError as error:
            cancel.check()
            words = " | ".join(error.last_lines[-3:])
            return Pushed(error.exit_code, words, is_hung=True, cause=PushCause.CUT_OFF)
        said, cause = told(lines), cause_of(ended.exit_code, lines)
        problem = f"rclone ended with {ended.exit_code}: {' | '.join(said.words[-3:])}" if ended.exit_code else ""
        is_partial = bool(ended.exit_code and said.problems and cause is PushCause.UNKNOWN)
        return Pushed(ended.exit_code, problem, said.problems, is_partial, cause=cause, sent_bytes=said.sent_bytes)

    # --- looking -----------------------------------------------------------------------------------------------------

    def _sight(
        self, file: Sendable, root: PurePath, cancel: Cancellation, on_command: Callable[[tuple[str, ...]], None]
    ) -> Sight | NotSeen:
        read = self._read(file, cancel, on_command)
        if isinstance(read, NotSeen):
            return read
        if not read.sha256:
            return Sight.GONE
        try:
            own, _ = medium.digest(str(root / file.path))
        except OSError as error:
            return NotSeen(error.strerror or str(error))
        if read.sha256 != own or self._is_here(file, root, cancel):
            return Sight.OTHER
        if not file.identity.size_bytes:
            return Sight.SAME
        return _SIGHTS.get(read.how, NotSeen("it is in the memory of this machine"))

    def _read(
        self, file: Sendable, cancel: Cancellation, on_command: Callable[[tuple[str, ...]], None]
    ) -> _Read | NotSeen:
        folder, how = self._kind_of_target(cancel)
        cancel.check()
        if not is_taken(file.path):
            return NotSeen(_NOT_TAKEN)
        if folder:
            return _read_here(Path(folder) / file.path)
        found = self._named(file, cancel)
        if found is not True:
            return found or _Read("")
        argv = read_argv(config=self.config, target=self.target, path=file.path, io_timeout_s=self.io_timeout_s)
        on_command(argv)
        hashed, lines = hashlib.sha256(), list[str]()
        try:
            ended = self._run(argv, [file], cancel, on_line=lines.append, on_bytes=hashed.update)
        except ToolError:
            cancel.check()
            return NotSeen("it does not answer in time", is_cut_off=True)
        if ended.exit_code:
            return NotSeen(_last(lines), is_cut_off=bool(no_way(lines)))
        return _Read(hashed.hexdigest(), how)

    def _named(self, file: Sendable, cancel: Cancellation) -> bool | NotSeen:
        """Whether there is a file of this name: what is not there reads as if it were empty."""
        argv = list_argv(config=self.config, target=self.target, path=file.path, io_timeout_s=self.io_timeout_s)
        lines: list[str] = []
        try:
            ended = self._run(argv, [file], cancel, on_line=lines.append)
        except ToolError:
            cancel.check()
            return NotSeen("it does not answer in time", is_cut_off=True)
        if ended.exit_code and ended.exit_code not in NOT_FOUND_CODES:
            return NotSeen(_last(lines), is_cut_off=bool(no_way(lines)))
        return not ended.exit_code and is_listed(ended.text, file.path)

    def _is_here(self, file: Sendable, root: PurePath, cancel: Cancellation) -> bool:
        """Whether what was read is the file below `root` itself."""
        folder, _ = self._kind_of_target(cancel)
        here, there = Path(root / file.path), Path(folder) / file.path
        return bool(folder) and here.exists() and there.exists() and here.samefile(there)

    def _kind_of_target(self, cancel: Cancellation) -> tuple[str, str]:
        if self._kind is None:
            found = self._found_kind(cancel)
            if found is None:  # it is off, say
                return "", medium.CACHE
            self._kind = found
        return self._kind

    def _found_kind(self, cancel: Cancellation) -> tuple[str, str] | None:
        folder = folder_of(self._asked(features_argv(config=self.config, target=self.target), cancel))
        if folder is None:
            return None
        if folder:
            return folder, medium.MEDIUM
        remote = self.target
        for _ in range(_LAYERS_MOST):
            name = remote.partition(":")[0]
            settings = settings_of(self._asked(remote_argv(config=self.config, name=name), cancel))
            if settings.is_elsewhere:
                return "", medium.MEDIUM
            remote = settings.behind
        return "", medium.CACHE

    def _asked(self, argv: tuple[str, ...], cancel: Cancellation) -> str:
        try:
            return self._run(argv, (), cancel).text
        except ToolError:
            cancel.check()
            return ""

    def _ends(self) -> Ends:
        lines: list[str] = []

        def sight(marker: Sendable, root: PurePath) -> Sight | NotSeen:
            found = self._sight(marker, root, self.cancel, lambda _: None)
            if isinstance(found, NotSeen):
                lines.append(found.problem)
            return found

        def send(marker: Sendable, root: PurePath) -> str:
            pushed = self._push([marker], root, self.cancel, lambda _: None)
            return pushed.problem or ("it does not answer in time" if pushed.is_hung else "")

        return Ends(sight, send, lambda: Route(no_way(lines), words="rclone does not tell why"))

    def _run(
        self,
        argv: tuple[str, ...],
        files: Sequence[Sendable],
        cancel: Cancellation,
        *,
        on_line: Callable[[str], None] | None = None,
        on_bytes: Callable[[bytes], None] | None = None,
        stdin: bytes | None = None,
    ) -> Finished:
        size_bytes = sum(file.identity.size_bytes for file in files)
        return run(
            argv,
            cancel=cancel,
            on_line=on_line,
            on_stdout_bytes=on_bytes,
            stdin=stdin,
            timeout_s=self.limit_s + size_bytes / self.slowest_bytes_per_s,
            grace_s=2.0,
        )


def _last(lines: Sequence[str]) -> str:
    """Its last words."""
    said = told(lines)
    return next(reversed((*said.problems.values(), *said.words)), "rclone does not say why")


def _read_here(path: Path) -> _Read | NotSeen:
    if not os.path.lexists(path):
        return _Read("") if path.parent.is_dir() or not os.path.lexists(path.parent) else NotSeen("no such folder")
    try:
        return _Read(*medium.digest(str(path)))
    except OSError as error:
        return NotSeen(error.strerror or str(error))


_conforms: type[Transfer] = RcloneTransfer
