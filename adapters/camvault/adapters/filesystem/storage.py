"""Adapter for the local file system: all of it in one object."""

from camvault.adapters.filesystem.copier import LocalCopier
from camvault.adapters.filesystem.reader import LocalReader
from camvault.adapters.filesystem.records import LocalRecords
from camvault.adapters.filesystem.remover import LocalRemover
from camvault.adapters.filesystem.volumes import LocalVolumes
from camvault.ports.files import Storage


class LocalStorage(LocalReader, LocalCopier, LocalRemover, LocalRecords, LocalVolumes):
    """Files and folders of this machine; may be used from several threads."""


_conforms: type[Storage] = LocalStorage
