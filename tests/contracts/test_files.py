"""The contract of Storage, on every adapter, and the proof that the one in memory behaves like the real one."""

import hashlib
import os
import threading
import time
from pathlib import Path, PurePath
from typing import Any, Protocol

import attrs
import pytest

from camvault.adapters._durable import temporary_name
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation, MemoryStorage
from camvault.ports.entries import Copied, FileEntry, FileIdentity, FileKind
from camvault.ports.errors import (
    BusyError,
    Cancelled,
    ChangedError,
    DeniedError,
    ExistsError,
    NoSpaceError,
    NotFoundError,
    StorageError,
)
from camvault.ports.files import Storage
from camvault.ports.removal import Leftover, Removal

MTIME_NS = 1_750_000_000_123_456_789
NAMES = ["a", "Z", "ä", "with space", "new\nline", os.fsdecode(b"\xff\xfe"), "-rf", "~", "%s", "a.b"]


class World(Protocol):
    """The same world as another program sees it: for setting a scene and for looking at the outcome."""

    @property
    def storage(self) -> Storage: ...
    @property
    def root(self) -> PurePath: ...
    def put(self, path: PurePath, content: bytes, mtime_ns: int = MTIME_NS) -> None: ...
    def put_folder(self, path: PurePath) -> None: ...
    def put_link(self, path: PurePath, points_to: str) -> None: ...
    def content(self, path: PurePath) -> bytes | None: ...
    def names(self, folder: PurePath) -> set[str]: ...


@attrs.define
class MemoryWorld:
    root: PurePath = attrs.field(factory=lambda: PurePath("/media"))
    storage: MemoryStorage = attrs.field(factory=MemoryStorage)

    def __attrs_post_init__(self) -> None:
        self.storage.put_folder(self.root)

    def put(self, path: PurePath, content: bytes, mtime_ns: int = MTIME_NS) -> None:
        self.storage.put(path, content, mtime_ns=mtime_ns)

    def put_folder(self, path: PurePath) -> None:
        self.storage.put_folder(path)

    def put_link(self, path: PurePath, points_to: str) -> None:
        self.storage.put_link(path, points_to)

    def content(self, path: PurePath) -> bytes | None:
        node = self.storage.tree.find(path)
        return node.content if node and node.kind is FileKind.FILE else None

    def names(self, folder: PurePath) -> set[str]:
        return set(self.storage.tree.names(folder))


@attrs.define
class LocalWorld:
    root: Path
    storage: LocalStorage = attrs.field(factory=LocalStorage)

    def put(self, path: PurePath, content: bytes, mtime_ns: int = MTIME_NS) -> None:
        self.put_folder(path.parent)
        Path(path).write_bytes(content)
        os.utime(path, ns=(mtime_ns, mtime_ns))

    def put_folder(self, path: PurePath) -> None:
        Path(path).mkdir(parents=True, exist_ok=True)

    def put_link(self, path: PurePath, points_to: str) -> None:
        Path(path).symlink_to(points_to)

    def content(self, path: PurePath) -> bytes | None:
        return Path(path).read_bytes() if Path(path).is_file() and not Path(path).is_symlink() else None

    def names(self, folder: PurePath) -> set[str]:
        return {path.name for path in Path(folder).iterdir()}


def nothing(_: int) -> None:
    """Progress that nobody wants to see."""


def copy(world: World, source: PurePath, target: PurePath, **options: Any) -> Copied:
    settings = {"on_bytes": nothing, "cancel": MemoryCancellation(), **options}
    return world.storage.copy(source, target=target, **settings)


def digest(world: World, path: PurePath) -> str:
    return world.storage.digest(path, on_bytes=nothing, cancel=MemoryCancellation())


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def removal(entry: FileEntry) -> Removal:
    return Removal(entry.path, entry.identity, Leftover("a test"))


def entry_of(world: World, path: PurePath) -> FileEntry:
    entry = world.storage.entry(path)
    assert entry is not None
    return entry


