"""Workflow, private part: how a file leaves its tree: to the trash, or for good.

To the trash on the same file system a file is moved; to another one it is copied, read back and removed
(`steps.crossing`). When it came there is written down first.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.archive.dated_names import folder_day
from camvault.core.archive.lifecycle import ArchiveEvent, ArchiveState, archive_step
from camvault.core.archive.plan import WRITTEN, RemoveAction
from camvault.core.archive.records import INPUT
from camvault.core.retention.removals import plan_by_rule
from camvault.core.retention.trash import TrashFolder, trash_names, trash_path
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.archive.events import MovedToTrash, RemovedForGood
from camvault.core.workflows.archive.job import TRASH_LEDGERS_NAME, ArchiveJob
from camvault.core.workflows.archive.ledgers import DayLedgers
from camvault.core.workflows.archive.standing import StandingRoots
from camvault.core.workflows.steps.crossing import Crossing
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import (
    BusyError,
    ChangedError,
    ExistsError,
    NotFoundError,
    OtherVolumeError,
    StorageError,
)
from camvault.ports.removal import Removal, RetentionReason

OTHER_DAY = "other"
_FOLDERS_MOST = 64


@attrs.define
class WayOut:
    """Where files go that leave the input or the archive."""

    job: ArchiveJob
    standing: StandingRoots
    _crossing: Crossing = attrs.field(init=False)
    _ledgers: DayLedgers = attrs.field(init=False)
    _planned: dict[PurePath, TrashFolder] = attrs.field(factory=dict, init=False)
    _folders: set[PurePath] = attrs.field(factory=set, init=False)
    """The folders in the trash that are there, and no way out of it."""

    def __attrs_post_init__(self) -> None:
        ports = self.job.ports
        self._crossing = Crossing(ports.storage, ports.cancel, self.job.options.is_cache_trusted)
        trash = self.job.roots.trash or self.job.roots.output  # nothing is written there if there is no trash
        self._ledgers = DayLedgers(trash / TRASH_LEDGERS_NAME, ports.storage)

    def trash_of(self, folder: PurePath, area: str) -> TrashFolder | None:
        """Where the files of a folder would go now; None: they are deleted."""
        trash = self.job.roots.trash
        if trash is None:
            return None
        planned = self._planned.get(folder)
        if planned is None:
            while len(self._planned) >= _FOLDERS_MOST:  # folders come by their days
                del self._planned[next(iter(self._planned))]
            target = trash_path(folder, trash=trash, root=_root(self.job, area), area=area)
            planned = self._planned[folder] = TrashFolder(target, self._names_in(target), self._unix_s)
        return planned

    def _names_in(self, folder: PurePath) -> frozenset[str]:
        try:
            listing = self.job.ports.storage.listing(folder)
        except StorageError:
            return frozenset()  # there is none yet, or it is told when something goes there
        return frozenset((*(file.name for file in listing.files), *listing.folders, *listing.others))

    def _names(self, entry: FileEntry, trash: PurePath, area: str) -> Iterator[PurePath]:
        wanted = trash_path(entry.path, trash=trash, root=_root(self.job, area), area=area)
        return trash_names(wanted, unix_s=self._unix_s)

    @property
    def _unix_s(self) -> int:
        return int(self.job.ports.clock.now().timestamp())

    def check(self, path: PurePath) -> None:
        """Raise `StorageError` if nothing may leave now, or if some program writes to this file."""
        self.standing.check()
        if self.job.ports.storage.is_being_written(path):
            raise StorageError(path, WRITTEN)

    def leave(
        self, action: RemoveAction, *, area: str, state: ArchiveState, is_by_rule: bool, for_good: Callable[[], Removal]
    ) -> PurePath | None:
        """Let a file go, and tell; return where it is now, None if it is gone.

        Args:
            action: What goes; where to, is looked at once more.
            area: Of which root it is.
            state: Where in its life it is.
            is_by_rule: Whether a rule takes it; otherwise its archive allows it.
            for_good: The removal, if it is deleted.

        Raises:
            StorageError: It stays.
            BusyError: Another command works where it goes to.
        """
        trash, reporter = self.job.roots.trash, self.job.ports.reporter
        self.check(action.path)
        refuse_step(action.path, state, _event(is_trashed=trash is not None, is_by_rule=is_by_rule))
        if trash is None:
            self.job.ports.storage.remove(for_good())
            reporter.emit(RemovedForGood(action.path, action.reason))
            return None
        to = self._to_trash(action.entry, trash, area)
        reporter.emit(MovedToTrash(action.path, to, action.reason))
        return to

    def _to_trash(self, entry: FileEntry, trash: PurePath, area: str) -> PurePath:
        storage = self.job.ports.storage
        names = self._names(entry, trash, area)
        wanted = target = next(names)
        self._make_folder(wanted.parent)
        self.standing.check()  # a trash that is made now is known from here on
        while True:
            found = storage.entry(target)
            if found is None:
                self.note(entry, target.relative_to(trash), str(entry.path))
                # power fails here: a line about a file that is not in the trash says nothing
                with suppress(ExistsError):
                    self._move(entry, target)
                    return target
            elif target == wanted and self._is_finished(entry, found):
                return target
            target = next(names)

    def _is_finished(self, entry: FileEntry, found: FileEntry) -> bool:
        """Whether a run that was cut off copied this very file there; the original is removed then."""
        if found.kind is not FileKind.FILE or found.identity != entry.identity:
            return False
        storage = self.job.ports.storage
        if storage.device_of(entry.path.parent) == storage.device_of(found.path.parent):
            return False  # a move leaves nothing behind: it is another file of the same size and time
        return self._crossing.finish_interrupted(entry, found.path)

    def _move(self, entry: FileEntry, target: PurePath) -> None:
        storage = self.job.ports.storage
        now = storage.entry(entry.path)
        if now is None:
            raise NotFoundError(entry.path, "it is gone")
        if not entry.identity.is_same_file(now.identity):
            raise ChangedError(entry.path, "it is another file now than the one that was looked at; it is kept")
        try:
            moved = storage.move(entry.path, target=target).identity
        except OtherVolumeError:
            self._crossing.copy_away(entry, target)
            return
        if moved != entry.identity:  # by size and time: an overlay gives what it moves another number
            # a camera gave its next upload this name in the last moment: that is archived nowhere
            storage.move(target, target=entry.path)
            raise ChangedError(entry.path, "another file got its name while it was moved; that one is kept")

    def _make_folder(self, folder: PurePath) -> None:
        """Make a folder in the trash; a link in it might lead anywhere."""
        if folder in self._folders:
            return
        storage = self.job.ports.storage
        storage.make_folder(folder)
        if storage.resolve(folder) != folder:
            raise StorageError(folder, "a link leads out of the trash; nothing is put there")
        self._folders.add(folder)

    def note(self, entry: FileEntry, below: PurePath, came_from: str) -> None:
        """Write down that a file is in the trash from now on; on a full disk that is not done, and its ctime tells."""
        when = self.job.ports.clock.now().astimezone(UTC).isoformat(timespec="seconds")
        identity = attrs.evolve(entry.identity, device="", inode=None, ctime_ns=None)
        line = LedgerEntry(PurePosixPath(below), identity, "", ProofKind.TRASHED, when, "", came_from)
        with suppress(StorageError):
            self._ledgers.add(trash_day(below), line)


def _root(job: ArchiveJob, area: str) -> PurePath:
    return job.roots.input if area == INPUT else job.roots.output


def trash_day(below: PurePath) -> str:
    """Which ledger of the trash is about a file: by the date folder that it is in."""
    return folder_day(below.parent.parts) or OTHER_DAY


def problem_of(error: StorageError | BusyError, going: PurePath) -> str:
    """Why a file stays; it names what else was worked on, such as the place in the trash."""
    if isinstance(error, BusyError):
        return str(error)
    return error.problem if error.path == going else str(error)


def refuse_step(path: PurePath, state: ArchiveState, event: ArchiveEvent) -> None:
    """Raise `StorageError` if the life of archived footage knows no such step."""
    refusal = archive_step(state, event).refusal
    if refusal:
        raise StorageError(path, refusal)


def _event(*, is_trashed: bool, is_by_rule: bool) -> ArchiveEvent:
    if is_by_rule:
        return ArchiveEvent.EVICTED if is_trashed else ArchiveEvent.ERASED
    return ArchiveEvent.LET_GO if is_trashed else ArchiveEvent.DELETED


def rule_removal(entry: FileEntry, reason: RetentionReason) -> Removal:
    """The removal of a file by a rule of the user.

    Raises:
        StorageError: It is no regular file.
    """
    plan = plan_by_rule([entry], reason=reason)
    if not plan.removals:
        raise StorageError(entry.path, plan.kept[0].reason)
    return plan.removals[0]
