"""Workflow step: does what is written here appear at the target? Then what stands there is no second copy.

A bind mount, a union (overlay) with the footage as a layer, an export of this machine that it mounts itself: each shows
a file of this machine under another device and inode. So an empty file with a name that was never used, a nonce, is
made in each folder that is looked at, and must be missing at the target while it is here.

A union of folders (mergerfs, unionfs) may put the nonce into another of its folders than the one that has a file. So
where the footage is on one, the target is asked as well (`told_apart`).

A nonce is removed at once. What a power cut leaves behind is known by its name and by the record of its run in the
folder of the records, and removed by a later run. Without a record (its disk is full) it stays: nothing else removes
it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import PurePath, PurePosixPath
from typing import ClassVar

import attrs

from camvault.core.retention.removals import plan_leftovers
from camvault.core.segments.synced_log import escaped, unescaped
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.entries import FileEntry
from camvault.ports.errors import BusyError, NoSpaceError, NotFoundError, StorageError
from camvault.ports.files import Storage
from camvault.ports.transfer import Sendable, Sight, Transfer
from camvault.ports.witness import Sameness

NONCE_PREFIX = ".camvault-nonce-"
RECORD_PREFIX = ".camvault-nonces-"
_AGE = timedelta(hours=1)
"""Nonces that are older belong to no run that still works."""
_APART = "the target should be a folder that is not in a union, or one behind ssh (user@host:path)"
_UNION = (
    "a union of folders (mergerfs, unionfs, aufs, mhddfs) shows the footage, and whether the target's file is in it too"
    f" cannot be told: {_APART}"
)
_WHEN = "%Y%m%dT%H%M%SZ"


@attrs.frozen
class AliasAnswer:
    """What the nonces said.

    Attributes:
        alias: How it is known that the target shows files of this machine; "" if it does not.
        untold: The folders, and the files, of which that could not be told, each with the reason.
    """

    alias: str = ""
    untold: Mapping[PurePosixPath, str] = attrs.field(factory=dict)


@attrs.frozen
class Nonces:
    """The nonces that are here now.

    Attributes:
        files: Where they are, as the target would name them.
        unmade: The folders without one, each with the reason.
        no_room: Those of them on a full disk.
    """

    files: tuple[Sendable, ...] = ()
    unmade: Mapping[PurePosixPath, str] = attrs.field(factory=dict)
    no_room: frozenset[PurePosixPath] = frozenset()

    def answer(self, found: Mapping[PurePosixPath, Sight], *, here: Collection[Sendable]) -> AliasAnswer:
        """Whether what stands at the target is the footage itself.

        Args:
            found: What the target said of the nonces.
            here: Those that were still here after that.
        """
        untold = dict(self.unmade)
        for file in self.files:
            sight = found.get(file.path)
            if sight not in (None, Sight.GONE):
                return AliasAnswer(
                    f"what is written to {file.path.parent} here appears at the target: it shows the same files "
                    "(a bind mount, a union, an export of this machine), and is no second copy"
                )
            if sight is None or file not in here:
                untold[file.path.parent] = "whether the target shows the same files as the folder here cannot be told"
        return AliasAnswer(untold=untold)


@attrs.frozen
class NoAliasCheck:
    """A dry run changes nothing: no nonce is made, and no doubt is written down."""

    is_dry_run: ClassVar[bool] = True

    @contextmanager
    def nonces(self, folders: Iterable[PurePosixPath]) -> Iterator[Nonces]:  # noqa: ARG002 - as `AliasCheck`
        """None: that the target shows the same files is not tried."""
        yield Nonces()

    def end(self) -> None:
        """Nothing was made."""

    def clear(self) -> None:
        """What earlier runs left stays."""


@attrs.define
class AliasCheck:
    """Makes nonces below `ready`, and removes them. One for each run of a job."""

    is_dry_run: ClassVar[bool] = False
    ready: PurePath
    records: PurePath
    storage: Storage
    clock: Clock
    _token: str = attrs.field(default="", init=False)
    _noted: set[PurePosixPath] = attrs.field(factory=set, init=False)
    _doubtful: set[PurePath] = attrs.field(factory=set, init=False)

    @contextmanager
    def nonces(self, folders: Iterable[PurePosixPath]) -> Iterator[Nonces]:
        """Nonces in these folders below `ready`, for as long as they are looked for at the target."""
        if not self._token:
            self._token = self._new_token()
        made: list[FileEntry] = []
        unmade: dict[PurePosixPath, str] = {}
        no_room: set[PurePosixPath] = set()
        try:
            for folder in dict.fromkeys(folders):
                try:
                    made.append(self._make(folder))
                except (StorageError, BusyError) as error:
                    unmade[folder] = f"whether the target shows the same files cannot be told: {error}"
                    if isinstance(error, NoSpaceError):
                        no_room.add(folder)
            yield Nonces(tuple(map(self._sendable, made)), unmade, frozenset(no_room))
        finally:
            self._doubtful.update(entry.path for entry in _left_of(made, self.storage))

    def end(self) -> None:
        """Remove what could not be removed before, and the record of this run if nothing that it names is left.

        Raises:
            StorageError: The record cannot be looked at: it stays.
        """
        if not _left_of(self._there(self._doubtful), self.storage) and self._noted:
            _left_of(self._there([self._record]), self.storage)

    def clear(self) -> None:
        """Remove what runs left behind that were cut off more than an hour ago."""
        now = self.clock.now().astimezone(UTC)
        try:
            names = [file.name for file in self.storage.listing(self.records).files]
        except StorageError:
            return
        for name in names:
            token = name.removeprefix(RECORD_PREFIX)
            if token != name and _is_old(token, now):
                self._clear_run(self.records / name, token)

    @property
    def _record(self) -> PurePath:
        return self.records / f"{RECORD_PREFIX}{self._token}"

    def _new_token(self) -> str:
        now = self.clock.now().astimezone(UTC)
        unique = sha256(f"{now.isoformat()} {self.clock.monotonic_s()!r}".encode()).hexdigest()[:16]
        return f"{now:{_WHEN}}-{unique}"

    def _make(self, folder: PurePosixPath) -> FileEntry:
        path = self.ready / folder / f"{NONCE_PREFIX}{self._token}"
        if folder not in self._noted:
            with suppress(StorageError):  # a full disk: see above
                self.storage.append_line(self._record, escaped(str(folder)))
                self._noted.add(folder)
        self._doubtful.add(path)
        with self.storage.lock(path):  # makes an empty file, in one step and without a temporary name
            entry = self.storage.entry(path)
        if entry is None:
            raise NotFoundError(path, "it vanished")
        self._doubtful.discard(path)
        return entry

    def _sendable(self, entry: FileEntry) -> Sendable:
        return Sendable(PurePosixPath(entry.path.relative_to(self.ready)), entry.identity)

    def _clear_run(self, record: PurePath, token: str) -> None:
        with suppress(StorageError):
            folders = [unescaped(line) for line in (self.storage.read_text(record) or "").splitlines()]
            paths = [self.ready / folder / f"{NONCE_PREFIX}{token}" for folder in folders if folder]
            if not _left_of(self._there(paths), self.storage):
                _left_of(self._there([record]), self.storage)

    def _there(self, paths: Iterable[PurePath]) -> list[FileEntry]:
        return [entry for path in paths if (entry := self.storage.entry(path)) is not None]


def told_apart(files: Sequence[Sendable], *, ready: PurePath, target: Transfer, cancel: Cancellation) -> AliasAnswer:
    """Whether the files at the target are others than those below `ready`, where a union of folders shows these."""
    found = target.apart(files, root=ready, cancel=cancel)
    for file in files:
        if found.get(file.path) is Sameness.ONE:
            return AliasAnswer(
                f"what is written to it appears in {file.path.parent} here: a union of folders shows the same files, "
                f"or removes them in both places, and it is no second copy; {_APART}"
            )
    return AliasAnswer(untold={file.path: _UNION for file in files if found.get(file.path) is not Sameness.TWO})


def still_here(nonces: Nonces, ready: PurePath, storage: Storage) -> tuple[Sendable, ...]:
    """Those nonces below `ready` that nobody removed meanwhile."""
    entries = ((file, storage.entry(ready / file.path)) for file in nonces.files)
    return tuple(file for file, entry in entries if entry is not None and entry.identity == file.identity)


def _left_of(entries: Iterable[FileEntry], storage: Storage) -> list[FileEntry]:
    """Remove these; return those that are left, which are in the record."""
    left = []
    for entry in entries:
        try:
            for removal in plan_leftovers([entry], marker=NONCE_PREFIX, records=_names(entry)).removals:
                storage.remove(removal)
        except StorageError:
            left.append(entry)
    return left


def _names(entry: FileEntry) -> tuple[str, ...]:
    """Its name, if it is one that only camvault gives, to what is no footage: a record, or a nonce, which is empty."""
    name = entry.path.name
    is_ours = name.startswith(RECORD_PREFIX) or (name.startswith(NONCE_PREFIX) and not entry.identity.size_bytes)
    return (name,) if is_ours else ()


def _is_old(token: str, now: datetime) -> bool:
    """Whether the run of this token began long ago, or in the future of a clock that was wrong."""
    try:
        when = datetime.strptime(token.partition("-")[0], _WHEN).replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(now - when) > _AGE
