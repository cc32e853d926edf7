"""The contract of Storage, on every adapter, and the proof that the one in memory behaves like the real one."""

import os
import stat
from pathlib import Path, PurePath
from typing import Protocol

import attrs
import pytest

from camvault.adapters._shared.durable import temporary_name
from camvault.adapters.contracts.files import FilesHarness, StorageContract
from camvault.adapters.contracts.files.harness import MTIME_NS, copy, digest, entry_of, read_back, sha256
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryStorage
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.errors import BusyError, ChangedError, DeniedError, NoSpaceError, StorageError
from camvault.ports.files import Storage
from camvault.ports.removal import Leftover, Removal
from camvault.ports.witness import ReadFrom, Sameness, Witness


class World(FilesHarness, Protocol):
    """A file system and the adapter on it."""

    @property
    def storage(self) -> Storage: ...


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

    def put_hard_link(self, path: PurePath, of: PurePath) -> None:
        self.storage.put_hard_link(path, of)

    def content(self, path: PurePath) -> bytes | None:
        node = self.storage.tree.find(path)
        return node.content if node and node.kind is FileKind.FILE else None

    def names(self, folder: PurePath) -> set[str]:
        return set(self.storage.tree.names(folder))

    def take_away(self, path: PurePath) -> None:
        self.storage.tree.discard(path)

    def entry(self, path: PurePath) -> FileEntry | None:
        return self.storage.tree.entry(path)

    def removal_of(self, entry: FileEntry, witness: Witness | None = None) -> Removal:
        return Removal(entry.path, entry.identity, Leftover("a test"), witness)

    def leftover_of(self, target: PurePath) -> PurePath:
        return temporary_name(target)


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

    def put_hard_link(self, path: PurePath, of: PurePath) -> None:
        self.put_folder(path.parent)
        Path(path).hardlink_to(of)

    def content(self, path: PurePath) -> bytes | None:
        return Path(path).read_bytes() if Path(path).is_file() and not Path(path).is_symlink() else None

    def names(self, folder: PurePath) -> set[str]:
        return {path.name for path in Path(folder).iterdir()}

    def take_away(self, path: PurePath) -> None:
        if Path(path).is_dir() and not Path(path).is_symlink():
            Path(path).rmdir()
        else:
            Path(path).unlink()

    def entry(self, path: PurePath) -> FileEntry | None:
        try:
            found = Path(path).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        kinds = {stat.S_IFREG: FileKind.FILE, stat.S_IFDIR: FileKind.FOLDER, stat.S_IFLNK: FileKind.SYMLINK}
        kind = kinds.get(stat.S_IFMT(found.st_mode), FileKind.OTHER)
        device = f"{os.major(found.st_dev)}:{os.minor(found.st_dev)}"
        return FileEntry(
            path, FileIdentity(found.st_size, found.st_mtime_ns, device, found.st_ino, found.st_ctime_ns), kind
        )

    def removal_of(self, entry: FileEntry, witness: Witness | None = None) -> Removal:
        return Removal(entry.path, entry.identity, Leftover("a test"), witness)

    def leftover_of(self, target: PurePath) -> PurePath:
        return temporary_name(target)


