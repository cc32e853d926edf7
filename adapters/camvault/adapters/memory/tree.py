"""Adapter for tests and library users, pure part: a file system as a value that can be changed and compared."""

import errno
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import PurePath

import attrs

from camvault.adapters._shared.durable import translate
from camvault.ports.entries import FileEntry, FileIdentity, FileKind, ListedFile
from camvault.ports.errors import NoSpaceError
from camvault.ports.witness import ReadFrom

_LINKS_FOLLOWED = 40
_ENDLESS = 1 << 60
_UNION, _UNION_INODES = "union", 1 << 32


@attrs.frozen
class Node:
    """One thing in the tree: the content of a file, or where a link points to."""

    kind: FileKind
    content: bytes = b""
    mtime_ns: int = 0

    @property
    def identity(self) -> FileIdentity:
        """Which file it is, by size and mtime; `MemoryTree.identity` says all that is known."""
        return FileIdentity(len(self.content), self.mtime_ns)


@attrs.define
class MemoryVolume:
    """One file system.

    Attributes:
        name: What `Volumes.device_of` says; a restart may change it.
        capacity_bytes: How much fits (None: everything). Each name of a file counts with its content.
        is_numbered: Whether its inode numbers and ctimes say which file it is; on FAT they do not.
        read_from: What reading it back reads.
    """

    name: str
    capacity_bytes: int | None = None
    is_numbered: bool = True
    read_from: ReadFrom = ReadFrom.MEDIUM


def _is_link(node: Node) -> bool:
    return node.kind is FileKind.SYMLINK


class Nodes(MutableMapping[PurePath, Node]):
    """The nodes by their paths, with what is in each folder: to list a folder need not cost a look at everything.

    `link_count` is the number of symlinks: without any, most paths need not be resolved.
    """

    def __init__(self) -> None:
        """Only the root folder."""
        self._nodes: dict[PurePath, Node] = {}
        self._names: defaultdict[PurePath, set[str]] = defaultdict(set)
        self._bytes: Counter[PurePath] = Counter()
        self.link_count = 0
        self[PurePath("/")] = Node(FileKind.FOLDER)

    def __getitem__(self, path: PurePath, /) -> Node:
        """What stands there."""
        return self._nodes[path]

    def __setitem__(self, path: PurePath, node: Node, /) -> None:
        """Put it there, in place of what was there."""
        old = self._nodes.get(path)
        self._nodes[path] = node
        self._names[path.parent].add(path.name)
        self._bytes[path.parent] += len(node.content) - len(old.content if old else b"")
        self.link_count += _is_link(node) - (old is not None and _is_link(old))

    def __delitem__(self, path: PurePath, /) -> None:
        """Take it away."""
        node = self._nodes.pop(path)
        self._names[path.parent].discard(path.name)
        self._bytes[path.parent] -= len(node.content)
        self.link_count -= _is_link(node)

    def __iter__(self) -> Iterator[PurePath]:
        """In the order in which they came."""
        return iter(self._nodes)

    def __len__(self) -> int:
        """How many."""
        return len(self._nodes)

    def names(self, folder: PurePath) -> set[str]:
        """The names in a folder."""
        return self._names[folder] - {""} if folder in self._names else set()

    def bytes_by_folder(self) -> Iterator[tuple[PurePath, int]]:
        """Each folder that files were in, with the bytes in it."""
        return iter(self._bytes.items())


@attrs.define
class _Answers:
    """What was found for paths, kept as long as what it depends on is the same: a world is asked thousands of times."""

    _depends_on: tuple[object, ...] = ()
    _known: dict[PurePath, PurePath] = attrs.field(factory=dict)

    def of(self, path: PurePath, depends_on: tuple[object, ...], find: Callable[[PurePath], PurePath]) -> PurePath:
        if depends_on != self._depends_on:
            self._depends_on, self._known = depends_on, {}
        found = self._known.get(path)
        if found is None:
            found = self._known[path] = find(path)
        return found


def system_error(number: int, path: PurePath) -> Exception:
    """What the real adapter would raise for this errno."""
    return translate(OSError(number, os.strerror(number)), path)


