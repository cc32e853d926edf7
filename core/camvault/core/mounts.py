"""Pure: whether a folder is only the place where a drive should be mounted.

An empty mount point looks like an empty drive: what is written into it fills the system disk and is hidden as soon as
the drive is mounted (INV-5).
"""

from pathlib import PurePath

from camvault.ports.mounts import MountTable


def missing_mount(path: PurePath, *, table: MountTable) -> PurePath | None:
    """The mount point at or above `path` (absolute, links followed) at which nothing is mounted; None if none is.

    Only what is configured counts, and only below the file system that `path` is on now.
    """
    for folder in (path, *path.parents):
        if folder in table.mounted:
            return None
        if folder in table.expected:
            return folder
    return None
