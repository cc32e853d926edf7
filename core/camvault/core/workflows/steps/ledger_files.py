"""Workflow, shared part: the records of the backup, and how they are written when the disk is full.

`SUCCESS/YYYY-MM-DD.synced`, by the day of the backup, is as specified. Beside it stands `SUCCESS/YYYY-MM-DD.ledger`, by
the day of the footage, so that a run reads only what concerns the footage that is here. What is in no date folder is in
`other.ledger`. A reserve of some kilobytes is given up before a record could not be written.

`SUCCESS/.camvault-proven` holds a mark for each folder of which all files were found proven
(`backup_plan.proven_mark`). The marks only save time: without them, or with damaged ones, the ledgers are read
(INV-21).
"""

from collections.abc import Iterable, Mapping
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.retention.removals import plan_leftovers
from camvault.core.segments.ledger import Ledger, LedgerEntry, ledger_line, parse_ledger
from camvault.core.segments.synced_log import LOG_SUFFIX, parse_synced, synced_line
from camvault.core.workflows.steps.date_tree import day_of
from camvault.ports.entries import FileEntry, ListedFile
from camvault.ports.errors import NoSpaceError, NotFoundError, StorageError
from camvault.ports.files import Storage

LEDGER_SUFFIX = ".ledger"
RESERVE_NAME = ".camvault-reserve"
MARKS_NAME = ".camvault-proven"
_RESERVE_TEXT = "This space is kept for the records of the backup.\n" * 1311  # 64 KiB
_PLENTY_BYTES = 16 * 1024 * 1024
_LEDGERS_MOST = 8
_NAMED_MOST = 3


@attrs.define
class SyncRecords:
    """Reads and writes the logs, ledgers and marks of the backup below `folder`."""

    folder: PurePath
    storage: Storage
    _damaged: dict[str, int] = attrs.field(factory=dict, init=False)

    def ledger_of_day(self, day: str) -> Ledger:
        """What is known of the footage of one day; nothing if there is no ledger."""
        ledger = parse_ledger(self.storage.read_text(self.folder / f"{day}{LEDGER_SUFFIX}") or "")
        if ledger.damaged:
            self._damaged[f"{day}{LEDGER_SUFFIX}"] = len(ledger.damaged)
        return ledger

    def not_believed(self) -> str:
        """How many lines of the ledgers that were read are torn or damaged, and in which; "" for none."""
        if not self._damaged:
            return ""
        count, names = sum(self._damaged.values()), sorted(self._damaged)
        files = ", ".join(names[:_NAMED_MOST]) + (", …" if len(names) > _NAMED_MOST else "")
        return f"{count} line(s) of {files} in {self.folder} are torn or damaged, and are not believed"

    def ledger_files(self) -> Mapping[str, ListedFile]:
        """The ledgers as they are listed, by their day: whether one changed is seen without reading it."""
        try:
            files = self.storage.listing(self.folder).files
        except NotFoundError:
            return {}
        return {f.name.removesuffix(LEDGER_SUFFIX): f for f in files if f.name.endswith(LEDGER_SUFFIX)}

    def marks(self) -> frozenset[str]:
        """Which folders were found to be proven to the last file, as `proven_mark`s."""
        return frozenset((self.storage.read_text(self.folder / MARKS_NAME) or "").split())

    def keep_marks(self, marks: Iterable[str]) -> None:
        """Replace the marks, if there is plenty of room: they must not take the space that a proof needs.

        Raises:
            StorageError: The marks cannot be written; the old ones still hold.
        """
        if self.storage.free_bytes(self.folder) >= _PLENTY_BYTES:
            self.storage.write_text(self.folder / MARKS_NAME, "".join(f"{mark}\n" for mark in sorted(marks)))

    def synced_on(self, day: str) -> frozenset[PurePosixPath]:
        """The paths of one day's log."""
        return parse_synced(self.storage.read_text(self.folder / f"{day}{LOG_SUFFIX}") or "")

    def add(self, entry: LedgerEntry, *, synced_on: str = "") -> None:
        """Write down what is known of a file, and into the day's log if a day is given.

        Raises:
            NoSpaceError: The disk is full, and the reserve was used up.
            StorageError: The record cannot be written.
        """
        self._append(self.folder / f"{day_of(entry.path)}{LEDGER_SUFFIX}", ledger_line(entry))
        # power fails here: the file is proven and not in the log of the day; nothing is sent or removed wrongly
        if synced_on:
            self._append(self.folder / f"{synced_on}{LOG_SUFFIX}", synced_line(entry.path))

    def keep_reserve(self) -> None:
        """Make the reserve if it is missing, as soon as there is plenty of room."""
        reserve = self.folder / RESERVE_NAME
        if self.storage.entry(reserve) is None and self.storage.free_bytes(self.folder) >= _PLENTY_BYTES:
            self.storage.write_text(reserve, _RESERVE_TEXT)

    def _append(self, path: PurePath, line: str) -> None:
        try:
            self._append_once(path, line)
        except NoSpaceError:
            if not self._release():
                raise
            self._append_once(path, line)

    def _append_once(self, path: PurePath, line: str) -> None:
        try:
            self.storage.append_line(path, line)
        except NotFoundError:  # the folder could not be made while the disk was full
            self.storage.make_folder(path.parent)
            self.storage.append_line(path, line)

    def _release(self) -> bool:
        reserve: FileEntry | None = self.storage.entry(self.folder / RESERVE_NAME)
        if reserve is None:
            return False
        for removal in plan_leftovers([reserve], marker=RESERVE_NAME).removals:
            self.storage.remove(removal)
        return True


@attrs.define
class LedgersInUse:
    """The ledgers of the days that a job works on, each read when it is first asked for."""

    records: SyncRecords
    _ledgers: dict[str, Ledger] = attrs.field(factory=dict, init=False)

    def known(self, path: PurePosixPath) -> LedgerEntry | None:
        """The last line about this path."""
        return self._ledger(path).entries.get(path)

    def is_whole(self, path: PurePosixPath) -> bool:
        """Whether no line of the ledger that this path is in is torn or damaged: it may be the last one about it."""
        return not self._ledger(path).damaged

    def _ledger(self, path: PurePosixPath) -> Ledger:
        day = day_of(path)
        if day not in self._ledgers:
            while len(self._ledgers) >= _LEDGERS_MOST:  # segments come in the order of their days
                del self._ledgers[next(iter(self._ledgers))]
            self._ledgers[day] = self.records.ledger_of_day(day)
        return self._ledgers[day]


def is_same_device(storage: Storage, file: PurePath, records: PurePath) -> bool:
    """Whether the removal of this file can make room for the records; not if that cannot be told."""
    try:
        return storage.device_of(file.parent) == storage.device_of(records)
    except StorageError:
        return False


def make_folder_if_possible(storage: Storage, folder: PurePath) -> str:
    """Make the folder if it is missing; return why that failed, or "". On a full disk the work goes on without it."""
    try:
        storage.make_folder(folder)
    except StorageError as error:
        return str(error)
    return ""
