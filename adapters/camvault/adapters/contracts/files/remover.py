"""Adapter for pytest: the contract of `FileRemover`."""

import pytest

from camvault.adapters.contracts.files.harness import MTIME_NS, FilesHarness, entry_of, make_anew, sha256
from camvault.ports.entries import FileEntry, FileIdentity
from camvault.ports.errors import ChangedError
from camvault.ports.files import FileRemover
from camvault.ports.removal import Removal
from camvault.ports.witness import Witness


def planned_with_witness(harness: FilesHarness, name: str, *, witness: str) -> Removal:
    """The removal of a file of this name, with the file behind the other name as its witness as that is now."""
    path = harness.root / witness
    place = harness.root / {"link": "card/a", "up/a": "card/a"}.get(witness, witness)
    seen = Witness(path, entry_of(harness, place).identity, sha256(b"footage"), sha256(b"footage"))
    return harness.removal_of(entry_of(harness, harness.root / name), seen)


class FileRemoverContract:
    """What core relies on: exactly the file that was meant goes, and no other of its name (INV-2).

    Provide:
        storage (`FileRemover`): The adapter under test.
        harness (`FilesHarness`): The file system behind it.
    """

    @pytest.fixture
    def harness(self) -> FilesHarness:
        """The file system behind the adapter."""
        raise NotImplementedError("provide the fixture `harness`")

    @pytest.fixture
    def storage(self, harness: FilesHarness) -> FileRemover:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `storage`")

    def test_remove_takes_exactly_this_file(self, storage: FileRemover, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"1")
        harness.put(harness.root / "b", b"1")
        planned = harness.removal_of(entry_of(harness, harness.root / "a"))
        assert storage.remove(planned)
        assert harness.names(harness.root) == {"b"}
        assert not storage.remove(planned)

    @pytest.mark.parametrize("identity", [FileIdentity(2, MTIME_NS), FileIdentity(1, MTIME_NS + 1_000_000_000)])
    def test_remove_keeps_another_file_of_the_same_name(
        self, storage: FileRemover, harness: FilesHarness, identity: FileIdentity
    ) -> None:
        """INV-2."""
        harness.put(harness.root / "a", b"1")
        planned = harness.removal_of(entry_of(harness, harness.root / "a"))
        harness.put(harness.root / "a", b"x" * identity.size_bytes, identity.mtime_ns)
        with pytest.raises(ChangedError):
            storage.remove(planned)
        assert harness.content(harness.root / "a") == b"x" * identity.size_bytes

    def test_remove_keeps_a_file_that_was_made_anew(self, storage: FileRemover, harness: FilesHarness) -> None:
        """INV-2, although size and time are equal: where the file system knows more than these."""
        harness.put(harness.root / "a", b"old")
        planned = harness.removal_of(entry_of(harness, harness.root / "a"))
        make_anew(harness, harness.root / "a", content=b"new")
        if planned.identity.inode is None:
            assert storage.remove(planned)
            return
        with pytest.raises(ChangedError):
            storage.remove(planned)
        assert harness.content(harness.root / "a") == b"new"

    def test_remove_believes_a_record_that_knows_size_and_time(
        self, storage: FileRemover, harness: FilesHarness
    ) -> None:
        harness.put(harness.root / "a", b"1")
        assert storage.remove(harness.removal_of(FileEntry(harness.root / "a", FileIdentity(1, MTIME_NS))))

    def test_remove_takes_several_names_of_one_file(self, storage: FileRemover, harness: FilesHarness) -> None:
        """Planned together: that one name goes changes the ctime of the file, and does not make it another one."""
        harness.put(harness.root / "a", b"1")
        harness.put_hard_link(harness.root / "b", harness.root / "a")
        harness.put_hard_link(harness.root / "c", harness.root / "a")
        planned = [harness.removal_of(entry_of(harness, harness.root / name)) for name in ("a", "b")]
        assert list(map(storage.remove, planned)) == [True, True]
        assert harness.content(harness.root / "c") == b"1"
        assert harness.names(harness.root) == {"c"}

    def test_remove_looks_at_the_witness_once_more(self, storage: FileRemover, harness: FilesHarness) -> None:
        """INV-1: it is there and another file; then the file goes, and the witness stays."""
        harness.put(harness.root / "a", b"footage")
        harness.put(harness.root / "copy", b"footage")
        assert storage.remove(planned_with_witness(harness, "a", witness="copy"))
        assert harness.names(harness.root) == {"copy"}

    @pytest.mark.parametrize("way", ["gone", "changed", "made anew", "folder gone"])
    def test_remove_keeps_what_has_no_witness_any_more(
        self, storage: FileRemover, harness: FilesHarness, way: str
    ) -> None:
        harness.put(harness.root / "a", b"footage")
        copy = harness.root / "there/copy"
        harness.put(copy, b"footage")
        planned = planned_with_witness(harness, "a", witness="there/copy")
        if way == "changed":
            harness.put(copy, b"other", MTIME_NS + 5_000_000_000)
        elif way == "made anew":
            make_anew(harness, copy, content=b"anotheR")
        else:
            harness.take_away(copy)
        if way == "folder gone":
            harness.take_away(copy.parent)
        with pytest.raises(ChangedError, match="kept"):
            storage.remove(planned)
        assert harness.content(harness.root / "a") == b"footage"

    @pytest.mark.parametrize("alias", ["itself", "hard link", "link", "link to the folder"])
    def test_remove_keeps_a_file_whose_witness_is_itself(
        self, storage: FileRemover, harness: FilesHarness, alias: str
    ) -> None:
        harness.put(harness.root / "card/a", b"footage")
        name = {"itself": "card/a", "hard link": "hard", "link": "link", "link to the folder": "up/a"}[alias]
        harness.put_hard_link(harness.root / "hard", harness.root / "card/a")
        harness.put_link(harness.root / "link", "card/a")
        harness.put_link(harness.root / "up", "card")
        with pytest.raises(ChangedError, match="kept"):
            storage.remove(planned_with_witness(harness, "card/a", witness=name))
        assert harness.content(harness.root / "card/a") == b"footage"

    def test_remove_takes_the_link_and_not_what_it_points_to(self, storage: FileRemover, harness: FilesHarness) -> None:
        harness.put(harness.root / "footage", b"precious")
        harness.put_link(harness.root / "link", "footage")
        assert storage.remove(harness.removal_of(entry_of(harness, harness.root / "link")))
        assert harness.names(harness.root) == {"footage"}

    def test_a_removal_of_a_file_does_not_fit_a_link_to_it(self, storage: FileRemover, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"1" * 100)
        planned = harness.removal_of(entry_of(harness, harness.root / "a"))
        harness.take_away(harness.root / "a")
        harness.put(harness.root / "footage", b"1" * 100)
        harness.put_link(harness.root / "a", "footage")
        with pytest.raises(ChangedError):
            storage.remove(planned)
        assert harness.names(harness.root) == {"a", "footage"}

    def test_remove_takes_no_folder(self, storage: FileRemover, harness: FilesHarness) -> None:
        harness.put_folder(harness.root / "folder")
        with pytest.raises(ChangedError):
            storage.remove(harness.removal_of(entry_of(harness, harness.root / "folder")))
        assert harness.names(harness.root) == {"folder"}

    def test_remove_below_nothing_is_gone_already(self, storage: FileRemover, harness: FilesHarness) -> None:
        assert not storage.remove(harness.removal_of(FileEntry(harness.root / "no/file", FileIdentity(0, 0))))

    def test_prune_takes_empty_folders_deepest_first(self, storage: FileRemover, harness: FilesHarness) -> None:
        harness.put_folder(harness.root / "a/b/c")
        harness.put_folder(harness.root / "d")
        harness.put(harness.root / "e/f/file", b"")
        harness.put_link(harness.root / "e/link", "../d")
        harness.put_folder(harness.root / "e/g")
        r = harness.root
        assert storage.prune(r) == (r / "a/b/c", r / "a/b", r / "a", r / "d", r / "e/g")
        assert harness.names(r) == {"e"}
        assert harness.names(r / "e") == {"f", "link"}

    def test_prune_takes_the_root_only_if_asked_and_empty(self, storage: FileRemover, harness: FilesHarness) -> None:
        harness.put(harness.root / "x/y/file", b"")
        assert storage.prune(harness.root / "x", is_root_included=True) == ()
        harness.take_away(harness.root / "x/y/file")
        assert storage.prune(harness.root / "x/y") == ()
        assert storage.prune(harness.root / "x", is_root_included=True) == (harness.root / "x/y", harness.root / "x")
        assert storage.prune(harness.root / "x", is_root_included=True) == ()

    def test_prune_of_what_is_no_folder_removes_nothing(self, storage: FileRemover, harness: FilesHarness) -> None:
        harness.put(harness.root / "file", b"")
        harness.put_folder(harness.root / "empty")
        harness.put_link(harness.root / "link", "empty")
        for name in ("file", "file/below", "link"):
            assert storage.prune(harness.root / name, is_root_included=True) == ()
        assert harness.names(harness.root) == {"file", "empty", "link"}
