"""Workflow, private part: whether the roots are still the folders that the run began with.

A disk that is unmounted in mid-run leaves its mount point: what is written there fills another disk, and is hidden as
soon as the disk is back. Such an archive is a witness as long as the run lasts, and nobody finds it afterwards.
"""

from pathlib import PurePath

import attrs

from camvault.core.archive.plan import LeftFile
from camvault.ports.entries import FileKind
from camvault.ports.errors import StorageError
from camvault.ports.files import Storage


@attrs.define
class StandingRoots:
    """Looks at each root; one that was not there yet is known from when it is seen first."""

    roots: tuple[PurePath, ...]
    storage: Storage
    _known: dict[PurePath, tuple[str, int | None]] = attrs.field(factory=dict, init=False)

    def check(self) -> None:
        """Raise `StorageError` if a root is gone, or is another folder now."""
        gone = self.gone()
        if gone is not None:
            raise StorageError(gone.path, gone.reason)

    def gone(self) -> LeftFile | None:
        """The first root that is not what it was, as a problem; None if all are."""
        for root in self.roots:
            try:
                reason = self._reason(root)
            except StorageError as error:
                reason = f"it cannot be looked at any more: {error.problem}"
            if reason:
                return LeftFile(root, reason, is_problem=True)
        return None

    def _reason(self, root: PurePath) -> str:
        entry, known = self.storage.entry(root), self._known.get(root)
        if entry is None or entry.kind is not FileKind.FOLDER:
            return "it is not there any more; nothing more is done" if known is not None else ""
        found = self.storage.device_of(root), entry.identity.inode
        if known is None:
            self._known[root] = found
        elif known != found:
            return (
                "another folder has its name since the run began: was a disk mounted or unmounted? Nothing more is done"
            )
        return ""
