"""Adapter for pytest: the contract of `RecordStore`."""

import pytest

from camvault.adapters.contracts.files.harness import FilesHarness
from camvault.ports.errors import ExistsError, NotFoundError, StorageError
from camvault.ports.files import RecordStore


class RecordStoreContract:
    """What core relies on: a text is the old or the new one, and a torn line is never merged with the next.

    Provide:
        storage (`RecordStore`): The adapter under test.
        harness (`FilesHarness`): The file system behind it.
    """

    @pytest.fixture
    def harness(self) -> FilesHarness:
        """The file system behind the adapter."""
        raise NotImplementedError("provide the fixture `harness`")

    @pytest.fixture
    def storage(self, harness: FilesHarness) -> RecordStore:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `storage`")

    @pytest.mark.parametrize("text", ["", "a", "a\nb\n", "\r\n", "ä\x00", "\udcff\udc80", "x" * 20_000])
    def test_a_text_comes_back_as_it_was(self, storage: RecordStore, harness: FilesHarness, text: str) -> None:
        storage.write_text(harness.root / "t", "before")
        storage.write_text(harness.root / "t", text)
        assert storage.read_text(harness.root / "t") == text
        assert harness.content(harness.root / "t") == text.encode("utf-8", "surrogateescape")
        assert harness.names(harness.root) == {"t"}

    def test_a_text_has_the_time_that_it_is_given(self, storage: RecordStore, harness: FilesHarness) -> None:
        storage.write_text(harness.root / "t", "text", mtime_ns=1_752_833_700_000_000_000)
        entry = harness.entry(harness.root / "t")
        assert entry is not None
        assert entry.identity.mtime_ns == 1_752_833_700_000_000_000

    def test_no_file_has_no_text(self, storage: RecordStore, harness: FilesHarness) -> None:
        assert storage.read_text(harness.root / "t") is None
        assert storage.read_text(harness.root / "no/t") is None

    def test_a_folder_is_no_text(self, storage: RecordStore, harness: FilesHarness) -> None:
        harness.put_folder(harness.root / "t")
        with pytest.raises(StorageError):
            storage.read_text(harness.root / "t")
        with pytest.raises(StorageError):
            storage.write_text(harness.root / "t", "x")
        with pytest.raises(StorageError):
            storage.append_line(harness.root / "t", "x")
        assert harness.names(harness.root) == {"t"}

    def test_a_text_needs_its_folder(self, storage: RecordStore, harness: FilesHarness) -> None:
        with pytest.raises(NotFoundError) as error:
            storage.write_text(harness.root / "no/t", "x")
        assert error.value.path == harness.root / "no/t"
        with pytest.raises(NotFoundError):
            storage.append_line(harness.root / "no/t", "x")

    def test_lines_are_added(self, storage: RecordStore, harness: FilesHarness) -> None:
        for line in ("one", "", "zwö", "\udcff"):
            storage.append_line(harness.root / "log", line)
        assert storage.read_text(harness.root / "log") == "one\n\nzwö\n\udcff\n"

    @pytest.mark.parametrize("torn", [b"", b"t", b"torn", b"\xff", b"\0\0\0", b"x" * 10_000])
    def test_a_torn_line_is_dropped_and_never_merged(
        self, storage: RecordStore, harness: FilesHarness, torn: bytes
    ) -> None:
        harness.put(harness.root / "log", b"one\n" + torn)
        storage.append_line(harness.root / "log", "two")
        assert harness.content(harness.root / "log") == b"one\ntwo\n"

    def test_a_file_that_is_one_torn_line_begins_anew(self, storage: RecordStore, harness: FilesHarness) -> None:
        harness.put(harness.root / "log", b"x" * 9_000)
        storage.append_line(harness.root / "log", "one")
        assert harness.content(harness.root / "log") == b"one\n"

    def test_a_line_is_one_line(self, storage: RecordStore, harness: FilesHarness) -> None:
        with pytest.raises(ValueError, match="newline"):
            storage.append_line(harness.root / "log", "one\ntwo")
        assert harness.names(harness.root) == set()

    def test_lines_are_added_to_what_a_link_leads_to(self, storage: RecordStore, harness: FilesHarness) -> None:
        harness.put(harness.root / "real", b"one\n")
        harness.put_link(harness.root / "log", "real")
        storage.append_line(harness.root / "log", "two")
        assert harness.content(harness.root / "real") == b"one\ntwo\n"

    def test_rename_overwrites_nothing(self, storage: RecordStore, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"a")
        harness.put(harness.root / "b", b"b")
        with pytest.raises(ExistsError):
            storage.rename(harness.root / "a", target=harness.root / "b")
        storage.rename(harness.root / "a", target=harness.root / "c")
        assert harness.names(harness.root) == {"b", "c"}
        assert harness.content(harness.root / "b") == b"b"

    def test_rename_of_nothing(self, storage: RecordStore, harness: FilesHarness) -> None:
        with pytest.raises(NotFoundError) as error:
            storage.rename(harness.root / "a", target=harness.root / "b")
        assert error.value.path == harness.root / "a"

    def test_rename_takes_folders_with_all_that_is_in_them(self, storage: RecordStore, harness: FilesHarness) -> None:
        harness.put(harness.root / "a/b/c", b"c")
        storage.rename(harness.root / "a", target=harness.root / "z")
        assert harness.content(harness.root / "z/b/c") == b"c"
        assert harness.names(harness.root) == {"z"}

    def test_rename_stays_in_its_folder(self, storage: RecordStore, harness: FilesHarness) -> None:
        harness.put(harness.root / "x/.part", b"")
        with pytest.raises(StorageError, match="not in the folder"):
            storage.rename(harness.root / "x/.part", target=harness.root / "b")
