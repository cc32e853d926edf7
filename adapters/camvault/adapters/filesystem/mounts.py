"""Adapter for the local file system, pure part: what the system's lists of mounts say."""

import os
import re
from pathlib import PurePath

FAT_TYPES = frozenset({"vfat", "msdos", "exfat"})
"""A renamed file is not durable there until it was fsynced once more (measured: acknowledged files were empty)."""

PREALLOCATING_TYPES = frozenset({"ext4", "xfs", "btrfs", "f2fs"})
"""Where posix_fallocate reserves space; elsewhere the C library would write every block."""

_FLEETING_TYPES = FAT_TYPES | {"9p", "cifs", "fuse", "fuseblk", "ntfs", "smb3", "vboxsf"}
"""Their inode numbers are made up when a file is looked at, and may be others the next time, or their ctime is."""

_LEASING_TYPES = (
    frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "bcachefs", "jfs", "zfs", "ntfs3", "tmpfs", "overlay"})
    | FAT_TYPES
)
"""Where Linux refuses a lease for reading only while somebody has the file open for writing. NFS 4 and SMB refuse it
also where the server gave no delegation. Source: nfs4_setlease, cifs_setlease and check_conflicting_open of Linux."""

MOUNTINFO_PATH = "/proc/self/mountinfo"
FSTAB_PATH = "/etc/fstab"

_OCTAL = re.compile(rb"\\([0-7]{3})")


def type_of(mountinfo: bytes, *, major: int, minor: int) -> str:
    """The type of the file system that `major:minor` is; an empty string if it is not listed.

    btrfs gives each subvolume a number of its own that is not listed. Nothing here depends on knowing it.

    Source: proc_pid_mountinfo(5): "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue".
    """
    wanted = rb"^\d+ \d+ %d:%d .*? - (\S+) " % (major, minor)
    found = re.search(wanted, mountinfo, re.MULTILINE)
    return found[1].decode() if found else ""


def keeps_numbers(file_system: str) -> bool:
    """Whether a file of this type of file system has the same inode and ctime for as long as nothing happens to it.

    Of a type that is not known, such as "" for a subvolume of btrfs, it is believed.

    Source: fs/fat/inode.c and fs/exfat/inode.c of Linux (`iunique`); mount.cifs(8), "noserverino"; libfuse, `noforget`.
    """
    return file_system not in _FLEETING_TYPES and not file_system.startswith("fuse.")


def tells_writers(file_system: str) -> bool:
    """Whether a refused lease says that somebody writes; a type that is not known ("") is a subvolume of btrfs."""
    return file_system in _LEASING_TYPES or not file_system


def mounted_points(mountinfo: bytes) -> frozenset[PurePath]:
    """Where something is mounted.

    Source: proc_pid_mountinfo(5): the fifth field; space, tab, newline and backslash are written as octal escapes.
    """
    return frozenset(_path(fields[4]) for line in mountinfo.splitlines() if len(fields := line.split(b" ")) > 4)  # noqa: PLR2004


def mount_sources(mountinfo: bytes) -> dict[PurePath, tuple[str, PurePath]]:
    """Of each mount point, the device ("major:minor") and the folder of it that is mounted there; the last one is seen.

    Source: proc_pid_mountinfo(5): the third, fourth and fifth field.
    """
    lines = (fields for line in mountinfo.splitlines() if len(fields := line.split(b" ")) > 4)  # noqa: PLR2004
    return {_path(fields[4]): (fields[2].decode("ascii", "replace"), _path(fields[3])) for fields in lines}


def configured_points(fstab: bytes) -> frozenset[PurePath]:
    """Where something should be mounted, also what is mounted only on demand.

    Source: fstab(5): the second field, with the same escapes; "none" for what has no mount point, such as swap.
    """
    lines = (line.split() for line in fstab.splitlines() if not line.lstrip().startswith(b"#"))
    return frozenset(_path(fields[1]) for fields in lines if len(fields) > 1 and fields[1].startswith(b"/"))


def _path(field: bytes) -> PurePath:
    return PurePath(os.fsdecode(_OCTAL.sub(lambda match: bytes([int(match[1], 8)]), field)))
