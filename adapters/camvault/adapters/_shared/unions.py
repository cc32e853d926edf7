"""Private to adapters: whether two paths lead to one file, also where a file system shows the folders of others as one.

A union (mergerfs, unionfs, mhddfs, aufs) puts a new file into whichever of its branches it likes, and removes a file
from the branch that has it; mergerfs removes it from every branch. So an empty file that is made in a union says
nothing of the files that are there already, and a copy in one of its branches goes with the file that goes.

Nothing but the standard library, so that a program that is started by its path may load it.
"""

# Plain `os`: a program that is started often loads it, and pathlib would be half of its start
# ruff: noqa: PTH102, PTH106, PTH116, PTH118, PTH120

import importlib
import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from camvault.adapters._shared import medium
else:  # loaded by its path
    medium = importlib.import_module("medium")

PLAIN_TYPES = frozenset(
    {
        *("bcachefs", "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "hfs", "hfsplus", "iso9660", "jfs"),
        *("msdos", "nilfs2", "ntfs3", "ramfs", "reiserfs", "squashfs", "tmpfs", "udf", "vfat", "xfs", "zfs"),
    }
)
"""Of two open files on these, device and inode say which they are. Others show the files of file systems below them
(overlay, FUSE) or of other machines under numbers of their own."""

_MERGERFS = "fuse.mergerfs"
_UNION_TYPES = frozenset(
    {_MERGERFS, "fuse.unionfs", "fuse.unionfs-fuse", "fuse.mhddfs", "mhddfs", "unionfs", "aufs", "fuse"}
)
"""`fuse` is one that does not say what it is. An overlay is none: it writes to its upper layer only, and removes
nothing from the others."""
_ALL_PATHS = "user.mergerfs.allpaths"
"""Of a file: all its paths in the branches, with NUL between. Source: mergerfs(1), "xattr"."""
_NONCE_PREFIX = ".camvault-nonce-"

_METACOPY = "/sys/module/overlay/parameters/metacopy"
"""What an overlay does whose mount does not say it. Source: fs/overlayfs/params.c of Linux."""

ONE = "one"
TWO = "two"
UNSURE = "unsure"


def is_plain(place: str) -> bool:
    """Whether a file that is made at this place is where the other files of its folder are. Links were followed."""
    return medium.file_system_of(place) in PLAIN_TYPES


def is_union(place: str) -> bool:
    """Whether the files of this place may lie in several folders. Links were followed."""
    return medium.file_system_of(place) in _UNION_TYPES


def may_borrow(here: str, there: str) -> bool:
    """Whether the content of one file may lie in the other one, without a link between them. Links were followed.

    An overlay that is mounted with metacopy takes only the name of a file into its upper layer when the file is renamed
    or changes its owner. The content stays in a lower layer, where it has another name, seen past the overlay.
    """
    folders = [os.path.dirname(place) for place in (here, there)]
    return not _is_same_mount(*folders) and any(map(_is_metacopy, folders))


def _is_metacopy(folder: str) -> bool:
    if medium.file_system_of(folder) != "overlay":
        return False
    options = medium.options_of(folder)
    if "metacopy=off" in options:
        return False
    try:
        with open(_METACOPY, encoding="ascii") as file:  # noqa: PTH123
            is_default = file.read().strip() == "Y"
    except OSError:
        is_default = False
    return is_default or "metacopy=on" in options


def folders_apart(here: str, there: str) -> str:
    """Whether the files of the second folder may be those of the first one; `UNSURE` if each file has to be looked at.

    An empty folder is made in the second one for that, and removed at once: rmdir removes nothing else. `there` may be
    missing. Two folders of one mounted union have different files unless one appears in the other. Raises OSError where
    `here` cannot be looked at.
    """
    here, there = os.path.realpath(here), os.path.realpath(there)
    if is_plain(here):
        return TWO  # what is made here is beside the files here: a nonce tells
    shown = _is_shown(there, here)
    if shown:
        return ONE
    if not is_union(here):
        return TWO
    return UNSURE if shown is None or (is_union(there) and not _is_same_mount(here, there)) else TWO


def _is_same_mount(one: str, other: str) -> bool:
    """Whether two folders are in one mounted file system; False where that cannot be told."""
    try:
        return os.stat(one).st_dev == os.stat(other).st_dev
    except OSError:
        return False


def files_apart(here: str, there: str) -> str:
    """Whether two files are one, by where their file systems say that they lie; `UNSURE` if these do not tell."""
    one, other = _numbers(here), _numbers(there)
    if one and other:
        return ONE if one & other else TWO
    return UNSURE


def _is_shown(folder: str, other: str) -> bool | None:
    """Whether what is made in a folder appears in another one; None if that cannot be tried."""
    name = f"{_NONCE_PREFIX}{secrets.token_hex(16)}"
    nonce = os.path.join(folder, name)
    try:
        os.mkdir(nonce)
    except (FileNotFoundError, NotADirectoryError):
        return False  # no folder, and no file in it
    except OSError:
        return None
    try:
        os.lstat(os.path.join(other, name))
    except FileNotFoundError:
        return False
    finally:
        with suppress(OSError):  # power fails here: an empty folder is left
            os.rmdir(nonce)
    return True


def _numbers(path: str) -> frozenset[tuple[int, int]]:
    """Device and inode of a file wherever it lies; empty where the file system does not tell."""
    kind = medium.file_system_of(os.path.realpath(os.path.dirname(path)))
    try:
        shown = os.lstat(path)
        if kind in PLAIN_TYPES:
            return frozenset({(shown.st_dev, shown.st_ino)})
        if kind != _MERGERFS or not hasattr(os, "getxattr"):
            return frozenset()
        places = [os.path.realpath(place) for place in os.fsdecode(os.getxattr(path, _ALL_PATHS)).split("\0")]
        found = [os.lstat(place) for place in places]
    except OSError:
        return frozenset()
    is_it = any((each.st_size, each.st_mtime_ns) == (shown.st_size, shown.st_mtime_ns) for each in found)
    is_plain_everywhere = all(map(is_plain, places))  # a branch may be a union, or be mounted elsewhere in a container
    return frozenset((each.st_dev, each.st_ino) for each in found if is_it and is_plain_everywhere)
