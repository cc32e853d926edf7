"""Workflow, shared part: a file onto another file system; the original goes only beside a witness (INV-1, INV-26)."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import PurePath

import attrs

from camvault.core.workflows.steps.witnessed import RecordedCopy, WitnessStand
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileEntry
from camvault.ports.errors import ChangedError, StorageError
from camvault.ports.files import Storage
from camvault.ports.removal import Proof
from camvault.ports.witness import FileRead, ReadFrom, Sameness


class ToldBeforeError(StorageError):
    """A file stays for a reason that holds for all files of its target, and was told in this run."""


@attrs.frozen
class Crossing:
    """Copies files, and removes each original once the copy was read from its medium and is another file.

    A copy that is in memory, or that cannot be read past a cache, is taken back, and its file system gets no further
    one in this run: the backup would send the copy, and the original once more.
    """

    storage: Storage
    cancel: Cancellation
    is_cache_trusted: bool = False
    _unfit: dict[str, str] = attrs.field(factory=dict, init=False)
    """Why file systems cannot hold a witness, by device."""

    def copy_away(self, file: FileEntry, target: PurePath) -> None:
        """Copy `file` to `target`, which is on another file system, and remove it.

        Raises:
            BusyError: Another run is at work in the folder of `target`.
            ExistsError: `target` exists.
            StorageError: The file stays where it is.
        """
        storage = self.storage
        self._check_fit(file, target)
        copied = storage.copy(file.path, target=target, on_bytes=lambda _: None, cancel=self.cancel)
        # power fails here: both are there; the next run finds this very file at the target and goes on with it
        with self._at(target) as stand:
            read = stand.known[target] = stand.read(target)
            if read.sha256 != copied.sha256:
                raise ChangedError(target, "what was read back is not what was written; the original is kept")
            try:
                self._remove_beside(file, target, stand)
            except StorageError:
                if self._is_unfit(read):
                    self._take_back(target, file.path, stand)
                raise

    def finish_interrupted(self, file: FileEntry, target: PurePath) -> bool:
        """Remove `file` if what stands at `target` is a copy of it, of a run that was cut off; whether it was one.

        Raises:
            StorageError: The file stays where it is: the copy is no witness, such as the same file by another name.
        """
        sameness = self.storage.is_one_file(file.path, target)
        if sameness is Sameness.ONE:
            problem = f"{target.parent} seems to lead back to the folder that the file is in, by a link or a mount"
            raise StorageError(file.path, problem)
        with self._at(target) as stand:
            read = stand.known[target] = stand.read(target)
            if stand.read(file.path).sha256 != read.sha256:
                return False
            self._check_fit(file, target)
            self._remove_beside(file, target, stand)
        return True

    def _check_fit(self, file: FileEntry, target: PurePath) -> None:
        reason = self._unfit.get(self.storage.device_of(target.parent))
        if reason is not None:
            raise ToldBeforeError(file.path, reason)

    def _remove_beside(self, file: FileEntry, copy: PurePath, stand: WitnessStand) -> None:
        read = stand.known[copy]
        done = stand.remove(file, [RecordedCopy(copy, read.sha256, read.sha256, Proof(str(copy), read.sha256))])
        if isinstance(done, str):
            if self._is_unfit(read):
                done += f"; nothing more is moved to the file system of {copy.parent}"
                self._unfit[self.storage.device_of(copy.parent)] = done
            raise StorageError(file.path, done)

    def _is_unfit(self, read: FileRead) -> bool:
        return read.source is ReadFrom.MEMORY or (read.source is ReadFrom.CACHE and not self.is_cache_trusted)

    def _take_back(self, copy: PurePath, original: PurePath, stand: WitnessStand) -> None:
        """Remove the copy that was just made, beside the original as its witness; if that is none, both stay."""
        entry, sha256 = self.storage.entry(copy), stand.known[copy].sha256
        if entry is not None:
            witness = RecordedCopy(original, sha256, sha256, Proof(str(original), sha256))
            with suppress(StorageError):
                stand.remove(entry, [witness])

    @contextmanager
    def _at(self, copy: PurePath) -> Iterator[WitnessStand]:
        """Lock the folder of a copy, which is there: of two runs only one takes copy or original as its witness.

        Where a folder cannot be locked (some network file systems) nobody locks it.
        """
        with ExitStack() as locks:
            with suppress(StorageError):
                locks.enter_context(self.storage.lock(copy.parent))
            with WitnessStand(
                storage=self.storage,
                cancel=self.cancel,
                locked={copy.parent},
                is_cache_trusted=self.is_cache_trusted,
            ) as stand:
                yield stand
