"""Workflow, private part: a file of footage is removed only beside a copy that was read right before (INV-1)."""

import contextlib
from collections.abc import Collection, Iterable
from pathlib import PurePath
from types import TracebackType
from typing import Self

import attrs

from camvault.core.retention.removals import plan_witnessed
from camvault.core.retention.survivors import Survivor
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileEntry
from camvault.ports.errors import BusyError, StorageError
from camvault.ports.files import Storage
from camvault.ports.removal import Leftover, Proof, Removal
from camvault.ports.witness import FileRead


class _NotLockedError(StorageError):
    """The folder of a witness cannot be locked; a later run may be able to."""


@attrs.frozen
class RecordedCopy:
    """A copy as a record of its making names it; whether it is there, only a look can tell.

    Attributes:
        path: Where it should be.
        sha256: What it should hold.
        stands_for: The digest of the file whose footage is in it.
        reason: Why a file of this digest may go, if the copy is a witness.
    """

    path: PurePath
    sha256: str
    stands_for: str
    reason: Proof | Leftover


@attrs.frozen(kw_only=True)
class WitnessStand:
    """Looks at copies, and removes what one of them stands for. Under one lock from the first look to the last removal.

    The folder of a witness is locked, too, until the stand is left: another command that works in it may be about to
    remove that copy, with what goes here as its witness. The lock is shared: originals are witnesses of many jobs.

    Attributes:
        locked: The folders that the caller has locked already.
        known: Copies that were read already while the lock was held, such as an image that holds many files; the
            removal looks at these once more.
    """

    storage: Storage
    cancel: Cancellation
    locked: Collection[PurePath]
    is_cache_trusted: bool = False
    known: dict[PurePath, FileRead] = attrs.field(factory=dict)
    _locks: contextlib.ExitStack = attrs.field(factory=contextlib.ExitStack, init=False)
    _held: set[PurePath] = attrs.field(factory=set, init=False)

    def __enter__(self) -> Self:
        """Locks are taken as witnesses are found."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Let go of the folders of all witnesses."""
        self._locks.close()

    def read(self, path: PurePath) -> FileRead:
        """Read a file whole from its medium.

        Raises:
            StorageError: It is not there, or cannot be read.
        """
        return self.storage.read_back(path, on_bytes=lambda _: None, cancel=self.cancel)

    def read_images(self, paths: Iterable[PurePath]) -> None:
        """Read files that hold many others once and for all; one that is not there, or not readable, is no witness."""
        for path in paths:
            with contextlib.suppress(StorageError):
                self.known[path] = self.read(path)

    def removal(self, going: FileEntry, copies: Iterable[RecordedCopy]) -> Removal | str:
        """The removal of a file with the first copy that is a witness for it; if there is none, why not.

        Raises:
            StorageError: The file itself cannot be read, or no copy is a witness and one cannot be read or locked.
        """
        content = self.read(going.path)
        doubts: list[str] = []
        error: StorageError | None = None
        for copy in copies:
            try:
                plan = self._planned(going, content, copy)
            except _NotLockedError as unlocked:
                plan, error = unlocked.problem, unlocked
            except StorageError as unread:
                plan = f"its copy {copy.path} cannot be read: {unread.problem}"
                error = unread
            if not isinstance(plan, str):
                return plan
            doubts.append(plan)
        words = "; ".join(doubts) or "nothing is known of another copy"
        if error is not None:
            raise StorageError(going.path, words) from error
        return words

    def removal_if_readable(self, going: FileEntry, copies: Iterable[RecordedCopy]) -> Removal | str:
        """As `removal`; that a file cannot be read is a doubt too."""
        try:
            return self.removal(going, copies)
        except StorageError as error:
            return error.problem

    def _planned(self, going: FileEntry, content: FileRead, copy: RecordedCopy) -> Removal | str:
        sameness = self.storage.is_one_file(going.path, copy.path)
        read = self.known.get(copy.path) or self.read(copy.path)
        survivor = Survivor(
            path=copy.path,
            read=read,
            recorded_sha256=copy.sha256,
            stands_for=copy.stands_for,
            sameness=sameness,
            is_cache_trusted=self.is_cache_trusted,
        )
        plan = plan_witnessed(going, content=content, survivor=survivor, reason=copy.reason)
        if not plan.removals:
            return plan.kept[0].reason
        return self._hold(copy.path.parent) or plan.removals[0]

    def _hold(self, folder: PurePath) -> str | None:
        """Lock the folder of a witness; why that is not possible, None if no other command can remove anything there.

        Of a folder that cannot be locked (some network file systems, an error) nobody knows whether that is so.

        Raises:
            _NotLockedError: It cannot be locked.
        """
        if folder in self.locked or folder in self._held:
            return None
        try:
            self._locks.enter_context(self.storage.lock(folder, is_shared=True))
        except BusyError:
            return f"another command is at work in {folder}, and may remove what is there"
        except StorageError as error:
            problem = f"whether another command is at work in {folder} cannot be told: {error.problem}"
            raise _NotLockedError(folder, problem) from error
        self._held.add(folder)
        return None

    def remove(self, going: FileEntry, copies: Iterable[RecordedCopy]) -> Removal | str:
        """Remove a file beside the first copy that is a witness for it; if there is none, why it stays.

        Raises:
            StorageError: The file cannot be read, or the system refused.
            ChangedError: The file, or the copy, was another one in the last moment; the file stays.
        """
        removal = self.removal(going, copies)
        if not isinstance(removal, str):
            self.storage.remove(removal)
        return removal
