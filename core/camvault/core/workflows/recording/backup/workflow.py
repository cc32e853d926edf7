"""Workflow: send what is not proven to be at the target yet, look what really arrived there, and write that down.

What the sending tool says of its success is not believed. The order of the steps for each file is: send, read at the
target, read here, write the ledger, write the log of the day. If one fails, the file is kept, and the reason reported.
"""

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import cached_property
from pathlib import PurePosixPath

import attrs

from camvault.core.segments.backup_plan import BackupPlan, plan_backup
from camvault.core.segments.lifecycle import state_of
from camvault.core.segments.synced_log import LOG_SUFFIX
from camvault.core.workflows.recording.backup.marks import Marks
from camvault.core.workflows.recording.backup.ports import BackupFolders, BackupPorts
from camvault.core.workflows.recording.backup.proving import Proving
from camvault.core.workflows.recording.backup.renaming import with_free_names
from camvault.core.workflows.recording.backup.results import Results
from camvault.core.workflows.recording.backup.sending import Sending, batches
from camvault.core.workflows.steps.alias_check import AliasCheck
from camvault.core.workflows.steps.apart_check import ApartCheck
from camvault.core.workflows.steps.date_tree import Day, days_below, refuse_dead_link
from camvault.core.workflows.steps.ledger_files import SyncRecords, make_folder_if_possible
from camvault.core.workflows.steps.segment_states import SegmentStates
from camvault.core.workflows.steps.target_answer import here_or_raise, no_second_disk
from camvault.core.workflows.steps.target_doubt import end_doubt, keep_doubt
from camvault.ports.entries import FileEntry
from camvault.ports.errors import BusyError, StorageError
from camvault.ports.events import Note, Warned
from camvault.ports.transfer import TargetError

BACKUP_LOCK_NAME = "backup.lock"


@attrs.frozen
class BackupReport:
    """How the run ended.

    Attributes:
        synced_count: Files that are proven to be at the target since this run.
        kept_count: Files that still wait, for a reason that was reported.
        exit_code: The last exit code of the sending tool that was not 0.
        is_busy: Whether another backup is at work, so that this one did nothing.
        target_problem: Why the target cannot be used; "" if it can, or was not needed.
    """

    synced_count: int = 0
    kept_count: int = 0
    exit_code: int = 0
    is_busy: bool = False
    target_problem: str = ""


def back_up(*, folders: BackupFolders, ports: BackupPorts, may_begin: bool = False) -> BackupReport:
    """Bring everything below `folders.ready` to the target, oldest first.

    Args:
        folders: Where the footage, the records and the lock are.
        ports: The world.
        may_begin: The user says that what stands there is the target: it gets a new number, also if nothing is to send.

    Raises:
        StorageError: The footage or the records cannot be read.
        Cancelled: Asked to stop; what was proven until then is written down.
    """
    if ports.storage.entry(ports.storage.resolve(folders.ready)) is None:
        refuse_dead_link(folders.ready, ports.storage)
        ports.reporter.emit(Warned(f"[backup] {folders.ready} does not exist; organize_video makes it"))
        return BackupReport()
    with ExitStack() as stack:
        try:
            _take_locks(stack, folders, ports)
        except BusyError:
            return BackupReport(is_busy=True)
        records = SyncRecords(folders.success, ports.storage)
        results = Results(folders, ports, records, number=ports.transfer.wanted().number)
        aliases = AliasCheck(folders.ready, folders.success, ports.storage, ports.clock)
        proving = Proving(folders, ports, results, ApartCheck(aliases, ports.transfer, ports.cancel))
        return _Backup(results, Marks(results), proving, Sending(proving, results)).run(may_begin=may_begin)


def _take_locks(stack: ExitStack, folders: BackupFolders, ports: BackupPorts) -> None:
    """Lock the lock file, and the folder of the footage, which can be locked on a full disk too."""
    stack.enter_context(ports.storage.lock(folders.ready))
    problem = make_folder_if_possible(ports.storage, folders.lock)
    try:
        stack.enter_context(ports.storage.lock(folders.lock / BACKUP_LOCK_NAME))
    except StorageError as error:
        ports.reporter.emit(Warned(f"[backup] working without the lock file: {problem or error}"))


