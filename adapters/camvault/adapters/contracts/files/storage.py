"""Adapter for pytest: the contract of `Storage`, which is that of all its parts."""

import pytest

from camvault.adapters.contracts.files.copier import FileCopierContract
from camvault.adapters.contracts.files.harness import FilesHarness
from camvault.adapters.contracts.files.reader import FolderReaderContract
from camvault.adapters.contracts.files.records import RecordStoreContract
from camvault.adapters.contracts.files.remover import FileRemoverContract
from camvault.adapters.contracts.files.volumes import VolumesContract
from camvault.ports.files import Storage


class StorageContract(
    FolderReaderContract, FileCopierContract, FileRemoverContract, RecordStoreContract, VolumesContract
):
    """What core relies on, from all parts of `Storage`.

    Provide:
        storage (`Storage`): The adapter under test.
        harness (`FilesHarness`): The file system behind it.
    """

    @pytest.fixture
    def storage(self, harness: FilesHarness) -> Storage:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `storage`")
