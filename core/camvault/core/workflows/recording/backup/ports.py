"""Workflow, private part: the world of the backup, and where its files are."""

from pathlib import PurePath, PurePosixPath

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.entries import FileEntry
from camvault.ports.events import Reporter
from camvault.ports.files import Storage
from camvault.ports.transfer import Transfer


@attrs.frozen(kw_only=True)
class BackupPorts:
    """The world of `back_up`."""

    storage: Storage
    transfer: Transfer
    clock: Clock
    reporter: Reporter
    cancel: Cancellation


@attrs.frozen(kw_only=True)
class BackupFolders:
    """Where things are on this machine. The `lock` folder may be missing on a full disk."""

    ready: PurePath
    success: PurePath
    lock: PurePath

    def relative(self, file: FileEntry) -> PurePosixPath:
        """The path of the file below `ready`, as the records and the target name it."""
        return PurePosixPath(file.path.relative_to(self.ready))
