"""Adapter for pytest: the contracts of the protocols in `camvault.ports.files`, and of `Storage`, which is all of them.

Durability (what survives a power cut), permissions and full disks are for the tests of your adapter: a contract has no
means to bring them about everywhere.
"""

from camvault.adapters.contracts.files.copier import FileCopierContract
from camvault.adapters.contracts.files.harness import FilesHarness
from camvault.adapters.contracts.files.reader import FolderReaderContract
from camvault.adapters.contracts.files.records import RecordStoreContract
from camvault.adapters.contracts.files.remover import FileRemoverContract
from camvault.adapters.contracts.files.storage import StorageContract
from camvault.adapters.contracts.files.volumes import VolumesContract

__all__ = [
    "FileCopierContract",
    "FileRemoverContract",
    "FilesHarness",
    "FolderReaderContract",
    "RecordStoreContract",
    "StorageContract",
    "VolumesContract",
]
