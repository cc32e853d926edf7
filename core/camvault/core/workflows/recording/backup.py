"""Workflow: send what is not proven to be at the target yet, look what really arrived there, and write that down.

Nothing is believed that the sending tool says. For each file the order is: sent, read at the target, read here, ledger,
log of the day. Whatever fails, the file is kept, and that is said.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from datetime import UTC
from functools import cached_property
from pathlib import PurePath, PurePosixPath
from typing import ClassVar

import attrs

from camvault.core.chunks import in_pieces
from camvault.core.retention.removals import Proven, plan_proven
from camvault.core.segments.names import SUFFIX, free_name, parse_segment_name
from camvault.core.segments.ledger import Ledger, LedgerEntry, ProofKind, is_footage, plan_backup, proven_mark
from camvault.core.workflows.recording.records import Day, SyncRecords, days_below, make_folder_if_possible
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.entries import FileEntry, ListedFile, Listing
from camvault.ports.errors import BusyError, ExistsError, NoSpaceError, NotFoundError, StorageError
from camvault.ports.events import Event, Failed, Level, Note, Reporter, Warned
from camvault.ports.files import Storage
from camvault.ports.removal import Proof
from camvault.ports.transfer import Evidence, Pushed, Sendable, TargetError, Transfer

LOCK_NAME = "backup.lock"
_BATCH_FILES = 32
_BATCH_BYTES = 2 * 1024**3
_OTHER_CONTENT, _NOT_THERE = "what stands at the target has other content", "it is not at the target"
_LEFT_ALONE = frozenset({_OTHER_CONTENT, _NOT_THERE})
"""What is said of a file that the tool thought to be there: a damaged one of the same size and time, maybe."""
_PATIENCE = 2
"""After so many runs in a row that failed as a whole, the target is left alone until the next time."""


@attrs.frozen(kw_only=True)
class BackupPorts:
    """The world of `back_up`."""

    storage: Storage
    transfer: Transfer
    clock: Clock
    reporter: Reporter
    cancel: Cancellation


@attrs.frozen(kw_only=True)
class BackupFolders:
    """Where things are here. The `lock` folder may be missing on a full disk."""

    ready: PurePath
    success: PurePath
    lock: PurePath


@attrs.frozen
class BackupReport:
    """How it ended. `is_busy`: another one is at work, and nothing was done.

    Attributes:
        synced_count: Files that are proven to be at the target since this run.
        kept_count: Files that still wait, for a reason that was reported.
        exit_code: The last one of the sending tool that was not 0.
    """

    synced_count: int = 0
    kept_count: int = 0
    exit_code: int = 0
    is_busy: bool = False
    target_problem: str = ""


@attrs.frozen
class SegmentSynced(Event):
    """A file is proven to be at the target."""

    level: ClassVar[Level] = Level.DEBUG

    path: PurePosixPath
    kind: ProofKind

    def __str__(self) -> str:
        return f"{self.path} is at the target ({self.kind.value})"


@attrs.frozen
class SegmentKept(Event):
    """A file is not proven to be at the target; it stays and is tried again."""

    level: ClassVar[Level] = Level.ERROR

    path: PurePosixPath
    reason: str

    def __str__(self) -> str:
        return f"[backup] {self.path} is kept: {self.reason}"


def back_up(*, folders: BackupFolders, ports: BackupPorts, may_begin: bool = False) -> BackupReport:
    """Bring everything below `folders.ready` to the target, oldest first.

    Args:
        folders: Where the footage, the records and the lock are.
        ports: The world.
        may_begin: Whether a target that was never used may be taken although it looks like an unmounted one.

    Raises:
        StorageError: The footage or the records cannot be read.
        Cancelled: Asked to stop; what was proven until then is written down.
    """
    if ports.storage.entry(ports.storage.resolve(folders.ready)) is None:
        ports.reporter.emit(Warned(f"[backup] {folders.ready} does not exist; organize_video makes it"))
        return BackupReport()
    with ExitStack() as stack:
        try:
            _take_locks(stack, folders, ports)
        except BusyError:
            return BackupReport(is_busy=True)
        return _Backup(folders, ports, SyncRecords(folders.success, ports.storage)).run(may_begin=may_begin)


def _take_locks(stack: ExitStack, folders: BackupFolders, ports: BackupPorts) -> None:
    """The lock file, and the footage's folder: that one can be locked on a full disk too."""
    stack.enter_context(ports.storage.lock(folders.ready))
    problem = make_folder_if_possible(ports.storage, folders.lock)
    try:
        stack.enter_context(ports.storage.lock(folders.lock / LOCK_NAME))
    except StorageError as error:
        ports.reporter.emit(Warned(f"[backup] working without the lock file: {problem or error}"))