@attrs.define
class MemoryTree:
    """Absolute paths and what stands there. Raises what a real file system would.

    Attributes:
        nodes: What stands under each path.
        volumes: Where each file system begins.
        binds: Bind mounts: folders that show what is in other folders. A rename from one into the other works here,
            where Linux refuses it.
        unions: Those of the binds that give the same files other numbers, as an overlay or a FUSE file system does.
        now_ns: When a change happens, for the ctimes: nobody can set them, and they differ by the count of changes.
    """

    nodes: Nodes = attrs.field(factory=Nodes)
    volumes: dict[PurePath, MemoryVolume] = attrs.field(factory=lambda: {PurePath("/"): MemoryVolume("0:1")})
    binds: dict[PurePath, PurePath] = attrs.field(factory=dict)
    unions: set[PurePath] = attrs.field(factory=set)
    now_ns: Callable[[], int] = attrs.field(default=lambda: 0, eq=False)
    _changes: dict[PurePath, int] = attrs.field(factory=dict, init=False, eq=False)
    _inodes: dict[PurePath, int] = attrs.field(factory=dict, init=False, eq=False)
    _names: dict[int, set[PurePath]] = attrs.field(factory=dict, init=False, eq=False)
    """The names of each file that has, or had, more than one."""
    _count: int = attrs.field(default=0, init=False, eq=False)
    _bound: _Answers = attrs.field(factory=_Answers, init=False, eq=False, repr=False)
    _roots: _Answers = attrs.field(factory=_Answers, init=False, eq=False, repr=False)

    def real(self, path: PurePath, *, is_last_followed: bool = True) -> PurePath:
        """`path` as the file system has it, links and bind mounts followed; a link in the last part only if asked.

        Above what is not there is nothing, not even what the names would say.
        """
        if self.nodes.link_count or ".." in path.parts:
            return self._real(path, is_last_followed, False, _LINKS_FOLLOWED)
        return self._bound.of(path, tuple(self.binds.items()), self._real_bound) if self.binds else path

    def _real_bound(self, path: PurePath) -> PurePath:
        return self._real(path, True, False, _LINKS_FOLLOWED)

    def resolved(self, path: PurePath) -> PurePath:
        """`path` with its links followed, as realpath(3) of Python: what is not there is a plain name.

        A bind mount is a folder like others here.
        """
        if not self.nodes.link_count and ".." not in path.parts:
            return path
        return self._real(path, True, True, _LINKS_FOLLOWED)

    def _real(self, path: PurePath, is_last_followed: bool, is_missing_plain: bool, left: int) -> PurePath:
        if path.parent == path:
            return path
        if path.name == "..":
            above = self._real(path.parent, True, is_missing_plain, left)
            node = self.nodes.get(above)
            is_folder = node is not None and node.kind is FileKind.FOLDER
            return above.parent if is_folder or is_missing_plain else above / ".."
        here = self._real(path.parent, True, is_missing_plain, left) / path.name
        if not is_missing_plain:
            here = self.binds.get(here, here)
        node = self.nodes.get(self.real(here, is_last_followed=False) if is_missing_plain and self.binds else here)
        if node is None or node.kind is not FileKind.SYMLINK or not is_last_followed:
            return here
        if left == 0:
            raise system_error(errno.ELOOP, path)
        return self._real(here.parent / os.fsdecode(node.content), True, is_missing_plain, left - 1)

    def find(self, path: PurePath) -> Node | None:
        """What stands under the name itself; its folder's links are followed."""
        return self.nodes.get(self.real(path, is_last_followed=False))

    def get(self, path: PurePath) -> Node:
        """What the name leads to, links followed."""
        node = self.nodes.get(self.real(path))
        if node is None:
            raise system_error(errno.ENOENT, path)
        return node

    def file(self, path: PurePath) -> Node:
        """The file that the name leads to."""
        node = self.get(path)
        if node.kind is FileKind.FOLDER:
            raise system_error(errno.EISDIR, path)
        return node

    def entry(self, path: PurePath) -> FileEntry | None:
        """The entry under the name itself."""
        node = self.find(path)
        return None if node is None else FileEntry(path, self.identity(path), node.kind)

    def identity(self, path: PurePath) -> FileIdentity:
        """Which file stands under the name itself, with all that its file system knows."""
        where = self.real(path, is_last_followed=False)
        node, volume = self.nodes[where], self.volumes[self.volume_root(where.parent)]
        if not volume.is_numbered:
            return attrs.evolve(node.identity, device=volume.name)
        inode, ctime_ns = self._inodes.get(where, 0), self._changes.get(where, 0)
        if any(path.is_relative_to(union) for union in self.unions):
            return FileIdentity(len(node.content), node.mtime_ns, _UNION, inode + _UNION_INODES, ctime_ns)
        return FileIdentity(len(node.content), node.mtime_ns, volume.name, inode, ctime_ns)

    def is_one_file(self, one: PurePath, other: PurePath) -> bool:
        """Whether two paths lead to one file, whatever numbers it has there."""
        return self.real(other) in self._names_of(self.real(one))

    def names(self, folder: PurePath) -> list[str]:
        """The names in a folder, sorted bytewise."""
        if self.get(folder).kind is not FileKind.FOLDER:
            raise system_error(errno.ENOTDIR, folder)
        return sorted(self.nodes.names(self.real(folder)), key=os.fsencode)

    def set(self, path: PurePath, node: Node) -> None:
        """Put a file, folder or link under the name itself; the folder must be there, and the space."""
        folder = self.nodes.get(self.real(path.parent))
        if folder is None or folder.kind is not FileKind.FOLDER:
            raise system_error(errno.ENOTDIR if folder else errno.ENOENT, path)
        where = self.real(path, is_last_followed=False)
        old = self.nodes.get(where)
        if old is not None and FileKind.FOLDER in (old.kind, node.kind):
            raise system_error(errno.EISDIR if old.kind is FileKind.FOLDER else errno.EEXIST, path)
        growth_bytes = len(node.content) - len(old.content if old else b"")
        free_bytes = self.free_bytes(path.parent)
        if growth_bytes > free_bytes:
            raise NoSpaceError(path, os.strerror(errno.ENOSPC), len(node.content), free_bytes)
        if old is None:
            self._count += 1
            self._inodes[where] = self._count
        for name in self._names_of(where):
            self.nodes[name] = node
        self._changed(where)

    def touch(self, path: PurePath, mtime_ns: int) -> None:
        """Let what is there, a folder too, have been changed then."""
        where = self.real(path)
        self.nodes[where] = attrs.evolve(self.nodes[where], mtime_ns=mtime_ns)

    def rot(self, path: PurePath, node: Node) -> None:
        """Let the file be another one on the medium, of which its file system knows nothing."""
        for name in self._names_of(self.real(path)):
            self.nodes[name] = node

    def link(self, path: PurePath, target: PurePath) -> None:
        """Give the file a further name, a hard link: what is written under one name is read under all."""
        old, new = (self.real(each, is_last_followed=False) for each in (path, target))
        self.set(target, self.file(path))
        inode = self._inodes[new] = self._inodes[old]
        self._names.setdefault(inode, {old}).add(new)
        self._changed(new)

    def _changed(self, path: PurePath) -> None:
        self._count += 1
        changed_ns = self.now_ns() + self._count
        for name in self._names_of(path):
            self._changes[name] = changed_ns

    def _names_of(self, path: PurePath) -> tuple[PurePath, ...]:
        """This name, and all others of the same file."""
        names = self._names.get(self._inodes.get(path, 0), ())
        return (path, *(name for name in names if name != path and name in self.nodes))

    def other_name(self, path: PurePath) -> PurePath | None:
        """A further name of the file, if it has one."""
        return next(iter(self._names_of(self.real(path, is_last_followed=False))[1:]), None)

    def path_of(self, inode: int, *, known: PurePath) -> PurePath | None:
        """Where the file with this number is now, which was at `known`; None if it has no name any more."""
        if self._inodes.get(known) == inode:
            return known
        return next((path for path, number in self._inodes.items() if number == inode), None)

    def listed(self, path: PurePath) -> ListedFile:
        """The file under the name itself; each change and each new name give it another `changed_ns`."""
        where = self.real(path, is_last_followed=False)
        identity = self.nodes[where].identity
        inode, changed_ns = self._inodes.get(where, 0), self._changes.get(where, 0)
        return ListedFile(path.name, identity.size_bytes, identity.mtime_ns, changed_ns, inode)

    def discard(self, path: PurePath) -> None:
        """Take the name away, if it is there."""
        where, other = self.real(path, is_last_followed=False), self.other_name(path)
        self.nodes.pop(where, None)
        self._names.get(self._inodes.pop(where, 0), set()).discard(where)
        if other is not None:
            self._changed(other)

    def move(self, source: PurePath, target: PurePath, *, replace: bool = False) -> None:
        """Rename, with everything below."""
        if self.find(source) is None:
            raise system_error(errno.ENOENT, source)
        if not replace and self.find(target) is not None:
            raise system_error(errno.EEXIST, target)
        old, new = (self.real(path, is_last_followed=False) for path in (source, target))
        if old == new or new in self._names_of(old):
            return  # of one file, as rename(2) says
        if (there := self.nodes.get(new)) and FileKind.FOLDER in (there.kind, self.nodes[old].kind):
            raise system_error(errno.EISDIR if there.kind is FileKind.FOLDER else errno.ENOTDIR, target)
        is_file = self.nodes[old].kind is not FileKind.FOLDER
        if there is not None:
            self.discard(new)
        for path in [old] if is_file else [path for path in self.nodes if path.is_relative_to(old)]:
            self._rename(path, new / path.relative_to(old))

    def _rename(self, old: PurePath, new: PurePath) -> None:
        self.nodes[new] = self.nodes.pop(old)
        inode = self._inodes[new] = self._inodes.pop(old, 0)
        if old in (names := self._names.get(inode, set())):
            names ^= {old, new}
        self._changed(new)

    def volume_root(self, path: PurePath) -> PurePath:
        """Where the file system that holds `path` is mounted."""
        return self._roots.of(self.real(path), tuple(self.volumes), self._root_of)

    def _root_of(self, where: PurePath) -> PurePath:
        return next(folder for folder in (where, *where.parents) if folder in self.volumes)

    def free_bytes(self, path: PurePath) -> int:
        """What is left of the capacity of the file system that holds `path`."""
        root = self.volume_root(path)
        capacity_bytes = self.volumes[root].capacity_bytes
        if capacity_bytes is None:
            return _ENDLESS
        used = ((folder, size) for folder, size in self.nodes.bytes_by_folder() if size and folder.is_relative_to(root))
        return max(0, capacity_bytes - sum(size for folder, size in used if self.volume_root(folder) == root))

    def total_bytes(self, path: PurePath) -> int:
        """The capacity of the file system that holds `path`."""
        capacity_bytes = self.volumes[self.volume_root(path)].capacity_bytes
        return _ENDLESS if capacity_bytes is None else capacity_bytes
