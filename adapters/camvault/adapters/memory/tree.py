"""Adapter for tests and library users, pure part: a file system as a value that can be changed and compared."""

import errno
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, MutableMapping
from pathlib import PurePath

import attrs

from camvault.adapters._durable import translate
from camvault.ports.entries import FileEntry, FileIdentity, FileKind, ListedFile
from camvault.ports.errors import NoSpaceError

_LINKS_FOLLOWED = 40
_ENDLESS = 1 << 60


@attrs.frozen
class Node:
    """One thing in the tree: the content of a file, or where a link points to."""

    kind: FileKind
    content: bytes = b""
    mtime_ns: int = 0

    @property
    def identity(self) -> FileIdentity:
        """Which file it is."""
        return FileIdentity(len(self.content), self.mtime_ns)


@attrs.define
class Volume:
    """One file system: its name, and how much fits (None: everything)."""

    name: str
    capacity_bytes: int | None = None


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


def system_error(number: int, path: PurePath) -> Exception:
    """What the real adapter would raise for this errno."""
    return translate(OSError(number, os.strerror(number)), path)


@attrs.define
class Tree:
    """Absolute paths and what stands there. Raises what a real file system would."""

    nodes: Nodes = attrs.field(factory=Nodes)
    volumes: dict[PurePath, Volume] = attrs.field(factory=lambda: {PurePath("/"): Volume("0:1")})
    _changes: dict[PurePath, int] = attrs.field(factory=dict, init=False, eq=False)
    _count: int = attrs.field(default=0, init=False, eq=False)

    def real(self, path: PurePath, *, is_last_followed: bool = True, is_missing_plain: bool = False) -> PurePath:
        """`path` with its links followed; the last part only if asked.

        Above what is not there is nothing, not even what the names would say; unless `is_missing_plain`, which takes it
        for a plain name, as realpath(3) of Python does.
        """
        if not self.nodes.link_count and ".." not in path.parts:
            return path
        return self._real(path, is_last_followed, is_missing_plain, _LINKS_FOLLOWED)

    def _real(self, path: PurePath, is_last_followed: bool, is_missing_plain: bool, left: int) -> PurePath:
        if path.parent == path:
            return path
        if path.name == "..":
            above = self._real(path.parent, True, is_missing_plain, left)
            node = self.nodes.get(above)
            is_folder = node is not None and node.kind is FileKind.FOLDER
            return above.parent if is_folder or is_missing_plain else above / ".."
        here = self._real(path.parent, True, is_missing_plain, left) / path.name
        node = self.nodes.get(here)
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
        return None if node is None else FileEntry(path, node.identity, node.kind)

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
        self.nodes[where] = node
        self._changed(where)

    def _changed(self, path: PurePath) -> None:
        self._count += 1
        self._changes[path] = self._count

    def listed(self, path: PurePath) -> ListedFile:
        """The file under the name itself, with a number that each change and each new name makes another one."""
        where = self.real(path, is_last_followed=False)
        identity, number = self.nodes[where].identity, self._changes.get(where, 0)
        return ListedFile(path.name, identity.size_bytes, identity.mtime_ns, number, number)

    def discard(self, path: PurePath) -> None:
        """Take the name away, if it is there."""
        self.nodes.pop(self.real(path, is_last_followed=False), None)

    def move(self, source: PurePath, target: PurePath, *, replace: bool = False) -> None:
        """Rename, with everything below."""
        if self.find(source) is None:
            raise system_error(errno.ENOENT, source)
        if not replace and self.find(target) is not None:
            raise system_error(errno.EEXIST, target)
        old, new = (self.real(path, is_last_followed=False) for path in (source, target))
        if old == new:
            return
        if (there := self.nodes.get(new)) and FileKind.FOLDER in (there.kind, self.nodes[old].kind):
            raise system_error(errno.EISDIR if there.kind is FileKind.FOLDER else errno.ENOTDIR, target)
        is_file = self.nodes[old].kind is not FileKind.FOLDER
        for path in [old] if is_file else [path for path in self.nodes if path.is_relative_to(old)]:
            self.nodes[new / path.relative_to(old)] = self.nodes.pop(path)
            self._changed(new / path.relative_to(old))

    def volume_root(self, path: PurePath) -> PurePath:
        """Where the file system that holds `path` is mounted."""
        where = self.real(path)
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
