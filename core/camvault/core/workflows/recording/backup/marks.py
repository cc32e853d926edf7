"""Workflow, private part: which folders need not be looked into, because they were found proven to the last file."""

from collections.abc import Mapping, Set
from functools import cached_property
from pathlib import PurePosixPath

import attrs

from camvault.core.segments.backup_plan import proven_mark
from camvault.core.segments.names import is_footage
from camvault.core.workflows.recording.backup.results import Results
from camvault.core.workflows.steps.date_tree import Day
from camvault.ports.entries import ListedFile, Listing
from camvault.ports.errors import StorageError
from camvault.ports.events import Warned


@attrs.define
class Marks:
    """The marks of the last run, and those of this one (`new`)."""

    results: Results
    new: set[str] = attrs.field(factory=set)

    def unmarked(self, day: Day) -> dict[PurePosixPath, Listing]:
        """The folders with recordings that were not found to be proven to the last file as they are now."""
        folders = {}
        for folder, listing in day.folders.items():
            if any(is_footage(file.name) for file in listing.files):
                mark = self._mark_of(day.name, folder, listing)
                if mark in self.known:
                    self.new.add(mark)
                else:
                    folders[folder] = listing
        return folders

    def add(self, day: Day, *, except_for: Set[PurePosixPath]) -> None:
        """Mark the folders of the day, all but `except_for`, as proven to the last file."""
        self.new |= {
            self._mark_of(day.name, folder, listing)
            for folder, listing in day.folders.items()
            if folder not in except_for
        }

    def keep(self, *, is_whole: bool) -> None:
        """Write the marks down; without them the next run reads the ledgers again.

        Args:
            is_whole: Whether all days were looked at; if not, the marks of the last run stay as well.
        """
        marks = self.new if is_whole else self.new | self.known
        if marks == self.known:
            return
        try:
            self.results.records.keep_marks(marks)
        except StorageError as error:
            self.results.ports.reporter.emit(Warned(f"[backup] the next run reads all ledgers again: {error}"))

    @cached_property
    def known(self) -> frozenset[str]:
        """The marks of the last run; none if they cannot be read, which only costs time."""
        try:
            return self.results.records.marks()
        except StorageError as error:
            self.results.ports.reporter.emit(Warned(f"[backup] all ledgers are read: {error}"))
            return frozenset()

    @cached_property
    def _ledger_files(self) -> Mapping[str, ListedFile]:
        return self.results.records.ledger_files()

    def _mark_of(self, day: str, folder: PurePosixPath, listing: Listing) -> str:
        # as the ledger was listed before any of it was read: what is added to it later makes it another one
        return proven_mark(
            folder, listing, ledger=self._ledger_files.get(day), today=self.results.today(), number=self.results.number
        )
