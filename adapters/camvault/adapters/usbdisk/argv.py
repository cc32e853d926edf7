"""Adapter for USB disks, pure part: the command lines of mount(8) and umount(8)."""

from pathlib import PurePath

OPTIONS = ("ro", "nosuid", "nodev", "noexec")
"""What every mount of ours has, and shows in the table of mounts."""

_MORE = {
    # names in UTF-8, and not in the code page of the kernel; the stamps, which have no zone, are always read alike:
    # by default the kernel reads them by the offset that its last hwclock(8) knew, and every clip would be a new one
    "vfat": ("utf8", "tz=UTC"),
    "exfat": (),
    # read-only alone replays the journal, and writes
    "ext4": ("noload",),
}

KINDS = frozenset(_MORE)
"""The file systems that are mounted."""


def mount_argv(*, filesystem: str, device: PurePath, folder: PurePath) -> tuple[str, ...]:
    """Mount the device at the folder, so that nothing of it is written."""
    options = ",".join((*OPTIONS, *_MORE[filesystem]))
    return ("mount", "-t", filesystem, "-o", options, str(device), str(folder))


def umount_argv(*, folder: PurePath) -> tuple[str, ...]:
    """Unmount what is mounted at the folder; neither lazily nor by force: then a program would go on using it."""
    return ("umount", str(folder))
