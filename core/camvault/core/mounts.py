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


def spot_of(path: PurePath, *, table: MountTable) -> tuple[str, PurePath] | None:
    """The file system that `path` (absolute, links followed) is on, and its path there; None if that is not known."""
    for folder in (path, *path.parents):
        if folder in table.sources:
            device, root = table.sources[folder]
            return device, root / path.relative_to(folder)
    return None


def mount_point_of(path: PurePath, *, table: MountTable) -> PurePath | None:
    """Where the file system that `path` (absolute, links followed) is on is mounted; None if that is the root."""
    return next((each for each in (path, *path.parents[:-1]) if each in table.mounted and each != each.parent), None)
