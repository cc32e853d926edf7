"""Adapter for pytest: the contract of `FileCopier`."""

import os
import threading

import attrs
import pytest

from camvault.adapters.contracts.files.harness import (
    MTIME_NS,
    NAMES,
    FilesHarness,
    copy,
    digest,
    entry_of,
    read_back,
    sha256,
)
from camvault.adapters.contracts.stop import StopRequest
from camvault.ports.entries import Copied, FileEntry, FileIdentity, FileKind
from camvault.ports.errors import Cancelled, ChangedError, ExistsError, NotFoundError, StorageError
from camvault.ports.files import FileCopier


class FileCopierContract:
    """What core relies on: under its final name a file is complete, and nothing is ever written over.

    Provide:
        storage (`FileCopier`): The adapter under test.
        harness (`FilesHarness`): The file system behind it.
    """

    @pytest.fixture
    def harness(self) -> FilesHarness:
        """The file system behind the adapter."""
        raise NotImplementedError("provide the fixture `harness`")

    @pytest.fixture
    def storage(self, harness: FilesHarness) -> FileCopier:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `storage`")

    @pytest.mark.parametrize("size_bytes", [0, 1, 65_535, 65_536, 65_537, 400_000])
    def test_copy_gives_content_mtime_and_digest(
        self, storage: FileCopier, harness: FilesHarness, size_bytes: int
    ) -> None:
        content = os.urandom(size_bytes)
        harness.put(harness.root / "a", content)
        done: list[int] = []
        copied = copy(storage, harness.root / "a", harness.root / "b", on_bytes=done.append)
        assert copied == Copied(FileIdentity(size_bytes, MTIME_NS), sha256(content))
        assert sum(done) == size_bytes
        assert harness.content(harness.root / "b") == content
        assert entry_of(harness, harness.root / "b").identity == copied.identity
        assert harness.names(harness.root) == {"a", "b"}

    @pytest.mark.parametrize("name", [*NAMES, "x" * 255, "ä" * 127])
    def test_copy_to_any_name(self, storage: FileCopier, harness: FilesHarness, name: str) -> None:
        harness.put(harness.root / "in/source", b"footage")
        copy(storage, harness.root / "in/source", harness.root / name)
        assert harness.names(harness.root) == {"in", name}

    @pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling link"])
    def test_copy_never_overwrites(self, storage: FileCopier, harness: FilesHarness, kind: str) -> None:
        harness.put(harness.root / "a", b"new")
        target = harness.root / "b"
        if kind == "file":
            harness.put(target, b"old")
        elif kind == "folder":
            harness.put_folder(target)
        else:
            harness.put_link(target, "a" if kind == "link" else "nowhere")
        before = entry_of(harness, target)
        with pytest.raises(ExistsError):
            copy(storage, harness.root / "a", target)
        assert entry_of(harness, target) == before
        assert harness.content(harness.root / "a") == b"new"
        assert harness.names(harness.root) == {"a", "b"}

    def test_copy_onto_itself_is_refused(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"footage")
        with pytest.raises(ExistsError):
            copy(storage, harness.root / "a", harness.root / "a")
        assert harness.content(harness.root / "a") == b"footage"

    def test_copy_follows_a_linked_source(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "real", b"footage")
        harness.put_link(harness.root / "link", "real")
        assert copy(storage, harness.root / "link", harness.root / "b").sha256 == sha256(b"footage")
        assert entry_of(harness, harness.root / "b").kind is FileKind.FILE

    def test_copy_names_what_is_missing(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"x")
        with pytest.raises(NotFoundError) as no_source:
            copy(storage, harness.root / "absent", harness.root / "b")
        assert no_source.value.path == harness.root / "absent"
        with pytest.raises(NotFoundError) as no_folder:
            copy(storage, harness.root / "a", harness.root / "absent/b")
        assert no_folder.value.path == harness.root / "absent/b"

    def test_copy_of_a_folder_is_refused(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put_folder(harness.root / "folder")
        with pytest.raises(StorageError, match="not a regular file"):
            copy(storage, harness.root / "folder", harness.root / "b")
        assert harness.names(harness.root) == {"folder"}

    def test_a_source_that_changes_meanwhile_is_refused(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"x" * 200_000)

        def change(_: int) -> None:
            harness.put(harness.root / "a", b"y" * 200_000, MTIME_NS + 1_000_000_000)

        with pytest.raises(ChangedError):
            copy(storage, harness.root / "a", harness.root / "b", on_bytes=change)
        assert harness.names(harness.root) == {"a"}

    def test_a_source_that_grows_meanwhile_is_refused(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"x" * 200_000)
        with pytest.raises(ChangedError):
            copy(storage, harness.root / "a", harness.root / "b",
                 on_bytes=lambda _: harness.put(harness.root / "a", b"x" * 200_001))  # fmt: skip
        assert harness.names(harness.root) == {"a"}

    def test_a_target_that_appears_meanwhile_is_not_overwritten(
        self, storage: FileCopier, harness: FilesHarness
    ) -> None:
        harness.put(harness.root / "a", b"new")
        with pytest.raises(ExistsError):
            copy(
                storage,
                harness.root / "a",
                harness.root / "b",
                on_bytes=lambda _: harness.put(harness.root / "b", b"racing"),
            )
        assert harness.content(harness.root / "b") == b"racing"
        assert harness.names(harness.root) == {"a", "b"}

    def test_a_cancelled_copy_leaves_nothing(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"x" * 200_000)
        stop = StopRequest()
        with pytest.raises(Cancelled):
            copy(storage, harness.root / "a", harness.root / "b", cancel=stop, on_bytes=lambda _: stop.request())
        assert harness.names(harness.root) == {"a"}

    def test_a_copy_that_is_not_begun_leaves_nothing(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"x")
        stop = StopRequest(after_checks=0)
        with pytest.raises(Cancelled):
            copy(storage, harness.root / "a", harness.root / "b", cancel=stop)
        assert harness.names(harness.root) == {"a"}

    def test_a_callback_that_raises_leaves_nothing(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"x")

        def burst(_: int) -> None:
            raise ValueError("x")

        with pytest.raises(ValueError, match="x"):
            copy(storage, harness.root / "a", harness.root / "b", on_bytes=burst)
        assert harness.names(harness.root) == {"a"}

    def test_a_leftover_of_a_crash_does_not_disturb(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"new")
        harness.put(harness.leftover_of(harness.root / "b"), b"half of someth")
        copy(storage, harness.root / "a", harness.root / "b")
        assert harness.content(harness.root / "b") == b"new"
        assert harness.names(harness.root) == {"a", "b"}

    def test_a_leftover_that_is_a_link_does_not_lead_us_astray(
        self, storage: FileCopier, harness: FilesHarness
    ) -> None:
        harness.put(harness.root / "a", b"new")
        harness.put(harness.root / "footage", b"precious")
        harness.put_link(harness.leftover_of(harness.root / "b"), "footage")
        copy(storage, harness.root / "a", harness.root / "b")
        assert harness.content(harness.root / "footage") == b"precious"
        assert harness.content(harness.root / "b") == b"new"

    def test_digest_is_of_the_content(self, storage: FileCopier, harness: FilesHarness) -> None:
        content = os.urandom(150_000)
        harness.put(harness.root / "a", content)
        done: list[int] = []
        found = storage.digest(harness.root / "a", on_bytes=done.append, cancel=StopRequest())
        assert found == sha256(content)
        assert sum(done) == len(content)

    def test_digest_of_what_cannot_be_read(self, storage: FileCopier, harness: FilesHarness) -> None:
        with pytest.raises(NotFoundError):
            digest(storage, harness.root / "absent")
        with pytest.raises(StorageError, match="not a regular file"):
            digest(storage, harness.root)

    def test_digest_of_a_changing_file_is_none_at_all(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"x" * 100_000)
        with pytest.raises(ChangedError):
            storage.digest(
                harness.root / "a",
                on_bytes=lambda _: harness.put(harness.root / "a", b"y", MTIME_NS + 5_000_000_000),
                cancel=StopRequest(),
            )

    def test_digest_can_be_cancelled(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"x" * 100_000)
        stop = StopRequest()
        with pytest.raises(Cancelled):
            storage.digest(harness.root / "a", on_bytes=lambda _: stop.request(), cancel=stop)

    def test_read_back_says_which_file_it_was_and_what_it_holds(
        self, storage: FileCopier, harness: FilesHarness
    ) -> None:
        """Odd sizes too: what is read past a cache comes in whole blocks."""
        for size_bytes in (0, 1, 511, 512, 4096, 150_001):
            content = os.urandom(size_bytes)
            harness.put(harness.root / "a", content)
            done: list[int] = []
            found = storage.read_back(harness.root / "a", on_bytes=done.append, cancel=StopRequest())
            assert found.sha256 == sha256(content)
            assert found.identity.is_same_file(entry_of(harness, harness.root / "a").identity)
            assert sum(done) == size_bytes

    def test_read_back_follows_links(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"footage")
        harness.put_link(harness.root / "link", "a")
        found = read_back(storage, harness.root / "link")
        assert found.sha256 == sha256(b"footage")
        assert found.identity.is_same_file(entry_of(harness, harness.root / "a").identity)

    def test_read_back_of_what_cannot_be_read(self, storage: FileCopier, harness: FilesHarness) -> None:
        with pytest.raises(NotFoundError):
            read_back(storage, harness.root / "absent")
        with pytest.raises(StorageError, match="not a regular file"):
            read_back(storage, harness.root)

    def test_read_back_of_a_changing_file_is_none_at_all(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"x" * 100_000)
        with pytest.raises(ChangedError):
            storage.read_back(
                harness.root / "a",
                on_bytes=lambda _: harness.put(harness.root / "a", b"y", MTIME_NS + 5_000_000_000),
                cancel=StopRequest(),
            )

    def test_read_back_can_be_cancelled(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"x" * 100_000)
        stop = StopRequest()
        with pytest.raises(Cancelled):
            storage.read_back(harness.root / "a", on_bytes=lambda _: stop.request(), cancel=stop)

    def test_publish_gives_the_final_name(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / ".part", b"done")
        entry = storage.publish(harness.root / ".part", target=harness.root / "b")
        assert entry == FileEntry(harness.root / "b", FileIdentity(4, MTIME_NS))
        assert harness.names(harness.root) == {"b"}

    def test_publish_overwrites_only_if_asked(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / ".part", b"new")
        harness.put(harness.root / "b", b"old")
        with pytest.raises(ExistsError):
            storage.publish(harness.root / ".part", target=harness.root / "b")
        assert harness.content(harness.root / "b") == b"old"
        assert harness.content(harness.root / ".part") == b"new"
        storage.publish(harness.root / ".part", target=harness.root / "b", replace=True)
        assert harness.content(harness.root / "b") == b"new"
        assert harness.names(harness.root) == {"b"}

    def test_publish_replaces_no_folder(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / ".part", b"new")
        harness.put(harness.root / "b/inner", b"old")
        with pytest.raises(StorageError):
            storage.publish(harness.root / ".part", target=harness.root / "b", replace=True)
        assert harness.content(harness.root / "b/inner") == b"old"

    def test_publish_of_nothing(self, storage: FileCopier, harness: FilesHarness) -> None:
        with pytest.raises(NotFoundError) as error:
            storage.publish(harness.root / ".part", target=harness.root / "b")
        assert error.value.path == harness.root / ".part"

    def test_publish_stays_in_its_folder(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "x/.part", b"")
        with pytest.raises(StorageError, match="not in the folder"):
            storage.publish(harness.root / "x/.part", target=harness.root / "b")

    def test_move_takes_a_file_to_another_folder(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "live/a", b"footage")
        harness.put(harness.root / "done/other", b"")

        entry = storage.move(harness.root / "live/a", target=harness.root / "done/a")

        assert entry == FileEntry(harness.root / "done/a", FileIdentity(7, MTIME_NS))
        assert harness.content(harness.root / "done/a") == b"footage"
        assert harness.names(harness.root / "live") == set()

    def test_what_came_of_it_is_the_file_under_its_final_name(self, storage: FileCopier, harness: FilesHarness) -> None:
        """A rename changes the ctime: an identity from before it would be that of another file."""
        for name in ("copied", "published", "moved"):
            harness.put_folder(harness.root / name)
        harness.put(harness.root / "a", b"footage")
        copied = copy(storage, harness.root / "a", harness.root / "copied/b")
        harness.put(harness.root / "published/.part", b"footage")
        published = storage.publish(harness.root / "published/.part", target=harness.root / "published/b")
        moved = storage.move(harness.root / "a", target=harness.root / "moved/b")
        told = {"copied": copied.identity, "published": published.identity, "moved": moved.identity}
        found = {name: entry_of(harness, harness.root / name / "b").identity for name in told}
        assert {name: attrs.astuple(each) for name, each in told.items()} == {
            name: attrs.astuple(each) for name, each in found.items()
        }

    def test_move_never_overwrites(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "live/a", b"new")
        harness.put(harness.root / "done/a", b"old")

        with pytest.raises(ExistsError):
            storage.move(harness.root / "live/a", target=harness.root / "done/a")

        assert harness.content(harness.root / "done/a") == b"old"
        assert harness.content(harness.root / "live/a") == b"new"

    def test_move_of_nothing_or_to_nowhere(self, storage: FileCopier, harness: FilesHarness) -> None:
        harness.put(harness.root / "a", b"x")

        with pytest.raises(NotFoundError):
            storage.move(harness.root / "b", target=harness.root / "c")
        with pytest.raises(NotFoundError):
            storage.move(harness.root / "a", target=harness.root / "missing/a")

        assert harness.content(harness.root / "a") == b"x"

    def test_copies_in_several_threads(self, storage: FileCopier, harness: FilesHarness) -> None:
        contents = {n: os.urandom(70_000) for n in range(4)}
        for n, content in contents.items():
            harness.put(harness.root / f"in/{n}", content)
        threads = [
            threading.Thread(target=copy, args=(storage, harness.root / f"in/{n}", harness.root / f"{n}"))
            for n in contents
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert {n: harness.content(harness.root / f"{n}") for n in contents} == contents