class TestMemoryStorage(StorageContract):
    @pytest.fixture
    def harness(self) -> MemoryWorld:
        return MemoryWorld()

    @pytest.fixture
    def storage(self, harness: MemoryWorld) -> MemoryStorage:
        return harness.storage

    def test_a_full_volume(self, harness: MemoryWorld) -> None:
        harness.storage.mount("/media/stick", name="usb", capacity_bytes=100)
        harness.put(harness.root / "a", b"x" * 60)
        copy(harness.storage, harness.root / "a", harness.root / "stick/1")
        with pytest.raises(NoSpaceError) as error:
            copy(harness.storage, harness.root / "a", harness.root / "stick/2")
        assert (error.value.path, error.value.needed_bytes, error.value.free_bytes) == (
            PurePath("/media/stick/2"), 60, 40,
        )  # fmt: skip
        assert harness.names(harness.root / "stick") == {"1"}
        assert harness.storage.free_bytes(harness.root / "stick/x/y") == 40
        assert harness.storage.device_of(harness.root / "stick/x") == "usb" != harness.storage.device_of(harness.root)

    def test_records_on_a_full_volume_keep_their_old_text(self, harness: MemoryWorld) -> None:
        harness.storage.mount("/media/stick", name="usb", capacity_bytes=10)
        harness.storage.append_line(harness.root / "stick/log", "1234")
        with pytest.raises(NoSpaceError):
            harness.storage.append_line(harness.root / "stick/log", "123456")
        with pytest.raises(NoSpaceError):
            harness.storage.write_text(harness.root / "stick/log", "123456")
        assert harness.storage.files("/media/stick") == {PurePath("/media/stick/log"): b"1234\n"}

    def test_unreadable_things_raise(self, harness: MemoryWorld) -> None:
        harness.put(harness.root / "a/b/c", b"")
        harness.storage.unreadable.add(harness.root / "a/b")
        with pytest.raises(DeniedError):
            list(harness.storage.scan(harness.root))
        harness.storage.unreadable.add(harness.root / "a/b/c")
        with pytest.raises(DeniedError):
            digest(harness.storage, harness.root / "a/b/c")

    def test_a_lying_disk_is_found_by_reading_back(self, harness: MemoryWorld) -> None:
        harness.put(harness.root / "a", b"footage")
        harness.storage.lossy.add(harness.root / "b")
        copied = copy(harness.storage, harness.root / "a", harness.root / "b")
        assert copied.identity == entry_of(harness, harness.root / "b").identity
        assert copied.sha256 == sha256(b"footage") != digest(harness.storage, harness.root / "b")

    def test_a_rotten_file_keeps_its_identity(self, harness: MemoryWorld) -> None:
        harness.put(harness.root / "a", b"footage")
        before = entry_of(harness, harness.root / "a")
        harness.storage.corrupt(harness.root / "a")
        assert entry_of(harness, harness.root / "a").identity.is_same_file(before.identity)
        assert digest(harness.storage, harness.root / "a") != sha256(b"footage")

    def test_a_medium_that_lists_but_does_not_read(self, harness: MemoryWorld) -> None:
        """From the beginning, from the middle on, or only past a cache that still holds it."""
        storage, root = harness.storage, harness.root
        for name in ("none", "half", "cached"):
            harness.put(root / name, b"footage")
        storage.damage = {root / "none": 0, root / "half": 3}
        storage.hidden_damage = {root / "cached": 3}
        assert [entry.path.name for entry in storage.scan(root)] == ["cached", "half", "none"]
        for name in ("none", "half", "cached"):
            with pytest.raises(StorageError, match="Input/output error"):
                read_back(storage, root / name)
        with pytest.raises(StorageError, match="Input/output error"):
            copy(storage, root / "half", root / "b")
        assert copy(storage, root / "cached", root / "b").sha256 == sha256(b"footage")

    def test_a_medium_that_holds_something_else_than_the_cache(self, harness: MemoryWorld) -> None:
        harness.put(harness.root / "a", b"footage")
        harness.storage.rotten[harness.root / "a"] = b"fOotage"
        assert read_back(harness.storage, harness.root / "a").sha256 == sha256(b"fOotage")
        assert copy(harness.storage, harness.root / "a", harness.root / "b").sha256 == sha256(b"footage")

    @pytest.mark.parametrize("source", ReadFrom)
    def test_a_file_system_says_what_reading_back_reads(self, harness: MemoryWorld, source: ReadFrom) -> None:
        harness.storage.mount("/media/stick", name="usb", read_from=source)
        harness.put(harness.root / "stick/a", b"footage")
        assert read_back(harness.storage, harness.root / "stick/a").source is source

    def test_a_drive_that_vanishes(self, harness: MemoryWorld) -> None:
        harness.put(harness.root / "stick/a", b"footage")
        harness.storage.unplug("/media/stick")
        with pytest.raises(StorageError, match="Input/output error"):
            read_back(harness.storage, harness.root / "stick/a")

    def test_a_union_shows_the_same_files_by_other_numbers(self, harness: MemoryWorld) -> None:
        storage, root = harness.storage, harness.root
        harness.put(root / "a/clip", b"footage")
        storage.unite(root / "union", shows=root / "a")
        shown, there = entry_of(harness, root / "union/clip"), entry_of(harness, root / "a/clip")
        assert not shown.identity.is_same_file(there.identity)
        assert storage.is_one_file(root / "union/clip", root / "a/clip") is Sameness.ONE
        seen = Witness(root / "a/clip", there.identity, sha256(b"footage"), sha256(b"footage"))
        with pytest.raises(ChangedError, match="kept"):
            storage.remove(harness.removal_of(shown, seen))

    def test_what_is_not_told_apart_is_kept(self, harness: MemoryWorld) -> None:
        storage, root = harness.storage, harness.root
        for name in ("a", "b"):
            harness.put(root / name, b"footage")
        storage.indistinct = {root / "a"}
        assert storage.is_one_file(root / "a", root / "b") is Sameness.UNSURE
        seen = Witness(root / "a", entry_of(harness, root / "a").identity, sha256(b"footage"), sha256(b"footage"))
        with pytest.raises(ChangedError, match="kept"):
            storage.remove(harness.removal_of(entry_of(harness, root / "b"), seen))

    def test_two_processes_share_files_and_locks(self, harness: MemoryWorld) -> None:
        other = harness.storage.of_another_process()
        with other.lock(harness.root), pytest.raises(BusyError), harness.storage.lock(harness.root):
            pass
        other.write_text(harness.root / "a", "theirs")
        assert harness.storage.read_text(harness.root / "a") == "theirs"

    def test_a_file_system_that_makes_its_numbers_up(self, harness: MemoryWorld) -> None:
        """FAT: size, time and device are all that is known."""
        harness.storage.mount("/media/stick", name="usb", is_numbered=False)
        harness.put(harness.root / "stick/a", b"footage")
        entry = harness.storage.entry(harness.root / "stick/a")
        listing = harness.storage.listing(harness.root / "stick")
        assert entry is not None
        for found in (entry.identity, listing.identity_of(listing.files[0])):
            assert (found.device, found.inode, found.ctime_ns) == ("usb", None, None)

    def test_what_is_written_under_one_name_is_read_under_all(self, harness: MemoryWorld) -> None:
        """Hard links; a rename onto one of them leaves the others as they are, and of one onto itself nothing comes."""
        storage, root = harness.storage, harness.root
        harness.put(root / "a", b"1\n")
        harness.put_hard_link(root / "b", root / "a")
        storage.append_line(root / "b", "2")
        assert harness.content(root / "a") == b"1\n2\n"
        storage.publish(root / "a", target=root / "b", replace=True)
        assert harness.names(root) == {"a", "b"}
        storage.rename(root / "b", target=root / "c")
        storage.append_line(root / "c", "3")
        assert harness.content(root / "a") == b"1\n2\n3\n"
        harness.put(root / "d", b"new")
        storage.publish(root / "d", target=root / "c", replace=True)
        assert (harness.content(root / "a"), harness.content(root / "c")) == (b"1\n2\n3\n", b"new")

    def test_a_bind_mount_shows_the_same_files_by_other_names(self, harness: MemoryWorld) -> None:
        storage, root = harness.storage, harness.root
        storage.mount("/media/stick", name="usb")
        harness.put(root / "stick/a", b"footage")
        harness.put_link(root / "stick/up", "a")
        storage.bind(root / "again", shows=root / "stick")
        one, other = storage.entry(root / "stick/a"), storage.entry(root / "again/a")
        assert one is not None
        assert other is not None
        assert one.identity.is_same_file(other.identity)
        assert storage.device_of(root / "again") == "usb"
        assert storage.listing(root / "again") == storage.listing(root / "stick")
        assert storage.resolve(root / "again/up") == root / "again/a"
        assert storage.prune(root / "again", is_root_included=True) == ()
        storage.remove(harness.removal_of(other))
        assert harness.content(root / "stick/a") is None

    def test_a_hard_link_whose_other_name_went_by_another_hand_is_another_file(self, harness: MemoryWorld) -> None:
        """Who else changed it, may have changed more; the next look sees it as it is then."""
        harness.put(harness.root / "a", b"1")
        harness.put_hard_link(harness.root / "b", harness.root / "a")
        seen = entry_of(harness, harness.root / "b")
        harness.take_away(harness.root / "a")
        with pytest.raises(ChangedError):
            harness.storage.remove(harness.removal_of(seen))
        assert harness.storage.remove(harness.removal_of(entry_of(harness, harness.root / "b")))


class TestLocalStorage(StorageContract):
    @pytest.fixture
    def harness(self, tmp_path: Path) -> LocalWorld:
        root = tmp_path.resolve() / "media"
        root.mkdir()
        return LocalWorld(root)

    @pytest.fixture
    def storage(self, harness: LocalWorld) -> LocalStorage:
        return harness.storage

    def test_special_files_do_not_block(self, harness: LocalWorld) -> None:
        os.mkfifo(harness.root / "pipe")
        assert harness.storage.entry(harness.root / "pipe") == entry_of(harness, harness.root / "pipe")
        assert entry_of(harness, harness.root / "pipe").kind is FileKind.OTHER
        with pytest.raises(StorageError, match="not a regular file"):
            copy(harness.storage, harness.root / "pipe", harness.root / "b")
