"""Workflow, shared part: the records of clips: one ledger for each month of the camera's clock, append-only.

`clips-YYYY-MM.ledger` has the lines about the clips of that month (`segments.ledger`, `dashcam.clip_book`). They are
the truth; whatever is remembered here is read from them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.dashcam.camera_times import month_of, months_around
from camvault.core.dashcam.clip_book import OF_THE_CARD, ClipBook, KnownClip
from camvault.core.dashcam.clip_notes import read_note
from camvault.core.free_names import folded
from camvault.core.retention.leftovers import UNFINISHED_SUFFIX
from camvault.core.segments.ledger import LedgerEntry, ledger_line, ledger_lines
from camvault.core.segments.synced_log import unescaped
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.steps.alias_check import NONCE_PREFIX
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import NotFoundError
from camvault.ports.files import Storage

_PREFIX = "clips-"
_SUFFIX = ".ledger"
_KIND_FIELD = 4
_CARD_KINDS = frozenset(kind.value for kind in OF_THE_CARD)
_OF_THE_SYSTEM = "lost+found"


@attrs.frozen(kw_only=True)
class StagedClip:
    """A file in the staging.

    Attributes:
        path: Relative to the staging; under this name it is sent.
        identity: Which file it is.
        sha256: As it was recorded when it was copied; "" for a file without a record: nobody knows what it should be.
        entry: The last line about it; lines that follow are made of it: `attrs.evolve(entry, kind=…, when=…, …)`.
    """

    path: PurePosixPath
    identity: FileIdentity
    sha256: str = ""
    entry: LedgerEntry | None = None

    @property
    def is_clip(self) -> bool:
        """Whether it is no file that camvault made for itself: a nonce, or what a copy that was cut off left."""
        return not (self.path.name.startswith(NONCE_PREFIX) or self.path.name.endswith(UNFINISHED_SUFFIX))


@attrs.define
class ClipRecords:
    """Reads and writes the ledgers of a box. One object serves one run, under the lock of the staging."""

    folders: BoxFolders
    storage: Storage
    _book: ClipBook = attrs.field(factory=ClipBook, init=False)
    _read: set[str] = attrs.field(factory=set, init=False)
    """Which months are in the book."""
    _damaged: dict[str, int] = attrs.field(factory=dict, init=False)
    strange: set[PurePosixPath] = attrs.field(factory=set, init=False)
    """What `staged` found in the staging that is neither file nor folder."""
    _names: set[str] | None = attrs.field(default=None, init=False)

    def known(self, path: PurePosixPath, identity: FileIdentity) -> LedgerEntry | None:
        """The last line about this very clip; `path` and `identity` are those on the card, or those in the staging.

        Raises:
            StorageError: A ledger cannot be read.
        """
        book = self.book(months_around(identity.mtime_ns))
        clip = book.find(path, identity) or book.staged_as(path, identity)
        return None if clip is None else clip.last

    def book(self, months: Iterable[str]) -> ClipBook:
        """What is known of the clips of these months, and of others that were asked for before.

        Raises:
            StorageError: A ledger cannot be read.
        """
        for month in months:
            if month not in self._read:
                entries, damaged = ledger_lines(_whole_lines(self.storage.read_text(_ledger(self, month)) or ""))
                if damaged:
                    self._damaged[_ledger(self, month).name] = len(damaged)
                for entry in entries:
                    self._book.take(entry)
                self._read.add(month)
        return self._book

    def add(self, entry: LedgerEntry) -> KnownClip:
        """Write a line durably; the clip as it is known now.

        Raises:
            StorageError: It cannot be written; nothing is known that was not before.
        """
        book = self.book(months_around(entry.identity.mtime_ns))
        old = book.meant_by(entry)
        # all lines about a clip are in one ledger, whatever time the staging keeps
        path, line = _ledger(self, month_of(old.mtime_ns if old else entry.identity.mtime_ns)), ledger_line(entry)
        try:
            self.storage.append_line(path, line)
        except NotFoundError:
            self.storage.make_folder(self.folders.records)
            self.storage.append_line(path, line)
        clip = book.take(entry)
        if self._names is not None and entry.kind not in OF_THE_CARD:
            self._names.add(folded(str(entry.path)))
        return clip

    def clips(self) -> tuple[KnownClip, ...]:
        """All clips that are known, of all months.

        Raises:
            StorageError: A ledger cannot be read.
        """
        return tuple(self.book(ledger_sizes(self)).clips())

    def life(self, path: PurePosixPath) -> tuple[LedgerEntry, ...]:
        """All lines about clips that had this name, on the card or in the staging, in the order of their ledger.

        Not by their time: a box without a clock begins anew in 1970. All lines about one clip are in one ledger.

        Raises:
            StorageError: A ledger cannot be read.
        """
        lines = [entry for text in self._texts() for entry in ledger_lines(_whole_lines(text))[0]]
        # a clip that was staged under another name is named by its lines either way
        names = {path} | {entry.path for entry in lines if read_note(entry.note).card_path == path}
        return tuple(entry for entry in lines if entry.path in names)

    def is_taken(self, path: PurePosixPath) -> bool:
        """Whether any clip was ever staged under this name: the server may still have it.

        Raises:
            StorageError: A ledger cannot be read.
        """
        if self._names is None:  # without believing each line: a name too many does no harm
            lines = (line.split("\t", _KIND_FIELD + 1) for text in self._texts() for line in text.split("\n"))
            paths = {line[0] for line in lines if len(line) > _KIND_FIELD and line[_KIND_FIELD] not in _CARD_KINDS}
            self._names = {folded(unescaped(path) or path) for path in paths}
        return folded(str(path)) in self._names

    def staged(self) -> tuple[StagedClip, ...]:
        """What lies in the staging and is no record, by name.

        Raises:
            StorageError: A folder cannot be listed, or a ledger not read.
        """
        return tuple(self._staged_clip(path, identity) for path, identity in self._staged_files(PurePosixPath()))

    def not_believed(self) -> str:
        """How many lines of the ledgers that were read are torn or damaged, and in which; "" for none."""
        if not self._damaged:
            return ""
        count, names = sum(self._damaged.values()), ", ".join(sorted(self._damaged))
        return f"{count} line(s) of {names} in {self.folders.records} are torn or damaged, and are not believed"

    def _staged_clip(self, path: PurePosixPath, identity: FileIdentity) -> StagedClip:
        clip = self.book(months_around(identity.mtime_ns)).staged_as(path, identity)
        if clip is None:
            return StagedClip(path=path, identity=identity)
        return StagedClip(path=path, identity=identity, sha256=clip.sha256, entry=clip.last)

    def _staged_files(self, below: PurePosixPath) -> Iterator[tuple[PurePosixPath, FileIdentity]]:
        try:
            listing = self.storage.listing(self.folders.staging / below)
        except NotFoundError:
            return
        self.strange.update(below / name for name in listing.others)
        for file in listing.files:
            yield below / file.name, listing.identity_of(file)
        for name in listing.folders:
            is_clips = below.parts or name not in (self.folders.records.name, _OF_THE_SYSTEM)
            if is_clips:
                yield from self._staged_files(below / name)

    def _texts(self) -> Iterator[str]:
        for name in self._ledgers():
            yield self.storage.read_text(self.folders.records / name) or ""

    def _ledgers(self) -> Sequence[str]:
        return [_ledger(self, month).name for month in ledger_sizes(self)]


def ledger_sizes(records: ClipRecords) -> Mapping[str, int]:
    """The months that have a ledger, by name, each with its length in bytes.

    Raises:
        StorageError: The folder of the records cannot be listed.
    """
    try:
        files = records.storage.listing(records.folders.records).files
    except NotFoundError:
        return {}
    return {
        file.name.removeprefix(_PREFIX).removesuffix(_SUFFIX): file.size_bytes
        for file in files
        if file.name.startswith(_PREFIX) and file.name.endswith(_SUFFIX)
    }


def _ledger(records: ClipRecords, month: str) -> PurePath:
    return records.folders.records / f"{_PREFIX}{month}{_SUFFIX}"


def _whole_lines(text: str) -> str:
    """Without a last line that has no newline: the next line that is written takes its place, whatever is in it."""
    return text[: text.rfind("\n") + 1]
