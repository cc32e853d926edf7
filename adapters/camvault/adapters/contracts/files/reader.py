"""Adapter for pytest: the contract of `FolderReader`."""

import os
import time

import attrs
import pytest

from camvault.adapters.contracts.files.harness import MTIME_NS, NAMES, FilesHarness, entry_of, make_anew
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.files import FolderReader
from camvault.ports.witness import Sameness


class FolderReaderContract:
    """What core relies on: what is there is seen, and silence is never "nothing there".

    Provide:
        storage (`FolderReader`): The adapter under test.
        harness (`FilesHarness`): The file system behind it.
    """

    @pytest.fixture
    def harness(self) -> FilesHarness:
        """The file system behind the adapter."""
        raise NotImplementedError("provide the fixture `harness`")

    @pytest.fixture
    def storage(self, harness: FilesHarness) -> FolderReader:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `storage`")

    @pytest.mark.parametrize("name", NAMES)
    def test_entry_is_what_stands_under_the_name(self, storage: FolderReader, harness: FilesHarness, name: str) -> None:
        harness.put(harness.root / name, b"12345")
        assert storage.entry(harness.root / name) == FileEntry(harness.root / name, FileIdentity(5, MTIME_NS))

    def test_entry_follows_no_link(self, storage: FolderReader, harness: FilesHarness) -> None:
        harness.put(harness.root / "file", b"12345")
        harness.put_link(harness.root / "link", "file")
        harness.put_link(harness.root / "dangling", "nowhere")
        found = [storage.entry(harness.root / name) for name in ("link", "dangling")]
        assert [entry and entry.kind for entry in found] == [FileKind.SYMLINK, FileKind.SYMLINK]

    def test_entry_of_what_does_not_exist_is_none(self, storage: FolderReader, harness: FilesHarness) -> None:
        harness.put(harness.root / "file", b"")
        assert storage.entry(harness.root / "absent") is None
        assert storage.entry(harness.root / "absent/below") is None
        assert storage.entry(harness.root / "file/below") is None

    def test_a_file_that_nobody_writes_to(self, storage: FolderReader, harness: FilesHarness) -> None:
        """It is not taken for one that somebody writes to; what is not there, or no file, is told."""
        harness.put(harness.root / "file", b"12345")
        assert not storage.is_being_written(harness.root / "file")
        with pytest.raises(NotFoundError):
            storage.is_being_written(harness.root / "absent")
        with pytest.raises(StorageError):
            storage.is_being_written(harness.root)

    def test_scan_lists_parents_first_and_names_bytewise(self, storage: FolderReader, harness: FilesHarness) -> None:
        for name in (*NAMES, "d/x", "d/y/z", "d.txt", "d-"):
            harness.put(harness.root / name, b"")
        harness.put_folder(harness.root / "empty")
        found = [entry.path for entry in storage.scan(harness.root)]
        parts = [[os.fsencode(part) for part in path.relative_to(harness.root).parts] for path in found]
        assert parts == sorted(parts)
        assert len(found) == len(set(found)) == len(NAMES) + 7

    def test_scan_does_not_follow_links(self, storage: FolderReader, harness: FilesHarness) -> None:
        harness.put(harness.root / "tree/file", b"")
        harness.put_link(harness.root / "tree/up", "..")
        assert [(e.path.name, e.kind) for e in storage.scan(harness.root / "tree")] == [
            ("file", FileKind.FILE),
            ("up", FileKind.SYMLINK),
        ]

    def test_children_are_those_of_the_folder_itself(self, storage: FolderReader, harness: FilesHarness) -> None:
        harness.put(harness.root / "b/c", b"x")
        harness.put(harness.root / "a", b"xy")

        found = storage.children(harness.root)

        assert [(e.path.name, e.kind) for e in found] == [("a", FileKind.FILE), ("b", FileKind.FOLDER)]
        assert found[0] == storage.entry(harness.root / "a")
        with pytest.raises(NotFoundError):
            storage.children(harness.root / "nothing")

    def test_a_listing_is_what_children_are(self, storage: FolderReader, harness: FilesHarness) -> None:
        for name in (*NAMES, "d/x", "d.txt"):
            harness.put(harness.root / name, b"12345")
        harness.put_link(harness.root / "link", "nowhere")
        harness.put_folder(harness.root / "empty")

        listing = storage.listing(harness.root)

        by_kind: dict[FileKind, list[FileEntry]] = {kind: [] for kind in FileKind}
        for entry in storage.children(harness.root):
            by_kind[entry.kind].append(entry)
        assert [FileEntry(harness.root / f.name, f.identity) for f in listing.files] == by_kind[FileKind.FILE]
        assert list(listing.folders) == [entry.path.name for entry in by_kind[FileKind.FOLDER]]
        assert list(listing.others) == ["link"]
        assert not listing.is_empty
        assert storage.listing(harness.root / "empty").is_empty
        for name in ("nothing", "link", "d.txt"):
            with pytest.raises(NotFoundError):
                storage.listing(harness.root / name)

    def test_an_identity_is_all_that_the_file_system_knows(self, storage: FolderReader, harness: FilesHarness) -> None:
        """Whichever way it is looked at."""
        harness.put(harness.root / "a", b"12345")
        (listed,) = (listing := storage.listing(harness.root)).files
        (scanned,), (child,) = storage.scan(harness.root), storage.children(harness.root)
        entry = storage.entry(harness.root / "a")
        assert entry is not None
        wanted = facts(entry_of(harness, harness.root / "a").identity)
        found = [entry.identity, scanned.identity, child.identity, listing.identity_of(listed)]
        assert list(map(facts, found)) == [wanted] * 4

    def test_a_file_that_was_made_anew_is_another_one(self, storage: FolderReader, harness: FilesHarness) -> None:
        """With equal size and time too, where the file system knows more than these."""
        harness.put(harness.root / "a", b"12345")
        before = storage.entry(harness.root / "a")
        assert before is not None
        make_anew(harness, harness.root / "a", content=b"54321")
        after = storage.entry(harness.root / "a")
        assert after is not None
        assert after == before
        assert after.identity.is_same_file(before.identity) == (before.identity.inode is None)

    def test_all_names_of_a_file_are_of_one_file(self, storage: FolderReader, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"12345")
        harness.put_hard_link(harness.root / "b/c", harness.root / "a")
        one, other = storage.entry(harness.root / "a"), storage.entry(harness.root / "b/c")
        assert one is not None
        assert other is not None
        assert facts(one.identity) == facts(other.identity)

    def test_a_file_that_changed_is_listed_otherwise(self, storage: FolderReader, harness: FilesHarness) -> None:
        """Also with the same size and time; a clock may need some ticks for it."""
        harness.put(harness.root / "a", b"12345")
        (before,) = storage.listing(harness.root).files
        assert storage.listing(harness.root).files == (before,)
        deadline_s = time.monotonic() + 10
        while True:
            harness.put(harness.root / "a", b"54321")
            (after,) = storage.listing(harness.root).files
            if after != before or time.monotonic() > deadline_s:
                break
        assert (after.name, after.identity) == (before.name, before.identity)
        assert after != before

    def test_scan_of_nothing_is_an_error_and_not_an_empty_folder(
        self, storage: FolderReader, harness: FilesHarness
    ) -> None:
        with pytest.raises(NotFoundError):
            list(storage.scan(harness.root / "absent"))
        harness.put(harness.root / "file", b"")
        with pytest.raises(NotFoundError):
            list(storage.scan(harness.root / "file"))

    def test_scan_survives_what_is_removed_meanwhile(self, storage: FolderReader, harness: FilesHarness) -> None:
        for name in ("1", "2", "3/4", "5"):
            harness.put(harness.root / name, b"")
        seen = []
        for entry in storage.scan(harness.root):
            seen.append(entry.path.name)
            if entry.path.name == "1":
                harness.take_away(harness.root / "2")
                harness.take_away(harness.root / "3/4")
                harness.take_away(harness.root / "3")
        assert seen == ["1", "5"]

    def test_resolve_follows_every_link_and_needs_no_last_part(
        self, storage: FolderReader, harness: FilesHarness
    ) -> None:
        harness.put_folder(harness.root / "real")
        harness.put_link(harness.root / "link", "real")
        harness.put_link(harness.root / "absolute", str(harness.root / "link"))
        assert storage.resolve(harness.root / "absolute/../link/a/b") == harness.root / "real/a/b"

    @pytest.mark.parametrize(
        ("other", "expected"),
        [
            ("card/a", Sameness.ONE),
            ("hard", Sameness.ONE),
            ("link", Sameness.ONE),
            ("up/a", Sameness.ONE),
            ("copy", Sameness.TWO),
            ("card/copy", Sameness.TWO),
        ],
    )
    def test_one_file_by_many_names_is_one(
        self, storage: FolderReader, harness: FilesHarness, other: str, expected: Sameness
    ) -> None:
        """A copy is another file, although its content, its size and its time are equal."""
        root = harness.root
        for name in ("card/a", "card/copy", "copy"):
            harness.put(root / name, b"footage")
        harness.put_hard_link(root / "hard", root / "card/a")
        harness.put_link(root / "link", "card/a")
        harness.put_link(root / "up", "card")
        before = harness.names(root), harness.names(root / "card")
        assert storage.is_one_file(root / "card/a", root / other) is expected
        assert storage.is_one_file(root / other, root / "card/a") is expected
        assert (harness.names(root), harness.names(root / "card")) == before

    def test_whether_nothing_is_one_file_is_an_error(self, storage: FolderReader, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"footage")
        for one, other in (("a", "absent"), ("absent", "a"), ("absent", "absent")):
            with pytest.raises(NotFoundError):
                storage.is_one_file(harness.root / one, harness.root / other)
        with pytest.raises(StorageError, match="not a regular file"):
            storage.is_one_file(harness.root / "a", harness.root)


def facts(identity: FileIdentity) -> tuple[object, ...]:
    """All of it: `==` compares size and mtime only."""
    return attrs.astuple(identity)