class StorageContract:
    """What core relies on."""

    @pytest.fixture
    def world(self) -> Any:
        raise NotImplementedError

    # --- FolderReader

    @pytest.mark.parametrize("name", NAMES)
    def test_entry_is_what_stands_under_the_name(self, world: World, name: str) -> None:
        world.put(world.root / name, b"12345")
        assert world.storage.entry(world.root / name) == FileEntry(world.root / name, FileIdentity(5, MTIME_NS))

    def test_entry_follows_no_link(self, world: World) -> None:
        world.put(world.root / "file", b"12345")
        world.put_link(world.root / "link", "file")
        world.put_link(world.root / "dangling", "nowhere")
        assert entry_of(world, world.root / "link").kind is FileKind.SYMLINK
        assert entry_of(world, world.root / "dangling").kind is FileKind.SYMLINK

    def test_entry_of_what_does_not_exist_is_none(self, world: World) -> None:
        world.put(world.root / "file", b"")
        assert world.storage.entry(world.root / "absent") is None
        assert world.storage.entry(world.root / "absent/below") is None
        assert world.storage.entry(world.root / "file/below") is None

    def test_scan_lists_parents_first_and_names_bytewise(self, world: World) -> None:
        for name in (*NAMES, "d/x", "d/y/z", "d.txt", "d-"):
            world.put(world.root / name, b"")
        world.put_folder(world.root / "empty")
        found = [entry.path for entry in world.storage.scan(world.root)]
        parts = [[os.fsencode(part) for part in path.relative_to(world.root).parts] for path in found]
        assert parts == sorted(parts)
        assert len(found) == len(set(found)) == len(NAMES) + 7

    def test_scan_does_not_follow_links(self, world: World) -> None:
        world.put(world.root / "tree/file", b"")
        world.put_link(world.root / "tree/up", "..")
        assert [(e.path.name, e.kind) for e in world.storage.scan(world.root / "tree")] == [
            ("file", FileKind.FILE),
            ("up", FileKind.SYMLINK),
        ]

    def test_children_are_those_of_the_folder_itself(self, world: World) -> None:
        world.put(world.root / "b/c", b"x")
        world.put(world.root / "a", b"xy")

        found = world.storage.children(world.root)

        assert [(e.path.name, e.kind) for e in found] == [("a", FileKind.FILE), ("b", FileKind.FOLDER)]
        assert found[0] == world.storage.entry(world.root / "a")
        with pytest.raises(NotFoundError):
            world.storage.children(world.root / "nothing")

    def test_a_listing_is_what_children_are(self, world: World) -> None:
        for name in (*NAMES, "d/x", "d.txt"):
            world.put(world.root / name, b"12345")
        world.put_link(world.root / "link", "nowhere")
        world.put_folder(world.root / "empty")

        listing = world.storage.listing(world.root)

        by_kind: dict[FileKind, list[FileEntry]] = {kind: [] for kind in FileKind}
        for entry in world.storage.children(world.root):
            by_kind[entry.kind].append(entry)
        assert [FileEntry(world.root / f.name, f.identity) for f in listing.files] == by_kind[FileKind.FILE]
        assert list(listing.folders) == [entry.path.name for entry in by_kind[FileKind.FOLDER]]
        assert list(listing.others) == ["link"]
        assert not listing.is_empty
        assert world.storage.listing(world.root / "empty").is_empty
        for name in ("nothing", "link", "d.txt"):
            with pytest.raises(NotFoundError):
                world.storage.listing(world.root / name)

    def test_a_file_that_changed_is_listed_otherwise(self, world: World) -> None:
        """Also with the same size and time; a clock may need some ticks for it."""
        world.put(world.root / "a", b"12345")
        (before,) = world.storage.listing(world.root).files
        assert world.storage.listing(world.root).files == (before,)
        deadline_s = time.monotonic() + 10
        while True:
            world.put(world.root / "a", b"54321")
            (after,) = world.storage.listing(world.root).files
            if after != before or time.monotonic() > deadline_s:
                break
        assert (after.name, after.identity) == (before.name, before.identity)
        assert after != before

    def test_a_file_system_is_at_least_as_large_as_what_is_free(self, world: World) -> None:
        assert world.storage.total_bytes(world.root / "no/such/folder") >= world.storage.free_bytes(world.root) > 0

    def test_scan_of_nothing_is_an_error_and_not_an_empty_folder(self, world: World) -> None:
        with pytest.raises(NotFoundError):
            list(world.storage.scan(world.root / "absent"))
        world.put(world.root / "file", b"")
        with pytest.raises(NotFoundError):
            list(world.storage.scan(world.root / "file"))

    def test_scan_survives_what_is_removed_meanwhile(self, world: World) -> None:
        for name in ("1", "2", "3/4", "5"):
            world.put(world.root / name, b"")
        seen = []
        for entry in world.storage.scan(world.root):
            seen.append(entry.path.name)
            if entry.path.name == "1":
                world.storage.remove(removal(entry_of(world, world.root / "2")))
                world.storage.remove(removal(entry_of(world, world.root / "3/4")))
                world.storage.prune(world.root)
        assert seen == ["1", "5"]

    def test_resolve_follows_every_link_and_needs_no_last_part(self, world: World) -> None:
        world.put_folder(world.root / "real")
        world.put_link(world.root / "link", "real")
        world.put_link(world.root / "absolute", str(world.root / "link"))
        assert world.storage.resolve(world.root / "absolute/../link/a/b") == world.root / "real/a/b"

    # --- FileCopier

    @pytest.mark.parametrize("size_bytes", [0, 1, 65_535, 65_536, 65_537, 400_000])
    def test_copy_gives_content_mtime_and_digest(self, world: World, size_bytes: int) -> None:
        content = os.urandom(size_bytes)
        world.put(world.root / "a", content)
        done: list[int] = []
        copied = copy(world, world.root / "a", world.root / "b", on_bytes=done.append)
        assert copied == Copied(FileIdentity(size_bytes, MTIME_NS), sha256(content))
        assert sum(done) == size_bytes
        assert world.content(world.root / "b") == content
        assert entry_of(world, world.root / "b").identity == copied.identity
        assert world.names(world.root) == {"a", "b"}

    @pytest.mark.parametrize("name", [*NAMES, "x" * 255, "ä" * 127])
    def test_copy_to_any_name(self, world: World, name: str) -> None:
        world.put(world.root / "in/source", b"footage")
        copy(world, world.root / "in/source", world.root / name)
        assert world.names(world.root) == {"in", name}

    @pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling link"])
    def test_copy_never_overwrites(self, world: World, kind: str) -> None:
        world.put(world.root / "a", b"new")
        target = world.root / "b"
        if kind == "file":
            world.put(target, b"old")
        elif kind == "folder":
            world.put_folder(target)
        else:
            world.put_link(target, "a" if kind == "link" else "nowhere")
        before = entry_of(world, target)
        with pytest.raises(ExistsError):
            copy(world, world.root / "a", target)
        assert entry_of(world, target) == before
        assert world.content(world.root / "a") == b"new"
        assert world.names(world.root) == {"a", "b"}

    def test_copy_onto_itself_is_refused(self, world: World) -> None:
        world.put(world.root / "a", b"footage")
        with pytest.raises(ExistsError):
            copy(world, world.root / "a", world.root / "a")
        assert world.content(world.root / "a") == b"footage"

    def test_copy_follows_a_linked_source(self, world: World) -> None:
        world.put(world.root / "real", b"footage")
        world.put_link(world.root / "link", "real")
        assert copy(world, world.root / "link", world.root / "b").sha256 == sha256(b"footage")
        assert entry_of(world, world.root / "b").kind is FileKind.FILE

    def test_copy_names_what_is_missing(self, world: World) -> None:
        world.put(world.root / "a", b"x")
        with pytest.raises(NotFoundError) as no_source:
            copy(world, world.root / "absent", world.root / "b")
        assert no_source.value.path == world.root / "absent"
        with pytest.raises(NotFoundError) as no_folder:
            copy(world, world.root / "a", world.root / "absent/b")
        assert no_folder.value.path == world.root / "absent/b"

    def test_copy_of_a_folder_is_refused(self, world: World) -> None:
        world.put_folder(world.root / "folder")
        with pytest.raises(StorageError, match="not a regular file"):
            copy(world, world.root / "folder", world.root / "b")
        assert world.names(world.root) == {"folder"}

    def test_a_source_that_changes_meanwhile_is_refused(self, world: World) -> None:
        world.put(world.root / "a", b"x" * 200_000)

        def change(_: int) -> None:
            world.put(world.root / "a", b"y" * 200_000, MTIME_NS + 1_000_000_000)

        with pytest.raises(ChangedError):
            copy(world, world.root / "a", world.root / "b", on_bytes=change)
        assert world.names(world.root) == {"a"}

    def test_a_source_that_grows_meanwhile_is_refused(self, world: World) -> None:
        world.put(world.root / "a", b"x" * 200_000)
        with pytest.raises(ChangedError):
            copy(world, world.root / "a", world.root / "b",
                 on_bytes=lambda _: world.put(world.root / "a", b"x" * 200_001))  # fmt: skip
        assert world.names(world.root) == {"a"}

    def test_a_target_that_appears_meanwhile_is_not_overwritten(self, world: World) -> None:
        world.put(world.root / "a", b"new")
        with pytest.raises(ExistsError):
            copy(world, world.root / "a", world.root / "b", on_bytes=lambda _: world.put(world.root / "b", b"racing"))
        assert world.content(world.root / "b") == b"racing"
        assert world.names(world.root) == {"a", "b"}

    def test_a_cancelled_copy_leaves_nothing(self, world: World) -> None:
        world.put(world.root / "a", b"x" * 200_000)
        cancel = MemoryCancellation()
        with pytest.raises(Cancelled):
            copy(world, world.root / "a", world.root / "b", cancel=cancel, on_bytes=lambda _: cancel.request())
        assert world.names(world.root) == {"a"}

    def test_a_copy_that_is_not_begun_leaves_nothing(self, world: World) -> None:
        world.put(world.root / "a", b"x")
        cancel = MemoryCancellation(after_checks=0)
        with pytest.raises(Cancelled):
            copy(world, world.root / "a", world.root / "b", cancel=cancel)
        assert world.names(world.root) == {"a"}

    def test_a_callback_that_raises_leaves_nothing(self, world: World) -> None:
        world.put(world.root / "a", b"x")

        def burst(_: int) -> None:
            raise ValueError("x")

        with pytest.raises(ValueError, match="x"):
            copy(world, world.root / "a", world.root / "b", on_bytes=burst)
        assert world.names(world.root) == {"a"}

    def test_a_leftover_of_a_crash_does_not_disturb(self, world: World) -> None:
        world.put(world.root / "a", b"new")
        world.put(temporary_name(world.root / "b"), b"half of someth")
        copy(world, world.root / "a", world.root / "b")
        assert world.content(world.root / "b") == b"new"
        assert world.names(world.root) == {"a", "b"}

    def test_a_leftover_that_is_a_link_does_not_lead_us_astray(self, world: World) -> None:
        world.put(world.root / "a", b"new")
        world.put(world.root / "footage", b"precious")
        world.put_link(temporary_name(world.root / "b"), "footage")
        copy(world, world.root / "a", world.root / "b")
        assert world.content(world.root / "footage") == b"precious"
        assert world.content(world.root / "b") == b"new"

    def test_digest_is_of_the_content(self, world: World) -> None:
        content = os.urandom(150_000)
        world.put(world.root / "a", content)
        done: list[int] = []
        found = world.storage.digest(world.root / "a", on_bytes=done.append, cancel=MemoryCancellation())
        assert found == sha256(content)
        assert sum(done) == len(content)

    def test_digest_of_what_cannot_be_read(self, world: World) -> None:
        with pytest.raises(NotFoundError):
            digest(world, world.root / "absent")
        with pytest.raises(StorageError, match="not a regular file"):
            digest(world, world.root)

    def test_digest_of_a_changing_file_is_none_at_all(self, world: World) -> None:
        world.put(world.root / "a", b"x" * 100_000)
        with pytest.raises(ChangedError):
            world.storage.digest(
                world.root / "a",
                on_bytes=lambda _: world.put(world.root / "a", b"y", MTIME_NS + 5_000_000_000),
                cancel=MemoryCancellation(),
            )

    def test_digest_can_be_cancelled(self, world: World) -> None:
        world.put(world.root / "a", b"x" * 100_000)
        cancel = MemoryCancellation()
        with pytest.raises(Cancelled):
            world.storage.digest(world.root / "a", on_bytes=lambda _: cancel.request(), cancel=cancel)

    def test_publish_gives_the_final_name(self, world: World) -> None:
        world.put(world.root / ".part", b"done")
        entry = world.storage.publish(world.root / ".part", target=world.root / "b")
        assert entry == FileEntry(world.root / "b", FileIdentity(4, MTIME_NS))
        assert world.names(world.root) == {"b"}

    def test_publish_overwrites_only_if_asked(self, world: World) -> None:
        world.put(world.root / ".part", b"new")
        world.put(world.root / "b", b"old")
        with pytest.raises(ExistsError):
            world.storage.publish(world.root / ".part", target=world.root / "b")
        assert world.content(world.root / "b") == b"old"
        assert world.content(world.root / ".part") == b"new"
        world.storage.publish(world.root / ".part", target=world.root / "b", replace=True)
        assert world.content(world.root / "b") == b"new"
        assert world.names(world.root) == {"b"}

    def test_publish_replaces_no_folder(self, world: World) -> None:
        world.put(world.root / ".part", b"new")
        world.put(world.root / "b/inner", b"old")
        with pytest.raises(StorageError):
            world.storage.publish(world.root / ".part", target=world.root / "b", replace=True)
        assert world.content(world.root / "b/inner") == b"old"

    def test_publish_of_nothing(self, world: World) -> None:
        with pytest.raises(NotFoundError) as error:
            world.storage.publish(world.root / ".part", target=world.root / "b")
        assert error.value.path == world.root / ".part"

    def test_publish_and_rename_stay_in_their_folder(self, world: World) -> None:
        world.put(world.root / "x/.part", b"")
        with pytest.raises(StorageError, match="not in the folder"):
            world.storage.publish(world.root / "x/.part", target=world.root / "b")
        with pytest.raises(StorageError, match="not in the folder"):
            world.storage.rename(world.root / "x/.part", target=world.root / "b")

    def test_move_takes_a_file_to_another_folder(self, world: World) -> None:
        world.put(world.root / "live/a", b"footage")
        world.put(world.root / "done/other", b"")

        entry = world.storage.move(world.root / "live/a", target=world.root / "done/a")

        assert entry == FileEntry(world.root / "done/a", FileIdentity(7, MTIME_NS))
        assert world.content(world.root / "done/a") == b"footage"
        assert world.names(world.root / "live") == set()

    def test_move_never_overwrites(self, world: World) -> None:
        world.put(world.root / "live/a", b"new")
        world.put(world.root / "done/a", b"old")

        with pytest.raises(ExistsError):
            world.storage.move(world.root / "live/a", target=world.root / "done/a")

        assert world.content(world.root / "done/a") == b"old"
        assert world.content(world.root / "live/a") == b"new"

    def test_move_of_nothing_or_to_nowhere(self, world: World) -> None:
        world.put(world.root / "a", b"x")

        with pytest.raises(NotFoundError):
            world.storage.move(world.root / "b", target=world.root / "c")
        with pytest.raises(NotFoundError):
            world.storage.move(world.root / "a", target=world.root / "missing/a")

        assert world.content(world.root / "a") == b"x"

    # --- FileRemover

    def test_remove_takes_exactly_this_file(self, world: World) -> None:
        world.put(world.root / "a", b"1")
        world.put(world.root / "b", b"1")
        planned = removal(entry_of(world, world.root / "a"))
        assert world.storage.remove(planned)
        assert world.names(world.root) == {"b"}
        assert not world.storage.remove(planned)

    @pytest.mark.parametrize("identity", [FileIdentity(2, MTIME_NS), FileIdentity(1, MTIME_NS + 1_000_000_000)])
    def test_remove_keeps_another_file_of_the_same_name(self, world: World, identity: FileIdentity) -> None:
        """INV-2."""
        world.put(world.root / "a", b"1")
        planned = removal(entry_of(world, world.root / "a"))
        world.put(world.root / "a", b"x" * identity.size_bytes, identity.mtime_ns)
        with pytest.raises(ChangedError):
            world.storage.remove(planned)
        assert world.content(world.root / "a") == b"x" * identity.size_bytes

    def test_remove_takes_the_link_and_not_what_it_points_to(self, world: World) -> None:
        world.put(world.root / "footage", b"precious")
        world.put_link(world.root / "link", "footage")
        assert world.storage.remove(removal(entry_of(world, world.root / "link")))
        assert world.names(world.root) == {"footage"}

    def test_a_removal_of_a_file_does_not_fit_a_link_to_it(self, world: World) -> None:
        world.put(world.root / "a", b"1" * 100)
        planned = removal(entry_of(world, world.root / "a"))
        world.storage.rename(world.root / "a", target=world.root / "footage")
        world.put_link(world.root / "a", "footage")
        with pytest.raises(ChangedError):
            world.storage.remove(planned)
        assert world.names(world.root) == {"a", "footage"}

    def test_remove_takes_no_folder(self, world: World) -> None:
        world.put_folder(world.root / "folder")
        with pytest.raises(ChangedError):
            world.storage.remove(removal(entry_of(world, world.root / "folder")))
        assert world.names(world.root) == {"folder"}

    def test_remove_below_nothing_is_gone_already(self, world: World) -> None:
        assert not world.storage.remove(Removal(world.root / "no/file", FileIdentity(0, 0), Leftover("a test")))

    def test_prune_takes_empty_folders_deepest_first(self, world: World) -> None:
        world.put_folder(world.root / "a/b/c")
        world.put_folder(world.root / "d")
        world.put(world.root / "e/f/file", b"")
        world.put_link(world.root / "e/link", "../d")
        world.put_folder(world.root / "e/g")
        r = world.root
        assert world.storage.prune(r) == (r / "a/b/c", r / "a/b", r / "a", r / "d", r / "e/g")
        assert world.names(r) == {"e"}
        assert world.names(r / "e") == {"f", "link"}

    def test_prune_takes_the_root_only_if_asked_and_empty(self, world: World) -> None:
        world.put(world.root / "x/y/file", b"")
        assert world.storage.prune(world.root / "x", is_root_included=True) == ()
        world.storage.remove(removal(entry_of(world, world.root / "x/y/file")))
        assert world.storage.prune(world.root / "x/y") == ()
        assert world.storage.prune(world.root / "x", is_root_included=True) == (world.root / "x/y", world.root / "x")
        assert world.storage.prune(world.root / "x", is_root_included=True) == ()

    def test_prune_of_what_is_no_folder_removes_nothing(self, world: World) -> None:
        world.put(world.root / "file", b"")
        world.put_folder(world.root / "empty")
        world.put_link(world.root / "link", "empty")
        for name in ("file", "file/below", "link"):
            assert world.storage.prune(world.root / name, is_root_included=True) == ()
        assert world.names(world.root) == {"file", "empty", "link"}

    # --- RecordStore

    @pytest.mark.parametrize("text", ["", "a", "a\nb\n", "\r\n", "ä\x00", "\udcff\udc80", "x" * 20_000])
    def test_a_text_comes_back_as_it_was(self, world: World, text: str) -> None:
        world.storage.write_text(world.root / "t", "before")
        world.storage.write_text(world.root / "t", text)
        assert world.storage.read_text(world.root / "t") == text
        assert world.content(world.root / "t") == text.encode("utf-8", "surrogateescape")
        assert world.names(world.root) == {"t"}

    def test_no_file_has_no_text(self, world: World) -> None:
        assert world.storage.read_text(world.root / "t") is None
        assert world.storage.read_text(world.root / "no/t") is None

    def test_a_folder_is_no_text(self, world: World) -> None:
        world.put_folder(world.root / "t")
        with pytest.raises(StorageError):
            world.storage.read_text(world.root / "t")
        with pytest.raises(StorageError):
            world.storage.write_text(world.root / "t", "x")
        with pytest.raises(StorageError):
            world.storage.append_line(world.root / "t", "x")
        assert world.names(world.root) == {"t"}

    def test_a_text_needs_its_folder(self, world: World) -> None:
        with pytest.raises(NotFoundError) as error:
            world.storage.write_text(world.root / "no/t", "x")
        assert error.value.path == world.root / "no/t"
        with pytest.raises(NotFoundError):
            world.storage.append_line(world.root / "no/t", "x")

    def test_lines_are_added(self, world: World) -> None:
        for line in ("one", "", "zwö", "\udcff"):
            world.storage.append_line(world.root / "log", line)
        assert world.storage.read_text(world.root / "log") == "one\n\nzwö\n\udcff\n"

    @pytest.mark.parametrize("torn", [b"", b"t", b"torn", b"\xff", b"\0\0\0", b"x" * 10_000])
    def test_a_torn_line_is_dropped_and_never_merged(self, world: World, torn: bytes) -> None:
        world.put(world.root / "log", b"one\n" + torn)
        world.storage.append_line(world.root / "log", "two")
        assert world.content(world.root / "log") == b"one\ntwo\n"

    def test_a_file_that_is_one_torn_line_begins_anew(self, world: World) -> None:
        world.put(world.root / "log", b"x" * 9_000)
        world.storage.append_line(world.root / "log", "one")
        assert world.content(world.root / "log") == b"one\n"

    def test_a_line_is_one_line(self, world: World) -> None:
        with pytest.raises(ValueError, match="newline"):
            world.storage.append_line(world.root / "log", "one\ntwo")
        assert world.names(world.root) == set()

    def test_lines_are_added_to_what_a_link_leads_to(self, world: World) -> None:
        world.put(world.root / "real", b"one\n")
        world.put_link(world.root / "log", "real")
        world.storage.append_line(world.root / "log", "two")
        assert world.content(world.root / "real") == b"one\ntwo\n"

    def test_rename_overwrites_nothing(self, world: World) -> None:
        world.put(world.root / "a", b"a")
        world.put(world.root / "b", b"b")
        with pytest.raises(ExistsError):
            world.storage.rename(world.root / "a", target=world.root / "b")
        world.storage.rename(world.root / "a", target=world.root / "c")
        assert world.names(world.root) == {"b", "c"}
        assert world.content(world.root / "b") == b"b"

    def test_rename_of_nothing(self, world: World) -> None:
        with pytest.raises(NotFoundError) as error:
            world.storage.rename(world.root / "a", target=world.root / "b")
        assert error.value.path == world.root / "a"

    def test_rename_takes_folders_with_all_that_is_in_them(self, world: World) -> None:
        world.put(world.root / "a/b/c", b"c")
        world.storage.rename(world.root / "a", target=world.root / "z")
        assert world.content(world.root / "z/b/c") == b"c"
        assert world.names(world.root) == {"z"}

    # --- Volumes

    def test_folders_are_made_with_those_above(self, world: World) -> None:
        world.storage.make_folder(world.root / "a/b/c")
        assert entry_of(world, world.root / "a/b/c").kind is FileKind.FOLDER
        world.storage.make_folder(world.root / "a/b/c")

    def test_a_new_folder_must_be_new(self, world: World) -> None:
        world.storage.make_folder(world.root / "a/b", must_be_new=True)
        with pytest.raises(ExistsError):
            world.storage.make_folder(world.root / "a/b", must_be_new=True)

    def test_no_folder_where_a_file_is(self, world: World) -> None:
        world.put(world.root / "a", b"")
        for path in (world.root / "a", world.root / "a/b"):
            with pytest.raises(ExistsError):
                world.storage.make_folder(path)
        assert world.content(world.root / "a") == b""

    def test_a_link_to_a_folder_is_a_folder(self, world: World) -> None:
        world.put_folder(world.root / "real")
        world.put_link(world.root / "link", "real")
        world.storage.make_folder(world.root / "link")
        world.storage.make_folder(world.root / "link/below")
        assert world.names(world.root / "real") == {"below"}

    def test_space_and_device_are_those_of_the_nearest_folder(self, world: World) -> None:
        assert world.storage.free_bytes(world.root) > 0
        assert world.storage.free_bytes(world.root / "no/such/folder") > 0
        assert world.storage.device_of(world.root / "no/such/folder") == world.storage.device_of(world.root)

    @pytest.mark.parametrize("kind", ["absent", "file", "folder"])
    def test_a_lock_is_exclusive_and_comes_back(self, world: World, kind: str) -> None:
        path = world.root / "lock"
        if kind == "file":
            world.put(path, b"kept")
        elif kind == "folder":
            world.put_folder(path)
        with world.storage.lock(path):
            with pytest.raises(BusyError), world.storage.lock(path):
                raise AssertionError
            with world.storage.lock(world.root / "another"):
                pass
        with world.storage.lock(path):
            pass
        assert (world.content(path) or b"kept") == b"kept"

    def test_a_lock_is_given_back_when_the_work_fails(self, world: World) -> None:
        with pytest.raises(ValueError, match="x"), world.storage.lock(world.root / "lock"):
            raise ValueError("x")
        with world.storage.lock(world.root / "lock"):
            pass

    def test_a_lock_needs_its_folder(self, world: World) -> None:
        with pytest.raises(NotFoundError), world.storage.lock(world.root / "no/lock"):
            raise AssertionError

    def test_copies_in_several_threads(self, world: World) -> None:
        contents = {n: os.urandom(70_000) for n in range(4)}
        for n, content in contents.items():
            world.put(world.root / f"in/{n}", content)
        threads = [
            threading.Thread(target=copy, args=(world, world.root / f"in/{n}", world.root / f"{n}")) for n in contents
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert {n: world.content(world.root / f"{n}") for n in contents} == contents


class TestMemoryStorage(StorageContract):
    @pytest.fixture
    def world(self) -> MemoryWorld:
        return MemoryWorld()

    def test_a_full_volume(self, world: MemoryWorld) -> None:
        world.storage.mount("/media/stick", name="usb", capacity_bytes=100)
        world.put(world.root / "a", b"x" * 60)
        copy(world, world.root / "a", world.root / "stick/1")
        with pytest.raises(NoSpaceError) as error:
            copy(world, world.root / "a", world.root / "stick/2")
        assert (error.value.path, error.value.needed_bytes, error.value.free_bytes) == (
            PurePath("/media/stick/2"), 60, 40,
        )  # fmt: skip
        assert world.names(world.root / "stick") == {"1"}
        assert world.storage.free_bytes(world.root / "stick/x/y") == 40
        assert world.storage.device_of(world.root / "stick/x") == "usb" != world.storage.device_of(world.root)

    def test_records_on_a_full_volume_keep_their_old_text(self, world: MemoryWorld) -> None:
        world.storage.mount("/media/stick", name="usb", capacity_bytes=10)
        world.storage.append_line(world.root / "stick/log", "1234")
        with pytest.raises(NoSpaceError):
            world.storage.append_line(world.root / "stick/log", "123456")
        with pytest.raises(NoSpaceError):
            world.storage.write_text(world.root / "stick/log", "123456")
        assert world.storage.files("/media/stick") == {PurePath("/media/stick/log"): b"1234\n"}

    def test_unreadable_things_raise(self, world: MemoryWorld) -> None:
        world.put(world.root / "a/b/c", b"")
        world.storage.unreadable.add(world.root / "a/b")
        with pytest.raises(DeniedError):
            list(world.storage.scan(world.root))
        world.storage.unreadable.add(world.root / "a/b/c")
        with pytest.raises(DeniedError):
            digest(world, world.root / "a/b/c")

    def test_a_lying_disk_is_found_by_reading_back(self, world: MemoryWorld) -> None:
        world.put(world.root / "a", b"footage")
        world.storage.lossy.add(world.root / "b")
        copied = copy(world, world.root / "a", world.root / "b")
        assert copied.identity == entry_of(world, world.root / "b").identity
        assert copied.sha256 == sha256(b"footage") != digest(world, world.root / "b")

    def test_a_rotten_file_keeps_its_identity(self, world: MemoryWorld) -> None:
        world.put(world.root / "a", b"footage")
        before = entry_of(world, world.root / "a")
        world.storage.corrupt(world.root / "a")
        assert entry_of(world, world.root / "a") == before
        assert digest(world, world.root / "a") != sha256(b"footage")


class TestLocalStorage(StorageContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> LocalWorld:
        root = tmp_path.resolve() / "media"
        root.mkdir()
        return LocalWorld(root)

    def test_special_files_do_not_block(self, world: LocalWorld) -> None:
        os.mkfifo(world.root / "pipe")
        assert entry_of(world, world.root / "pipe").kind is FileKind.OTHER
        with pytest.raises(StorageError, match="not a regular file"):
            copy(world, world.root / "pipe", world.root / "b")
