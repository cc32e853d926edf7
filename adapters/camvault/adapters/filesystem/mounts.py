"""Adapter for the local file system, pure part: which kind of file system holds a device number."""

import re

FAT_TYPES = frozenset({"vfat", "msdos", "exfat"})
"""A renamed file is not durable there until it was fsynced once more (measured: acknowledged files were empty)."""

PREALLOCATING_TYPES = frozenset({"ext4", "xfs", "btrfs", "f2fs"})
"""Where posix_fallocate reserves space; elsewhere the C library would write every block."""

MOUNTINFO_PATH = "/proc/self/mountinfo"


def type_of(mountinfo: bytes, *, major: int, minor: int) -> str:
    """The type of the file system that `major:minor` is; an empty string if it is not listed.

    btrfs gives each subvolume a number of its own that is not listed. Nothing here depends on knowing it.

    Source: proc_pid_mountinfo(5): "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue".
    """
    wanted = rb"^\d+ \d+ %d:%d .*? - (\S+) " % (major, minor)
    found = re.search(wanted, mountinfo, re.MULTILINE)
    return found[1].decode() if found else ""