@attrs.define
class _Backup:
    folders: BackupFolders
    ports: BackupPorts
    records: SyncRecords
    ledger: Ledger = attrs.field(factory=Ledger)
    synced_count: int = 0
    exit_code: int = 0
    kept: dict[PurePosixPath, str] = attrs.field(factory=dict)
    failures: int = 0
    is_target_checked: bool = False
    marks: set[str] = attrs.field(factory=set)

    def run(self, *, may_begin: bool) -> BackupReport:
        problem = make_folder_if_possible(self.ports.storage, self.folders.success)
        if problem:
            self.ports.reporter.emit(Warned(f"[backup] no records can be written: {problem}"))
        else:
            self.keep_reserve()
        try:
            for day in days_below(self.folders.ready, self.ports.storage, on_problem=self.keep_unseen):
                self.one_day(day, may_begin=may_begin)
        except TargetError as error:
            self.keep_marks(self.marks | self.known_marks)
            return self.report(target_problem=str(error))
        self.keep_marks(self.marks)
        return self.report()

    def one_day(self, day: Day, *, may_begin: bool) -> None:
        """Prove and send what is not proven yet."""
        self.ports.cancel.check()
        folders = self.unmarked(day)
        if not folders:
            return
        self.ledger = self.records.ledger_of_day(day.name)
        listed, to_send = self.plan(attrs.evolve(day, folders=folders))
        if listed or to_send:
            if not self.is_target_checked:
                self.ports.transfer.check(may_begin=may_begin)
                self.is_target_checked = True
            self.send_all([*self.prove_listed(listed), *to_send])

    def report(self, *, target_problem: str = "") -> BackupReport:
        return BackupReport(self.synced_count, len(self.kept), self.exit_code, target_problem=target_problem)

    def keep_reserve(self) -> None:
        try:
            self.records.keep_reserve()
        except StorageError as error:
            self.ports.reporter.emit(Warned(f"[backup] no space can be reserved: {error}"))

    # --- observe, decide ---

    def unmarked(self, day: Day) -> dict[PurePosixPath, Listing]:
        """The folders with recordings that were not found to be proven to the last file as they are now."""
        folders = {}
        for folder, listing in day.folders.items():
            if any(is_footage(file.name) for file in listing.files):
                mark = self.mark_of(day.name, folder, listing)
                if mark in self.known_marks:
                    self.marks.add(mark)
                else:
                    folders[folder] = listing
        return folders

    def mark_of(self, day: str, folder: PurePosixPath, listing: Listing) -> str:
        # as the ledger was listed before any of it was read: what is added to it later makes it another one
        return proven_mark(folder, listing, ledger=self.ledger_files.get(day), today=self.today())

    def plan(self, day: Day) -> tuple[list[FileEntry], list[FileEntry]]:
        """What a log without a ledger says is there, and what is to be sent; both are proven before they count."""
        root = PurePosixPath(self.folders.ready)
        files = [file for _, file in day.files(self.folders.ready)]
        plan = plan_backup(files, root=root, today=self.synced_today, ledger=self.ledger)
        proven, to_send = set(plan.proven), set(plan.to_send)
        waiting = {file.path.parent for file in files if file not in proven}
        self.marks |= {
            self.mark_of(day.name, folder, listing)
            for folder, listing in day.folders.items()
            if self.folders.ready / folder not in waiting
        }
        return [file for file in files if file not in proven and file not in to_send], list(plan.to_send)

    @cached_property
    def synced_today(self) -> frozenset[PurePosixPath]:
        return self.records.synced_on(self.today())

    @cached_property
    def known_marks(self) -> frozenset[str]:
        return self.records.marks()

    @cached_property
    def ledger_files(self) -> Mapping[str, ListedFile]:
        return self.records.ledger_files()

    def keep_marks(self, marks: Set[str]) -> None:
        """They only save time: what cannot be written is found out again in the next run."""
        if marks == self.known_marks:
            return
        try:
            self.records.keep_marks(marks)
        except StorageError as error:
            self.ports.reporter.emit(Warned(f"[backup] the next run reads all ledgers again: {error}"))

    def relative(self, file: FileEntry) -> PurePosixPath:
        return PurePosixPath(file.path.relative_to(self.folders.ready))

    def today(self) -> str:
        return f"{self.ports.clock.now():%Y-%m-%d}"

    # --- act ---

    def prove_listed(self, listed: Sequence[FileEntry]) -> list[FileEntry]:
        """Look for the files of a plain log; those that are not there as they are here have to be sent."""
        for batch in _batches(listed):
            self.ports.cancel.check()
            self.prove(batch, self.ports.transfer.check())
        return [file for file in listed if self.kept.pop(self.relative(file), None) is not None]

    def send_all(self, files: Iterable[FileEntry]) -> None:
        waiting = list(_batches(self.with_free_names(files)))
        for number, batch in enumerate(waiting):
            if self.failures >= _PATIENCE:
                for file in (file for rest in waiting[number:] for file in rest):
                    self.keep(self.relative(file), "the target takes nothing at the moment")
                return
            pushed = self.send(batch)
            is_cut_off = pushed.is_hung or (pushed.exit_code and not pushed.is_partial)
            if is_cut_off and len(batch) > 1:
                # one of them may be what it hangs on, or ends at: none shall stop the others
                for file in batch:
                    if self.failures <= _PATIENCE and self.relative(file) in self.kept:
                        self.send([file])

    def send(self, batch: Sequence[FileEntry], *, by_content: bool = False) -> Pushed:
        self.ports.cancel.check()
        word = self.ports.transfer.check()
        sendables = [Sendable(self.relative(file), file.identity) for file in batch]
        transfer, root = self.ports.transfer, self.folders.ready
        pushed = transfer.push(sendables, root=root, by_content=by_content, cancel=self.ports.cancel)
        if pushed.exit_code or pushed.problem:
            self.exit_code = pushed.exit_code or self.exit_code
            message = f"[backup] rsync failed with code {pushed.exit_code}: {pushed.problem}"
            self.ports.reporter.emit(Failed(message))
        proven = 0 if pushed.is_hung else self.prove(batch, word, problems=pushed.problems)
        if pushed.is_hung:
            for file in batch:
                self.keep(self.relative(file), "the target did not answer in time")
        is_whole = bool(pushed.exit_code or pushed.is_hung) and not pushed.is_partial and not proven
        self.failures = self.failures + 1 if is_whole else 0
        if not pushed.exit_code and not pushed.is_hung:
            self.send_left_alone(batch, was_by_content=by_content)
        return pushed

    def send_left_alone(self, batch: Sequence[FileEntry], *, was_by_content: bool) -> None:
        """Send what the tool took for the same once more, by its content.

        Each time leaves a damaged copy beside it. So what is damaged there again is written down, and waits for the
        next day: a target that spoils whatever it is given must not be filled with that.
        """
        left_alone = [file for file in batch if self.kept.get(self.relative(file)) in _LEFT_ALONE]
        if not was_by_content:
            again = [file for file in left_alone if not self.was_futile_today(file)]
            if again:
                self.send(again, by_content=True)
            return
        for file in left_alone:
            path, where = self.relative(file), self.ports.transfer.where
            futile = LedgerEntry(path, file.identity, "", ProofKind.WITHDRAWN, self.when(), where)
            try:
                self.records.add(futile)
            except StorageError as error:
                self.ports.reporter.emit(Warned(f"[backup] it cannot be written down that {path} is damaged: {error}"))

    def was_futile_today(self, file: FileEntry) -> bool:
        known = self.ledger.known(self.relative(file), file.identity)
        if known is None or known.kind is not ProofKind.WITHDRAWN or known.sha256:
            return False
        return known.when[:10] == self.when()[:10]

    def prove(
        self, batch: Sequence[FileEntry], word: str, *, problems: Mapping[PurePosixPath, str] | None = None
    ) -> int:
        """Look at the target, compare, write down; return how many files are proven."""
        transfer, cancel = self.ports.transfer, self.ports.cancel
        sendables = [Sendable(self.relative(file), file.identity) for file in batch]
        found = transfer.prove(sendables, root=self.folders.ready, cancel=cancel)
        if transfer.check() != word:
            raise TargetError(transfer.where, "it was exchanged meanwhile; what was sent is not believed")
        count = 0
        for file in batch:
            path = self.relative(file)
            evidence = found.get(path)
            reason = self.judge(file, evidence) if evidence else (problems or {}).get(path) or _NOT_THERE
            if reason:
                self.keep(path, reason)
            else:
                count += 1
        return count

    def judge(self, file: FileEntry, evidence: Evidence) -> str:
        """Why the evidence does not do; "" once the proof is recorded."""
        path = self.relative(file)
        try:
            here = self.ports.storage.digest(file.path, on_bytes=lambda _: None, cancel=self.ports.cancel)
            now = self.ports.storage.entry(file.path)
        except StorageError as error:
            return str(error)
        if now is None or now.identity != file.identity:
            return "it changed meanwhile"
        if evidence.sha256 not in ("", here):
            return _OTHER_CONTENT
        kind = ProofKind(evidence.kind.value)
        return self.record(file, LedgerEntry(path, file.identity, here, kind, self.when(), self.ports.transfer.where))

    def when(self) -> str:
        return self.ports.clock.now().astimezone(UTC).isoformat(timespec="seconds")

    def record(self, file: FileEntry, entry: LedgerEntry) -> str:
        """Write the proof down. On a full disk the proven file itself makes the room that its record needs."""
        try:
            try:
                self.records.add(entry, synced_on=self.today())
            except NoSpaceError:
                self.make_room(file, entry)
                self.records.add(entry, synced_on=self.today())
        except StorageError as error:
            return f"it is at the target, but that cannot be written down: {error}"
        self.kept.pop(entry.path, None)
        self.synced_count += 1
        self.ports.reporter.emit(SegmentSynced(entry.path, entry.kind))
        return ""

    def make_room(self, file: FileEntry, entry: LedgerEntry) -> None:
        proof = Proof(entry.where, entry.sha256)
        for removal in plan_proven([file], proofs={file.path: Proven(file.identity, proof)}).removals:
            self.ports.storage.remove(removal)
            self.ports.reporter.emit(Note(f"[backup] {entry.path} removed, {removal.reason}: the disk is full"))

    def keep_unseen(self, error: StorageError) -> None:
        """A folder that cannot be listed stops no other."""
        self.keep(PurePosixPath(error.path.relative_to(self.folders.ready)), f"nothing in it is sent: {error.problem}")

    def keep(self, path: PurePosixPath, reason: str) -> None:
        if self.kept.get(path) != reason:
            self.ports.reporter.emit(SegmentKept(path, reason))
        self.kept[path] = reason

    # --- names ---

    def with_free_names(self, files: Iterable[FileEntry]) -> Iterator[FileEntry]:
        """Give a new name to what has the name of other footage at the target: that must not be replaced (INV-10)."""
        for file in files:
            known = self.ledger.entries.get(self.relative(file))
            if known is None or known.identity == file.identity or not known.kind.is_proof:
                yield file
                continue
            try:
                yield self.renamed(file)
            except StorageError as error:
                self.keep(self.relative(file), str(error))

    def renamed(self, file: FileEntry) -> FileEntry:
        storage, folder = self.ports.storage, file.path.parent
        here = self.relative(file).parent
        taken = {entry.path.name.casefold() for entry in storage.scan(folder)}
        taken |= {path.name.casefold() for path in self.ledger.entries if path.parent == here}
        name = parse_segment_name(file.path.name)
        while True:
            number = next(
                n for n in range(2, len(taken) + 3) if f"{file.path.stem}~{n}{SUFFIX}".casefold() not in taken
            )
            text = f"{file.path.stem}~{number}{SUFFIX}" if name is None else str(free_name(name, taken=taken))
            taken.add(text.casefold())
            try:
                storage.rename(file.path, target=folder / text)
            except ExistsError:
                continue
            self.ports.reporter.emit(Warned(f"[backup] {file.path.name} is another file at the target: now {text}"))
            entry = storage.entry(folder / text)
            if entry is None:
                raise NotFoundError(folder / text, "it vanished")
            return entry


def _batches(files: Iterable[FileEntry]) -> Iterator[list[FileEntry]]:
    return in_pieces(files, most_files=_BATCH_FILES, most_bytes=_BATCH_BYTES)
