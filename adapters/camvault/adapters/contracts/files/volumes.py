"""Adapter for pytest: the contract of `Volumes`."""

import pytest

from camvault.adapters.contracts.files.harness import FilesHarness, entry_of
from camvault.ports.entries import FileKind
from camvault.ports.errors import BusyError, ExistsError, NotFoundError
from camvault.ports.files import Volumes


class VolumesContract:
    """What core relies on: folders, space and locks are told as they are.

    Provide:
        storage (`Volumes`): The adapter under test.
        harness (`FilesHarness`): The file system behind it.
    """

    @pytest.fixture
    def harness(self) -> FilesHarness:
        """The file system behind the adapter."""
        raise NotImplementedError("provide the fixture `harness`")

    @pytest.fixture
    def storage(self, harness: FilesHarness) -> Volumes:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `storage`")

    def test_folders_are_made_with_those_above(self, storage: Volumes, harness: FilesHarness) -> None:
        storage.make_folder(harness.root / "a/b/c")
        assert entry_of(harness, harness.root / "a/b/c").kind is FileKind.FOLDER
        storage.make_folder(harness.root / "a/b/c")

    def test_a_new_folder_must_be_new(self, storage: Volumes, harness: FilesHarness) -> None:
        storage.make_folder(harness.root / "a/b", must_be_new=True)
        with pytest.raises(ExistsError):
            storage.make_folder(harness.root / "a/b", must_be_new=True)

    def test_no_folder_where_a_file_is(self, storage: Volumes, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"")
        for path in (harness.root / "a", harness.root / "a/b"):
            with pytest.raises(ExistsError):
                storage.make_folder(path)
        assert harness.content(harness.root / "a") == b""

    def test_a_link_to_a_folder_is_a_folder(self, storage: Volumes, harness: FilesHarness) -> None:
        harness.put_folder(harness.root / "real")
        harness.put_link(harness.root / "link", "real")
        storage.make_folder(harness.root / "link")
        storage.make_folder(harness.root / "link/below")
        assert harness.names(harness.root / "real") == {"below"}

    def test_space_and_device_are_those_of_the_nearest_folder(self, storage: Volumes, harness: FilesHarness) -> None:
        assert storage.free_bytes(harness.root) > 0
        assert storage.free_bytes(harness.root / "no/such/folder") > 0
        assert storage.device_of(harness.root / "no/such/folder") == storage.device_of(harness.root)

    @pytest.mark.parametrize("kind", ["absent", "file", "folder"])
    def test_a_lock_is_exclusive_and_comes_back(self, storage: Volumes, harness: FilesHarness, kind: str) -> None:
        path = harness.root / "lock"
        if kind == "file":
            harness.put(path, b"kept")
        elif kind == "folder":
            harness.put_folder(path)
        with storage.lock(path):
            with pytest.raises(BusyError), storage.lock(path):
                raise AssertionError
            with storage.lock(harness.root / "another"):
                pass
        with storage.lock(path):
            pass
        assert (harness.content(path) or b"kept") == b"kept"

    def test_a_shared_lock_keeps_out_exclusive_ones_only(self, storage: Volumes, harness: FilesHarness) -> None:
        path = harness.root / "lock"
        harness.put_folder(path)
        with storage.lock(path, is_shared=True):
            with storage.lock(path, is_shared=True):
                pass
            with pytest.raises(BusyError), storage.lock(path):
                raise AssertionError
        with storage.lock(path), pytest.raises(BusyError), storage.lock(path, is_shared=True):
            raise AssertionError
        with storage.lock(path, is_shared=True):
            pass

    def test_a_lock_is_given_back_when_the_work_fails(self, storage: Volumes, harness: FilesHarness) -> None:
        with pytest.raises(ValueError, match="x"), storage.lock(harness.root / "lock"):
            raise ValueError("x")
        with storage.lock(harness.root / "lock"):
            pass

    def test_the_holder_of_a_lock_may_remove_its_name(self, storage: Volumes, harness: FilesHarness) -> None:
        with storage.lock(harness.root / "lock"):
            if harness.entry(harness.root / "lock"):
                harness.take_away(harness.root / "lock")
        with storage.lock(harness.root / "lock"):
            pass

    def test_a_lock_needs_its_folder(self, storage: Volumes, harness: FilesHarness) -> None:
        with pytest.raises(NotFoundError), storage.lock(harness.root / "no/lock"):
            raise AssertionError

    def test_a_file_system_is_at_least_as_large_as_what_is_free(self, storage: Volumes, harness: FilesHarness) -> None:
        assert storage.total_bytes(harness.root / "no/such/folder") >= storage.free_bytes(harness.root) > 0
