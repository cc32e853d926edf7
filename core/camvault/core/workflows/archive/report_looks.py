"""Workflow, private part: what a report asks about single days and files; each record is read once."""

from collections.abc import Iterator
from datetime import date
from pathlib import PurePath, PurePosixPath
from typing import Any, NamedTuple

import attrs

from camvault.core.archive.dated_names import DatedName, NamePattern
from camvault.core.archive.records import OUTPUT
from camvault.core.segments.ledger import Ledger, LedgerEntry, ProofKind
from camvault.core.workflows.archive.job import LEDGERS_NAME, TRASH_LEDGERS_NAME, ArchiveRoots
from camvault.core.workflows.archive.ledgers import DayLedgers
from camvault.ports.entries import FileIdentity, FileKind
from camvault.ports.errors import StorageError
from camvault.ports.files import Storage

_DAYS_MOST = 4


def day_of(text: str) -> date | None:
    """The day behind `YYYY-MM-DD`; None for an impossible one, such as that of a folder 2024/02/31."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class ArchivedSource(NamedTuple):
    """What a ledger says of the clip that an archive was made of."""

    line: LedgerEntry
    name: DatedName

    @property
    def below(self) -> PurePosixPath:
        """Where it was below the root of the input."""
        return PurePosixPath(*self.line.path.parts[1:])


@attrs.define(kw_only=True)
class ReportLooks:
    """Reads records, and looks at files that are not where they are expected.

    Attributes:
        roots: The trees.
        pattern: How clips are named.
        storage: Where all of it is.
        problems: What could not be looked at; it is taken for unknown.
    """

    roots: ArchiveRoots
    pattern: NamePattern
    storage: Storage
    problems: list[str]
    _ledgers: DayLedgers = attrs.field(init=False)
    _sources: dict[str, dict[str, ArchivedSource]] = attrs.field(factory=dict, init=False)
    _archives: dict[str, dict[str, FileIdentity]] = attrs.field(factory=dict, init=False)
    _trashed: dict[str, frozenset[str]] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self._ledgers = DayLedgers(self.roots.output / LEDGERS_NAME, self.storage)

    @property
    def damaged(self) -> dict[str, int]:
        """By day, how many lines of its ledger are not believed."""
        return self._ledgers.damaged

    def ledger(self, day: str) -> Ledger:
        """The records of a day; none if they cannot be read."""
        try:
            return self._ledgers.of_day(day)
        except StorageError as error:
            self.problems.append(f"{error.path} cannot be read: {error.problem}")
            return Ledger()

    def sources(self, day: str) -> dict[str, ArchivedSource]:
        """By the path of its archive below the root, each clip that the records of a day say is archived, or was."""
        if day not in self._sources:
            found: dict[str, ArchivedSource] = {}
            for path, line in self.ledger(day).entries.items():
                if line.kind not in (ProofKind.ARCHIVED, ProofKind.LOST) or not line.where:
                    continue
                name = self.pattern.parse(path.name)
                if name is not None:
                    found[line.where] = ArchivedSource(line, name)
            self._sources[day] = found
            _forget_oldest(self._sources)
        return self._sources[day]

    def archives_of(self, day: str) -> dict[str, FileIdentity]:
        """Takes the archives that are found in the folders of a day, by their paths below the root of the archive."""
        found = self._archives.setdefault(day, {})
        _forget_oldest(self._archives)
        return found

    def archive(self, below: str) -> FileIdentity | None:
        """Which file is there under the path of an archive."""
        for seen in self._archives.values():
            if below in seen:
                return seen[below]
        return self.identity(self.roots.output / below)

    def identity(self, path: PurePath) -> FileIdentity | None:
        """Which regular file is there."""
        try:
            entry = self.storage.entry(path)
        except StorageError as error:
            self.problems.append(f"{error.path} cannot be looked at: {error.problem}")
            return None
        return None if entry is None or entry.kind is not FileKind.FILE else entry.identity

    def trashed_archives(self, day: str) -> frozenset[str]:
        """The archives of a day that came into the trash, whether they are still there or not."""
        if day not in self._trashed:
            self._trashed = {day: frozenset(self._came_into_trash(day))}
        return self._trashed[day]

    def _came_into_trash(self, day: str) -> Iterator[str]:
        if self.roots.trash is None:
            return
        try:
            entries = DayLedgers(self.roots.trash / TRASH_LEDGERS_NAME, self.storage).of_day(day).entries
        except StorageError as error:
            self.problems.append(f"{error.path} cannot be read: {error.problem}")
            return
        for path, line in entries.items():
            origin = PurePath(line.note)  # where it was: its name in the trash may be another one
            if path.parts[0] == OUTPUT and origin.is_relative_to(self.roots.output):
                yield origin.relative_to(self.roots.output).as_posix()


def _forget_oldest(by_day: dict[str, Any]) -> None:
    """Days come in their order."""
    while len(by_day) > _DAYS_MOST:
        del by_day[next(iter(by_day))]