@attrs.define
class _Backup:
    results: Results
    marks: Marks
    proving: Proving
    sending: Sending
    is_target_checked: bool = False

    def run(self, *, may_begin: bool) -> BackupReport:
        ports, folders = self.results.ports, self.results.folders
        problem = make_folder_if_possible(ports.storage, folders.success)
        if problem:
            ports.reporter.emit(Warned(f"[backup] no records can be written: {problem}"))
        else:
            self._keep_reserve()
        self.proving.apart.aliases.clear()
        target_problem = ""
        try:
            if may_begin:
                self._begin(anew=True)
            for day in days_below(folders.ready, ports.storage, on_problem=self.results.keep_unseen):
                self._one_day(day)
        except TargetError as error:
            target_problem = str(error)
            if self.results.number and not error.is_offline:
                keep_doubt(folders.success, ports.storage, target_problem)
        finally:
            with suppress(StorageError):
                self.proving.apart.aliases.end()
        if self.results.has_made_room:
            ports.transfer.mark()  # there may have been no room for its record before
        self.marks.keep(is_whole=not target_problem)
        not_believed = self.results.records.not_believed()
        if not_believed:
            ports.reporter.emit(Warned(f"[backup] {not_believed}"))
        return BackupReport(
            self.results.synced_count,
            len(self.results.kept),
            self.sending.exit_code,
            target_problem=target_problem,
        )

    def _keep_reserve(self) -> None:
        try:
            self.results.records.keep_reserve()
        except StorageError as error:
            self.results.ports.reporter.emit(Warned(f"[backup] no space can be reserved: {error}"))

    def _begin(self, *, anew: bool = False) -> None:
        """Make sure that the target is there, and mark it if it was never used.

        Raises:
            TargetError: It cannot be used.
        """
        ports, results, old = self.results.ports, self.results, self.results.number
        here = here_or_raise(ports.transfer, ports.transfer.mark(anew=anew))
        self.is_target_checked = True
        results.number = here.number
        if anew:
            end_doubt(results.folders.success, ports.storage)
        if anew and old:
            message = (
                f"{ports.transfer.where} has the new number {here.number}: what was proven at {old} is proven anew"
            )
            ports.reporter.emit(Note(f"[backup] {message}"))
        if here.shares_device:
            ports.reporter.emit(Warned(f"[backup] {no_second_disk(ports.transfer, results.folders.ready)}"))

    def _one_day(self, day: Day) -> None:
        """Prove and send what is not proven yet."""
        ports = self.results.ports
        ports.cancel.check()
        folders = self.marks.unmarked(day)
        if not folders:
            return
        try:
            self.results.ledger = self.results.records.ledger_of_day(day.name)
        except StorageError as error:  # what is known of its files is not nothing: they wait, and all others are sent
            for folder in folders:
                self.results.keep(folder, f"nothing in it is sent: what is known of its day cannot be read: {error}")
            return
        plan = self._plan(attrs.evolve(day, folders=folders))
        if plan.to_prove or plan.to_send:
            if not self.is_target_checked:
                self._begin()
            files = [*self._prove_listed(plan.to_prove), *plan.to_send]
            self.sending.send_all(with_free_names(files, results=self.results))

    def _plan(self, day: Day) -> BackupPlan:
        """Decide, note the state of each segment, and mark the folders that are proven to the last file."""
        results, ready = self.results, self.results.folders.ready
        files = [file for _, file in day.files(ready)]
        plan = plan_backup(
            files, root=PurePosixPath(ready), today=self._synced_today, ledger=results.ledger, number=results.number
        )
        waiting = {results.folders.relative(file): file for file in (*plan.to_prove, *plan.to_send)}
        known, today = results.ledger.entries, self._synced_today
        results.lives = SegmentStates(
            {
                path: state_of(file.identity, known=known.get(path), number=results.number, is_logged=path in today)
                for path, file in waiting.items()
            }
        )
        self.marks.add(day, except_for={path.parent for path in waiting})
        return plan

    @cached_property
    def _synced_today(self) -> frozenset[PurePosixPath]:
        """What the log of this day names; nothing if it cannot be read: that is sent, and proven anew."""
        today = self.results.today()
        try:
            return self.results.records.synced_on(today)
        except StorageError as error:
            self.results.keep(PurePosixPath(f"{today}{LOG_SUFFIX}"), f"what it names is proven anew: {error}")
            return frozenset()

    def _prove_listed(self, listed: Sequence[FileEntry]) -> list[FileEntry]:
        """Look at the target for the files that only a log names; return those that have to be sent."""
        for batch in batches(listed):
            self.results.ports.cancel.check()
            transfer = self.results.ports.transfer
            self.proving.prove(batch, here_or_raise(transfer, transfer.ask()))
        kept, folders = self.results.kept, self.results.folders
        return [file for file in listed if kept.pop(folders.relative(file), None) is not None]
