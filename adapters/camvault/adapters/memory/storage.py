"""Adapter for tests and library users: a file system in memory, under the contract of the real one, with faults.

What a crash could leave behind is visible: a copy grows under its temporary name, a record is written beside the old
one, an appended line may be torn. Each such state is announced to `calls`.
"""

import errno
import hashlib
import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePath

import attrs

from camvault.adapters._shared.durable import temporary_name
from camvault.adapters.memory.calls import Calls
from camvault.adapters.memory.tree import MemoryTree, MemoryVolume, Node, system_error
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import Copied, FileEntry, FileKind, Listing
from camvault.ports.errors import BusyError, ChangedError, ExistsError, NotFoundError, StorageError
from camvault.ports.files import OnBytes, Storage
from camvault.ports.removal import Removal
from camvault.ports.witness import FileRead, ReadFrom, Sameness, Witness

ROOT = PurePath("/")
_START_NS = 1_752_833_700_000_000_000
_TICK_NS = 1_000_000


@attrs.define
class MemoryStorage:
    """A file system in memory.

    Attributes:
        calls: What happens at each call, and what was called.
        tree: The state; tests may change it behind the workflow's back.
        unreadable: Paths that cannot be listed or read.
        unknown: Paths of which a listing cannot even tell what they are: the file system is damaged there.
        lossy: Targets of copies that get a flipped bit, although everything reports success.
        damage: Files that are listed, and of which no byte from the given one on can be read.
        hidden_damage: The same on the medium, while a cache still holds them: only `read_back` and `digest` notice.
        rotten: What the medium gives for a file, while a cache still holds what was written.
        written: Files that another program has open for writing.
        indistinct: Files of which it is not told whether they are others than those they are compared with.
    """

    calls: Calls = attrs.field(factory=Calls)
    tree: MemoryTree = attrs.field(factory=MemoryTree)
    unreadable: set[PurePath] = attrs.field(factory=set)
    unknown: set[PurePath] = attrs.field(factory=set)
    lossy: set[PurePath] = attrs.field(factory=set)
    damage: dict[PurePath, int] = attrs.field(factory=dict)
    hidden_damage: dict[PurePath, int] = attrs.field(factory=dict)
    rotten: dict[PurePath, bytes] = attrs.field(factory=dict)
    written: set[PurePath] = attrs.field(factory=set)
    indistinct: set[PurePath] = attrs.field(factory=set)
    _held: set[PurePath] = attrs.field(factory=set, init=False)
    _shared: Counter[PurePath] = attrs.field(factory=Counter, init=False)
    _unlinked: set[tuple[str, int | None, int | None]] = attrs.field(factory=set, init=False)
    """Device, inode and ctime of files of which another name was removed here: they are the same files still."""
    _ticks: "itertools.count[int]" = attrs.field(factory=lambda: itertools.count(_START_NS, _TICK_NS), init=False)

    # --- for tests: putting and looking without a call ---------------------------------------------------------------

    def put(self, path: PurePath | str, content: bytes | str = b"", *, mtime_ns: int | None = None) -> FileEntry:
        """Write a file, with the folders above it, as another program would."""
        path = PurePath(path)
        self.put_folder(path.parent)
        raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        self.tree.set(path, self._file(raw, mtime_ns))
        return FileEntry(path, self.tree.identity(path))

    def put_folder(self, path: PurePath | str) -> None:
        """Make a folder and those above it."""
        path = PurePath(path)
        for folder in (*reversed(path.parents), path):
            if self.tree.find(folder) is None:
                self.tree.set(folder, Node(FileKind.FOLDER))

    def put_link(self, path: PurePath | str, points_to: str) -> None:
        """Make a symlink."""
        self.tree.set(PurePath(path), Node(FileKind.SYMLINK, points_to.encode(), next(self._ticks)))

    def put_hard_link(self, path: PurePath | str, of: PurePath | str) -> None:
        """Give the file `of` a further name."""
        self.put_folder(PurePath(path).parent)
        self.tree.link(PurePath(of), PurePath(path))

    def bind(self, path: PurePath | str, *, shows: PurePath | str) -> None:
        """Mount a folder a second time: below `path` is what is below `shows`, the same files by other names."""
        self.put_folder(path)
        self.tree.binds[PurePath(path)] = PurePath(shows)

    def unite(self, path: PurePath | str, *, shows: PurePath | str) -> None:
        """As `bind`, but as a file system that gives the same files another device and other inodes."""
        self.bind(path, shows=shows)
        self.tree.unions.add(PurePath(path))

    def mount(
        self,
        path: PurePath | str,
        *,
        name: str,
        capacity_bytes: int | None = None,
        is_numbered: bool = True,
        read_from: ReadFrom = ReadFrom.MEDIUM,
    ) -> None:
        """Let another file system begin at the folder."""
        self.put_folder(path)
        self.tree.volumes[PurePath(path)] = MemoryVolume(name, capacity_bytes, is_numbered, read_from)

    def unplug(self, root: PurePath | str) -> None:
        """Let a drive vanish: its files are there, and none of them can be read; its folder can be listed still."""
        self.damage |= dict.fromkeys(self.files(root), 0)

    def of_another_process(self) -> "MemoryStorage":
        """The same files and locks, as another process sees them."""
        other = attrs.evolve(self, calls=Calls())
        other._held, other._shared = self._held, self._shared  # noqa: SLF001 - of this class
        return other

    def corrupt(self, path: PurePath | str) -> None:
        """Flip a bit of a file on the medium; nothing else of it changes, not even its ctime."""
        node = self.tree.file(PurePath(path))
        self.tree.rot(PurePath(path), attrs.evolve(node, content=_flipped(node.content)))

    def content(self, path: PurePath | str) -> bytes:
        """What is in a file."""
        return self.tree.file(PurePath(path)).content

    def files(self, root: PurePath | str = ROOT) -> Mapping[PurePath, bytes]:
        """Path and content of every file below `root`: for comparing end states."""
        return {
            path: node.content
            for path, node in sorted(self.tree.nodes.items())
            if node.kind is FileKind.FILE and path.is_relative_to(root)
        }

    def restart(self) -> None:
        """The machine is on again: locks are gone with the processes that held them."""
        self._held.clear()
        self._shared.clear()
        self._unlinked.clear()
        self.calls.restart()

    def _file(self, content: bytes, mtime_ns: int | None = None) -> Node:
        return Node(FileKind.FILE, content, next(self._ticks) if mtime_ns is None else mtime_ns)

    def _readable(self, path: PurePath) -> None:
        if self.unreadable and self.tree.real(path) in self.unreadable:
            raise system_error(errno.EACCES, path)

    # --- FolderReader ------------------------------------------------------------------------------------------------

    def entry(self, path: PurePath, /) -> FileEntry | None:
        """The entry itself."""
        with self.calls.call("storage.entry", path):
            return self.tree.entry(path)

    def scan(self, root: PurePath, /) -> Iterator[FileEntry]:
        """Each folder is listed when the scan gets there."""
        with self.calls.call("storage.scan", root):
            yield from self._scan(root, self._names(root))

    def _scan(self, folder: PurePath, names: list[str]) -> Iterator[FileEntry]:
        for name in names:
            entry = self.tree.entry(folder / name)
            if entry is None:
                continue
            children: list[str] = []
            if entry.kind is FileKind.FOLDER:
                children = self._names(entry.path)
            yield entry
            if children:
                yield from self._scan(entry.path, children)

    def _names(self, folder: PurePath) -> list[str]:
        self._readable(folder)
        return self.tree.names(folder)

    def children(self, folder: PurePath, /) -> tuple[FileEntry, ...]:
        """One listing."""
        with self.calls.call("storage.children", folder):
            found = (self.tree.entry(folder / name) for name in self._names(folder))
            return tuple(entry for entry in found if entry is not None)

    def listing(self, folder: PurePath, /, *, is_damaged_told: bool = False) -> Listing:
        """One listing."""
        with self.calls.call("storage.listing", folder):
            names = self._names(folder)
            of_damaged = {name for name in names if self.unknown and self.tree.real(folder / name) in self.unknown}
            damaged = tuple((name, os.strerror(errno.EUCLEAN)) for name in names if name in of_damaged)
            if damaged and not is_damaged_told:
                raise system_error(errno.EUCLEAN, folder)
            found = [(name, self.tree.find(folder / name)) for name in names if name not in of_damaged]
            by_kind: dict[FileKind, list[str]] = {kind: [] for kind in FileKind}
            for name, node in found:
                by_kind[node.kind if node else FileKind.OTHER].append(name)
            files = tuple(self.tree.listed(folder / name) for name in by_kind[FileKind.FILE])
            folders, others = tuple(by_kind[FileKind.FOLDER]), tuple(by_kind[FileKind.SYMLINK])
            if not files:
                return Listing(files, folders, others, unknown=damaged)
            volume = self.tree.volumes[self.tree.volume_root(folder)]
            return Listing(files, folders, others, volume.name, volume.is_numbered, damaged)

    def resolve(self, path: PurePath, /) -> PurePath:
        """Every link followed."""
        with self.calls.call("storage.resolve", path):
            return self.tree.resolved(path)

    def is_being_written(self, path: PurePath, /) -> bool:
        """As a test says."""
        with self.calls.call("storage.is_being_written", path):
            self._source(path)
            return self.tree.real(path) in self.written

    def is_one_file(self, one: PurePath, other: PurePath, /) -> Sameness:
        """As the tree knows it, whatever numbers the paths give."""
        with self.calls.call("storage.is_one_file", one, other):
            return self._sameness(one, other)

    def _sameness(self, one: PurePath, other: PurePath) -> Sameness:
        for path in (one, other):
            if self.tree.get(path).kind is not FileKind.FILE:
                raise StorageError(path, "it is not a regular file")
        if self.tree.is_one_file(one, other):
            return Sameness.ONE
        return Sameness.UNSURE if self.indistinct & {self.tree.real(one), self.tree.real(other)} else Sameness.TWO

    # --- FileCopier --------------------------------------------------------------------------------------------------

    def copy(self, source: PurePath, /, *, target: PurePath, on_bytes: OnBytes, cancel: Cancellation) -> Copied:
        """In two pieces, with two half-done states: half of the content, and all of it under the temporary name."""
        with self.calls.call("storage.copy", source, f"target={target}") as announce_half:
            cancel.check()
            node = self._source(source)
            if self.tree.find(target) is not None:
                raise ExistsError(target, "it exists already")
            temporary = temporary_name(target)
            with self._new_file(temporary, target):
                self._reserve(temporary, node)
                pieces = _halves(node.content)
                for count, piece in enumerate(pieces, 1):
                    self.tree.set(temporary, self._file(b"".join(pieces[:count]), node.mtime_ns))
                    on_bytes(len(piece))
                    announce_half()
                    cancel.check()
                if self._source(source) != node:
                    raise ChangedError(source, "it changed while it was read")
                if target in self.lossy:
                    self.tree.set(temporary, self._file(_flipped(node.content), node.mtime_ns))
                self.tree.move(temporary, target)
            return Copied(self.tree.identity(target), hashlib.sha256(node.content).hexdigest())

    def _reserve(self, temporary: PurePath, node: Node) -> None:
        """As with preallocation, a full file system shows at the start."""
        self.tree.discard(temporary)
        self.tree.set(temporary, node)
        self.tree.set(temporary, self._file(b"", node.mtime_ns))

    @contextmanager
    def _new_file(self, temporary: PurePath, target: PurePath) -> Iterator[None]:
        """Errors are of the target and leave nothing behind; what is there at a power cut, stays."""
        try:
            yield
        except Exception as error:
            self.tree.discard(temporary)
            if isinstance(error, StorageError) and error.path == temporary:
                error.path = target
            raise

    def _source(self, path: PurePath) -> Node:
        self._readable(path)
        node = self.tree.get(path)
        if node.kind is not FileKind.FILE:
            raise StorageError(path, "it is not a regular file")
        if self.tree.real(path) in self.damage:
            raise system_error(errno.EIO, path)
        return node

    def digest(self, path: PurePath, /, *, on_bytes: OnBytes, cancel: Cancellation) -> str:
        """Of the content as the medium gives it."""
        with self.calls.call("storage.digest", path) as announce_half:
            return self._read(path, announce_half, on_bytes, cancel).sha256

    def read_back(self, path: PurePath, /, *, on_bytes: OnBytes, cancel: Cancellation) -> FileRead:
        """The content as the medium gives it."""
        with self.calls.call("storage.read_back", path) as announce_half:
            return self._read(path, announce_half, on_bytes, cancel)

    def _read(
        self, path: PurePath, announce_half: Callable[[], None], on_bytes: OnBytes, cancel: Cancellation
    ) -> FileRead:
        cancel.check()
        node, where = self._source(path), self.tree.real(path)
        good_bytes = self.hidden_damage.get(where, len(node.content))
        content = self.rotten.get(where, node.content)
        for piece in _halves(content[:good_bytes]):
            on_bytes(len(piece))
            announce_half()
            cancel.check()
        if where in self.hidden_damage:
            raise system_error(errno.EIO, path)
        if self._source(path) != node:
            raise ChangedError(path, "it changed while it was read")
        volume = self.tree.volumes[self.tree.volume_root(where.parent)]
        return FileRead(
            self.tree.identity(self.tree.resolved(path)), hashlib.sha256(content).hexdigest(), volume.read_from
        )

    def publish(self, temporary: PurePath, /, *, target: PurePath, replace: bool = False) -> FileEntry:
        """A rename: there is no half of it."""
        with self.calls.call("storage.publish", temporary, f"target={target}"):
            if temporary.parent != target.parent:
                raise StorageError(target, f"it is not in the folder of {temporary}")
            self.tree.move(temporary, target, replace=replace)
            return FileEntry(target, self.tree.identity(target))

    def move(self, source: PurePath, /, *, target: PurePath) -> FileEntry:
        """A rename: there is no half of it."""
        with self.calls.call("storage.move", source, f"target={target}"):
            node = self.tree.find(source)
            if node is None or node.kind is not FileKind.FILE:
                raise system_error(errno.ENOENT if node is None else errno.EISDIR, source)
            if self.tree.get(target.parent).kind is not FileKind.FOLDER:
                raise system_error(errno.ENOTDIR, target)
            if self.tree.volume_root(source.parent) != self.tree.volume_root(target.parent):
                raise system_error(errno.EXDEV, target)
            self.tree.move(source, target)
            return FileEntry(target, self.tree.identity(target))

    # --- FileRemover -------------------------------------------------------------------------------------------------

    def remove(self, removal: Removal, /) -> bool:
        """Exactly this file."""
        with self.calls.call("storage.remove", removal.path):
            node = self.tree.find(removal.path)
            if node is None:
                return False
            found = self.tree.identity(removal.path)
            if (found.device, found.inode, found.ctime_ns) in self._unlinked:
                found = attrs.evolve(found, ctime_ns=None)
            if node.kind is FileKind.FOLDER or not removal.identity.is_same_file(found):
                raise ChangedError(removal.path, "another file has this name now; it is kept")
            if removal.witness is not None:
                self._check_witness(removal.path, removal.witness)
            other = self.tree.other_name(removal.path)
            self.tree.discard(removal.path)
            if other is not None:
                left = self.tree.identity(other)
                self._unlinked.add((left.device, left.inode, left.ctime_ns))
            return True

    def _check_witness(self, path: PurePath, witness: Witness) -> None:
        try:
            is_same = witness.identity.is_same_file(self.tree.identity(self.tree.resolved(witness.path)))
            is_another = is_same and self._sameness(path, witness.path) is Sameness.TWO
            self._source(witness.path)
            if self.tree.real(witness.path) in self.hidden_damage:
                raise system_error(errno.EIO, witness.path)
        except (StorageError, KeyError) as error:
            raise ChangedError(path, f"it is kept: its copy {witness.path} does not answer") from error
        if not is_another:
            raise ChangedError(path, f"it is kept: its copy {witness.path} is the same file, or another one now")

    def prune(self, root: PurePath, /, *, is_root_included: bool = False) -> tuple[PurePath, ...]:
        """One folder at a time, each a half-done state."""
        with self.calls.call("storage.prune", root) as announce_half:
            removed: list[PurePath] = []
            folders = [*self._folders_below(root), *([root] if is_root_included else [])]
            for folder in folders:
                node = self.tree.find(folder)
                if node is None or node.kind is not FileKind.FOLDER:
                    continue
                if folder in self.tree.volumes or folder in self.tree.binds or self.tree.names(folder):
                    continue
                self.tree.discard(folder)
                removed.append(folder)
                announce_half()
            return tuple(removed)

    def _folders_below(self, root: PurePath) -> Iterator[PurePath]:
        try:
            names = self._names(root)
        except NotFoundError:
            return
        for name in names:
            node = self.tree.find(root / name)
            if node is not None and node.kind is FileKind.FOLDER:
                yield from self._folders_below(root / name)
                yield root / name

    # --- RecordStore -------------------------------------------------------------------------------------------------

    def read_text(self, path: PurePath, /) -> str | None:
        """The whole text."""
        with self.calls.call("storage.read_text", path):
            self._readable(path)
            try:
                return self.tree.file(path).content.decode("utf-8", "surrogateescape")
            except NotFoundError:
                return None

    def write_text(self, path: PurePath, text: str, /, *, mtime_ns: int | None = None) -> None:
        """Half of it under the temporary name, then all of it, then the rename."""
        with self.calls.call("storage.write_text", path) as announce_half:
            temporary, content = temporary_name(path), text.encode("utf-8", "surrogateescape")
            with self._new_file(temporary, path):
                self.tree.discard(temporary)
                for part in (content[: len(content) // 2], content):
                    self.tree.set(temporary, self._file(part, mtime_ns))
                    announce_half()
                self.tree.move(temporary, path, replace=True)

    def append_line(self, path: PurePath, line: str, /) -> None:
        """Cut off a torn line; half of the new one; all but its newline; all of it."""
        if "\n" in line:
            raise ValueError(f"a line cannot hold a newline: {line!r}")
        with self.calls.call("storage.append_line", path) as announce_half:
            old = b"" if self._missing(path) else self.tree.file(path).content
            whole = old[: old.rfind(b"\n") + 1]
            new = line.encode("utf-8", "surrogateescape")
            where = self.tree.real(path)
            with _said_of(path):
                try:
                    for part in (b"", new[: len(new) // 2], new):
                        self.tree.set(where, self._file(whole + part))
                        announce_half()
                    self.tree.set(where, self._file(whole + new + b"\n"))
                except StorageError:
                    if not self._missing(path):
                        self.tree.set(where, self._file(whole))
                    raise

    def _missing(self, path: PurePath) -> bool:
        return self.tree.nodes.get(self.tree.real(path)) is None

    def rename(self, source: PurePath, /, *, target: PurePath) -> None:
        """There is no half of it."""
        with self.calls.call("storage.rename", source, f"target={target}"):
            if source.parent != target.parent:
                raise StorageError(target, f"it is not in the folder of {source}")
            self.tree.move(source, target)

    # --- Volumes -----------------------------------------------------------------------------------------------------

    def make_folder(self, path: PurePath, /, *, must_be_new: bool = False) -> None:
        """One folder at a time, each a half-done state."""
        with self.calls.call("storage.make_folder", path) as announce_half:
            missing = [p for p in (path, *path.parents) if self._missing(p)]
            if not missing:
                if must_be_new or self.tree.get(path).kind is not FileKind.FOLDER:
                    raise system_error(errno.EEXIST, path)
                return
            above = missing[-1].parent
            if self.tree.get(above).kind is not FileKind.FOLDER:
                raise system_error(errno.EEXIST, above)
            for folder in reversed(missing):
                self.tree.set(folder, Node(FileKind.FOLDER))
                announce_half()

    def free_bytes(self, path: PurePath, /) -> int:
        """What is left of the capacity."""
        with self.calls.call("storage.free_bytes", path):
            return self.tree.free_bytes(path)

    def total_bytes(self, path: PurePath, /) -> int:
        """The capacity."""
        with self.calls.call("storage.total_bytes", path):
            return self.tree.total_bytes(path)

    def device_of(self, path: PurePath, /) -> str:
        """The name of the mounted file system."""
        with self.calls.call("storage.device_of", path):
            return self.tree.volumes[self.tree.volume_root(path)].name

    @contextmanager
    def lock(self, path: PurePath, /, *, is_shared: bool = False) -> Iterator[None]:
        """A folder, or a file that is made and stays."""
        with self.calls.call("storage.lock", path):
            where = self.tree.real(path)
            if where in self._held or (self._shared[where] and not is_shared):
                raise BusyError(path)
            if self._missing(path):
                with _said_of(path):
                    self.tree.set(where, self._file(b""))
            if is_shared:
                self._shared[where] += 1
            else:
                self._held.add(where)
        try:
            yield
        finally:
            if is_shared:
                self._shared[where] -= 1
            else:
                self._held.discard(where)


@contextmanager
def _said_of(path: PurePath) -> Iterator[None]:
    """Inside, errors are of the path that was asked for, not of what its links lead to."""
    try:
        yield
    except StorageError as error:
        error.path = path
        raise


def _halves(content: bytes) -> tuple[bytes, ...]:
    middle = len(content) // 2
    return (content[:middle], content[middle:]) if content else ()


def _flipped(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:] if content else content


_conforms: type[Storage] = MemoryStorage
