"""Adapter for the local file system: where file systems belong and where they are, as Linux tells it."""

import os
import sys
from pathlib import Path

from camvault.adapters._shared.mount_lists import resolved_points
from camvault.adapters.filesystem import mounts
from camvault.ports.mounts import MountTable


def read_mount_table() -> MountTable:
    """The table as it is now; an empty one where there is no such list (macOS mounts what is in `/Volumes` itself)."""
    try:
        mountinfo = Path(mounts.MOUNTINFO_PATH).read_bytes()
    except OSError:
        return MountTable(is_unreadable=sys.platform == "linux")
    try:
        fstab = Path(mounts.FSTAB_PATH).read_bytes()
    except OSError:
        fstab = b""  # a container has none
    expected = resolved_points(mounts.configured_points(fstab), os.fsdecode(mountinfo))
    return MountTable(expected, mounts.mounted_points(mountinfo), mounts.mount_sources(mountinfo))
