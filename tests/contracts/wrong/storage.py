"""Wrong adapters of the parts of `Storage`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath

import attrs
import pytest

from camvault.adapters.contracts.files import (
    FileCopierContract,
    FileRemoverContract,
    FolderReaderContract,
    RecordStoreContract,
    VolumesContract,
)
from camvault.adapters.memory import MemoryStorage
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.errors import (
    CamvaultError,
    ChangedError,
    StorageError,
)
from camvault.ports.files import OnBytes
from camvault.ports.removal import Removal
from camvault.ports.witness import FileRead, Sameness
from tests.contracts import (
    test_files,
)
from tests.contracts.wrong.refusal import by


class _Files:
    """In memory, with a storage of another type."""

    storage_type: type[MemoryStorage]

    @pytest.fixture
    def harness(self) -> test_files.MemoryWorld:
        return test_files.MemoryWorld(storage=self.storage_type())

    @pytest.fixture
    def storage(self, harness: test_files.MemoryWorld) -> MemoryStorage:
        return harness.storage


class _Empty(MemoryStorage):
    """Takes what it cannot list for an empty folder."""

    def scan(self, root: PurePath, /) -> Iterator[FileEntry]:
        try:
            yield from super().scan(root)
        except StorageError:
            return


class TestReaderThatTakesAnErrorForNothing(_Files, FolderReaderContract):
    REFUSED_BY = by("scan_of_nothing_is_an_error_and_not_an_empty_folder")
    storage_type = _Empty


class _Following(MemoryStorage):
    def entry(self, path: PurePath, /) -> FileEntry | None:
        found = super().entry(path)
        return super().entry(self.resolve(path)) if found and found.kind is FileKind.SYMLINK else found


class TestReaderThatFollowsLinks(_Files, FolderReaderContract):
    REFUSED_BY = by("entry_follows_no_link")
    storage_type = _Following


class _ByName(MemoryStorage):
    """INV-2 broken: what stands under the name goes."""

    def remove(self, removal: Removal, /) -> bool:
        found = self.tree.entry(removal.path)
        is_file = found is not None and found.kind is not FileKind.FOLDER
        return super().remove(attrs.evolve(removal, identity=found.identity) if found and is_file else removal)


class TestRemoverByName(_Files, FileRemoverContract):
    REFUSED_BY = by(
        "remove_keeps_another_file_of_the_same_name",
        "remove_keeps_a_file_that_was_made_anew",
        "a_removal_of_a_file_does_not_fit_a_link_to_it",
    )
    storage_type = _ByName


class _BySizeAndTime(MemoryStorage):
    """Knows inode and ctime, and does not compare them."""

    def remove(self, removal: Removal, /) -> bool:
        identity = FileIdentity(removal.identity.size_bytes, removal.identity.mtime_ns)
        return super().remove(attrs.evolve(removal, identity=identity))


class TestRemoverBySizeAndTime(_Files, FileRemoverContract):
    REFUSED_BY = by("remove_keeps_a_file_that_was_made_anew")
    storage_type = _BySizeAndTime


class _Suspicious(MemoryStorage):
    """Takes a file for another one once it removed one of its names."""

    def remove(self, removal: Removal, /) -> bool:
        self._unlinked.clear()
        return super().remove(removal)


class TestRemoverThatSuspectsItself(_Files, FileRemoverContract):
    REFUSED_BY = by("remove_takes_several_names_of_one_file")
    storage_type = _Suspicious


class _Forgetful(MemoryStorage):
    """Says size and time only."""

    def entry(self, path: PurePath, /) -> FileEntry | None:
        found = super().entry(path)
        return found and attrs.evolve(found, identity=FileIdentity(found.identity.size_bytes, found.identity.mtime_ns))


class TestReaderThatForgetsTheInode(_Files, FolderReaderContract):
    REFUSED_BY = by("an_identity_is_all_that_the_file_system_knows")
    storage_type = _Forgetful


class _Through(MemoryStorage):
    def remove(self, removal: Removal, /) -> bool:
        real = self.resolve(removal.path)
        found = self.tree.entry(real)
        return super().remove(attrs.evolve(removal, path=real, identity=found.identity) if found else removal)


class TestRemoverThatFollowsLinks(_Files, FileRemoverContract):
    REFUSED_BY = by(
        "remove_takes_the_link_and_not_what_it_points_to",
        "remove_keeps_another_file_of_the_same_name",
        "remove_keeps_a_file_that_was_made_anew",
        "a_removal_of_a_file_does_not_fit_a_link_to_it",
    )
    storage_type = _Through


class _Trusting(MemoryStorage):
    """Believes that the witness is still there, and another file."""

    def remove(self, removal: Removal, /) -> bool:
        return super().remove(attrs.evolve(removal, witness=None))


class TestRemoverThatLooksAtNoWitness(_Files, FileRemoverContract):
    REFUSED_BY = by("remove_keeps_what_has_no_witness_any_more", "remove_keeps_a_file_whose_witness_is_itself")
    storage_type = _Trusting


class _ByPath(MemoryStorage):
    """Takes what is called differently for different."""

    def is_one_file(self, one: PurePath, other: PurePath, /) -> Sameness:
        found = super().is_one_file(one, other)
        return found if one == other else Sameness.TWO


class TestReaderThatComparesPaths(_Files, FolderReaderContract):
    REFUSED_BY = by("one_file_by_many_names_is_one")
    storage_type = _ByPath


class _ByLook(MemoryStorage):
    """Takes what is as long and as old for the same."""

    def is_one_file(self, one: PurePath, other: PurePath, /) -> Sameness:
        super().is_one_file(one, other)
        seen = [self.tree.identity(self.tree.real(path)) for path in (one, other)]
        return Sameness.ONE if seen[0] == seen[1] else Sameness.TWO


class TestReaderThatComparesSizeAndTime(_Files, FolderReaderContract):
    REFUSED_BY = by("one_file_by_many_names_is_one")
    storage_type = _ByLook


class _OfTheLink(MemoryStorage):
    """Reads what a link leads to, and says that it was the link."""

    def read_back(self, path: PurePath, /, *, on_bytes: OnBytes, cancel: Cancellation) -> FileRead:
        found = super().read_back(path, on_bytes=on_bytes, cancel=cancel)
        return attrs.evolve(found, identity=self.tree.identity(path))


class TestCopierThatNamesTheLink(_Files, FileCopierContract):
    REFUSED_BY = by("read_back_follows_links")
    storage_type = _OfTheLink


class _Hasty(MemoryStorage):
    """Reads twice, and does not notice that it was two files."""

    def read_back(self, path: PurePath, /, *, on_bytes: OnBytes, cancel: Cancellation) -> FileRead:
        try:
            return super().read_back(path, on_bytes=on_bytes, cancel=cancel)
        except ChangedError:
            return super().read_back(path, on_bytes=lambda _: None, cancel=cancel)


class TestCopierThatTriesAgain(_Files, FileCopierContract):
    REFUSED_BY = by("read_back_of_a_changing_file_is_none_at_all")
    storage_type = _Hasty


class _Merging(MemoryStorage):
    """Appends, whatever the file ends with."""

    def append_line(self, path: PurePath, line: str, /) -> None:
        if (node := self.tree.nodes.get(self.tree.real(path))) and node.kind is FileKind.FILE:
            torn = node.content.rpartition(b"\n")[2]
            if torn:
                self.put(self.tree.real(path), node.content.removesuffix(torn))
                line = torn.decode("utf-8", "surrogateescape") + line
        super().append_line(path, line)


class TestRecordsThatMergeATornLine(_Files, RecordStoreContract):
    REFUSED_BY = by("a_torn_line_is_dropped_and_never_merged", "a_file_that_is_one_torn_line_begins_anew")
    storage_type = _Merging


class _Open(MemoryStorage):
    @contextmanager
    def lock(self, path: PurePath, /, *, is_shared: bool = False) -> Iterator[None]:
        self.tree.get(path.parent)
        yield


class TestVolumesWithoutALock(_Files, VolumesContract):
    REFUSED_BY = by("a_lock_is_exclusive_and_comes_back", "a_shared_lock_keeps_out_exclusive_ones_only")
    storage_type = _Open


class _Alone(MemoryStorage):
    @contextmanager
    def lock(self, path: PurePath, /, *, is_shared: bool = False) -> Iterator[None]:
        with super().lock(path):
            yield


class TestVolumesWhoseSharedLockIsExclusive(_Files, VolumesContract):
    REFUSED_BY = by("a_shared_lock_keeps_out_exclusive_ones_only")
    storage_type = _Alone


class _Lenient(MemoryStorage):
    def make_folder(self, path: PurePath, /, *, must_be_new: bool = False) -> None:
        try:
            super().make_folder(path)
        except CamvaultError:
            return


class TestVolumesThatMakeNoFolder(_Files, VolumesContract):
    REFUSED_BY = by("a_new_folder_must_be_new", "no_folder_where_a_file_is")
    storage_type = _Lenient


class _Descending(MemoryStorage):
    """Goes through links."""

    def scan(self, root: PurePath, /) -> Iterator[FileEntry]:
        for entry in super().scan(root):
            yield entry
            if entry.kind is FileKind.SYMLINK and self.tree.entry(self.resolve(entry.path)):
                yield from (
                    attrs.evolve(e, path=entry.path / e.path.name) for e in super().scan(self.resolve(entry.path))
                )


class TestReaderThatScansThroughLinks(_Files, FolderReaderContract):
    REFUSED_BY = by("scan_does_not_follow_links")
    storage_type = _Descending


class _Thorough(MemoryStorage):
    """Removes what is in the folders, and the root unasked."""

    def prune(self, root: PurePath, /, *, is_root_included: bool = False) -> tuple[PurePath, ...]:
        for path in self.files(root):
            if path != root:
                self.tree.discard(path)
        return super().prune(root, is_root_included=True)


class TestRemoverThatPrunesFootage(_Files, FileRemoverContract):
    REFUSED_BY = by(
        "prune_takes_empty_folders_deepest_first",
        "prune_takes_the_root_only_if_asked_and_empty",
    )
    storage_type = _Thorough


class _Replacing(MemoryStorage):
    def rename(self, source: PurePath, /, *, target: PurePath) -> None:
        if self.tree.find(source) is not None and source.parent == target.parent:
            self.tree.discard(target)
        super().rename(source, target=target)


class TestRecordsThatRenameOver(_Files, RecordStoreContract):
    REFUSED_BY = by("rename_overwrites_nothing")
    storage_type = _Replacing
