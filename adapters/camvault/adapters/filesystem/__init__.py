"""Adapter for the local file system: the only place that removes or overwrites files (INV-1)."""

from camvault.adapters.filesystem.copier import LocalCopier
from camvault.adapters.filesystem.mount_table import read_mount_table
from camvault.adapters.filesystem.reader import LocalReader
from camvault.adapters.filesystem.records import LocalRecords
from camvault.adapters.filesystem.remover import LocalRemover
from camvault.adapters.filesystem.sampler import LocalSampler
from camvault.adapters.filesystem.storage import LocalStorage
from camvault.adapters.filesystem.volumes import LocalVolumes, lock_across_exec

__all__ = [
    "LocalCopier",
    "LocalReader",
    "LocalRecords",
    "LocalRemover",
    "LocalSampler",
    "LocalStorage",
    "LocalVolumes",
    "lock_across_exec",
    "read_mount_table",
]
