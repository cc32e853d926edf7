"""Private to adapters: the one way to read what is on the medium, and not what this machine remembers of it.

Nothing but the standard library, so that a program that is started by its path may load it. Raises OSError.
"""

# Plain `os`: a program that is started often loads it, and pathlib would be half of its start
# ruff: noqa: PTH110, PTH112, PTH119, PTH120, PTH123, PTH208

import ctypes
import errno
import fcntl
import hashlib
import mmap
import os
import re
import stat
import struct
import sys
from collections.abc import Iterator

BUFFER_BYTES = 1024 * 1024

MEDIUM = "medium"
CACHE = "cache"
HELD = "held"
MEMORY = "memory"

_DIRECT = getattr(os, "O_DIRECT", 0)  # Linux only
_MEMORY_TYPES = frozenset({"tmpfs", "ramfs", "devtmpfs", "hugetlbfs"})
_TRULY_DIRECT_TYPES = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "vfat", "msdos", "exfat", "nfs", "nfs4", "cifs", "smb3", "udf", "iso9660"}
)
"""Their O_DIRECT reads the medium (of a network file system: its server) or fails. btrfs may read the cache instead."""
_NO_WAY_AROUND = frozenset({"fuse", "fuseblk", "fusectl", "9p", "drvfs", "virtiofs", "vboxsf", "zfs"})
"""Behind them is a program, or a cache of their own, that this machine cannot be asked to pass by."""
_RAM_DISK = re.compile(r"z?ram\d+")
_LOOP = re.compile(r"loop\d+")
_PART_OF_LOOP = re.compile(r"(loop\d+|zram\d+)p\d+")
_OCTAL = re.compile(r"\\([0-7]{3})")
_GET_FLAGS = 0x8008_6601 if struct.calcsize("l") == 8 else 0x8004_6601  # noqa: PLR2004 - FS_IOC_GETFLAGS of linux/fs.h
_CACHED_FLAGS = 0x4 | 0x800 | 0x4000 | 0x10_0000 | 0x1000_0000
"""FS_COMPR_FL, FS_ENCRYPT_FL, FS_JOURNAL_DATA_FL, FS_VERITY_FL and FS_INLINE_DATA_FL. Source: linux/fs.h."""
_EXT4 = "/proc/fs/ext4"
_JOURNALLED_TYPES = frozenset({"ext3", "ext4"})
_SYS = "/sys"
_TYPES = {
    0xEF53: "ext4",
    0x5846_5342: "xfs",
    0x9123_683E: "btrfs",
    0xF2F5_2010: "f2fs",
    0x4D44: "vfat",
    0x2011_BAB0: "exfat",
    0x0102_1994: "tmpfs",
    0x8584_58F6: "ramfs",
    0x6969: "nfs",
    0xFF53_4D42: "cifs",
    0xFE53_4D42: "smb3",
    0x794C_7630: "overlay",
    0x6573_5546: "fuse",
    0x0102_1997: "9p",
}
"""Source: statfs(2) and linux/magic.h."""
_MOUNTINFO = "/proc/self/mountinfo"
_LAYERS_MOST = 8


def past_the_cache(descriptor: int, path: str) -> str:
    """See to it that the next reads of an open file come from the medium, from its beginning; say how sure that is.

    `path` is where it is, links followed. A descriptor for which the answer is `medium` may want reads of whole blocks
    into memory that begins at a page. Write errors that the system kept for itself are raised here.
    """
    try:
        os.fsync(descriptor)  # what is only in memory yet is no copy
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.EROFS}:
            raise
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    kind, size_bytes = file_system_of(path), os.fstat(descriptor).st_size
    if is_memory(path):
        return MEMORY
    if sys.platform == "darwin":  # pragma: no cover - macOS
        fcntl.fcntl(descriptor, fcntl.F_NOCACHE, 1)
        return MEDIUM
    if kind in _NO_WAY_AROUND or kind.startswith("fuse."):
        return CACHE
    is_dropped = is_out_of_cache(descriptor, size_bytes)
    if (
        is_direct(descriptor, size_bytes)
        and kind in _TRULY_DIRECT_TYPES
        and not _is_direct_in_name_only(descriptor, path)
    ):
        return MEDIUM
    return MEDIUM if is_dropped else HELD


def digest(path: str) -> tuple[str, str]:
    """SHA-256, and where it was read from, as `past_the_cache` says it.

    Raises:
        OSError: It cannot be read, is no regular file, or changed meanwhile.
    """
    descriptor, before = opened(path)
    try:
        how = past_the_cache(descriptor, os.path.realpath(path))
        hashed, size_bytes = hashlib.sha256(), 0
        with mmap.mmap(-1, BUFFER_BYTES) as memory, memoryview(memory) as buffer:
            while size_bytes < before.st_size and (count := os.readv(descriptor, [buffer])):
                hashed.update(buffer[:count])
                size_bytes += count
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if size_bytes != before.st_size or (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise OSError(errno.EIO, "it changed while it was read")
    return hashed.hexdigest(), how


def opened(path: str) -> tuple[int, os.stat_result]:
    """A descriptor of a regular file, and what it is.

    Raises:
        OSError: It cannot be opened, or is no regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file")
    return descriptor, found


def _is_direct_in_name_only(descriptor: int, path: str) -> bool:
    """Whether the file system takes O_DIRECT for this file, and reads its cache all the same.

    Source: ext4_dio_supported and ext4_set_aops in fs/ext4 of Linux (journalled data, verity, encryption, inline data);
    f2fs and btrfs do the same for compressed files.
    """
    kind, _, options, _ = _mount_of(path)
    if kind in _JOURNALLED_TYPES and _may_be_journalled(descriptor, options):
        return True
    flags = bytearray(struct.calcsize("l"))
    try:
        fcntl.ioctl(descriptor, _GET_FLAGS, flags)
    except OSError:
        return False  # no such flags on this file system
    return bool(struct.unpack("l", flags)[0] & _CACHED_FLAGS)


def _may_be_journalled(descriptor: int, options: str) -> bool:
    """Whether an ext4 has its data in its journal, or whether that cannot be told: /proc may show processes only."""
    told = [option for option in options.split(",") if option.startswith("data=")]
    if not told:  # what the file system has as its own default is not in the mount table
        device = os.fstat(descriptor).st_dev
        name = os.path.basename(_block_device(f"{os.major(device)}:{os.minor(device)}", ""))
        told = _lines_of(f"{_EXT4}/{name}/options") if name else []
    return "data=journal" in told or not told


def check_answers(descriptor: int) -> None:
    """Make sure that the medium of an open file still answers, by reading the first block of it. Raises OSError."""
    if not is_direct(descriptor, os.fstat(descriptor).st_size):
        os.pread(descriptor, 1, 0)


def is_direct(descriptor: int, size_bytes: int) -> bool:
    """Whether this open file can be read with O_DIRECT; if so, it is from now on."""
    if not _DIRECT:  # pragma: no cover - macOS
        return False
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | _DIRECT)
        if size_bytes:  # some take the flag and refuse the read
            with mmap.mmap(-1, mmap.PAGESIZE) as memory, memoryview(memory) as buffer:
                os.preadv(descriptor, [buffer], 0)
    except OSError as error:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags)
        if error.errno in {errno.EINVAL, errno.ENOTSUP}:
            return False
        raise
    return True


def is_out_of_cache(descriptor: int, size_bytes: int) -> bool:
    """Whether none of an open file is in the page cache; False also where the system does not tell.

    Source: mincore(2); for a file that the user may not write it says that all of it is.
    """
    if not size_bytes:
        return True
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *(ctypes.c_int,) * 3, ctypes.c_long)
    address = libc.mmap(None, size_bytes, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
    if address in (None, ctypes.c_void_p(-1).value):
        return False
    pages = ctypes.create_string_buffer(-(-size_bytes // mmap.PAGESIZE))
    try:
        is_known = libc.mincore(ctypes.c_void_p(address), ctypes.c_size_t(size_bytes), pages) == 0
    finally:
        libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(size_bytes))
    return is_known and not pages.raw.translate(_LOW_BIT).strip(b"\0")


_LOW_BIT = bytes(value & 1 for value in range(256))


def file_system_of(path: str) -> str:
    """The type of the file system that holds an absolute path without links; "" where the system does not tell."""
    return _mount_of(path)[0]


def options_of(path: str) -> tuple[str, ...]:
    """The options of the file system that holds an absolute path without links, as the mount table has them."""
    return tuple(_mount_of(path)[2].split(","))


def is_memory(path: str) -> bool:
    """Whether what holds the path has no medium but memory, or may have none.

    Itself, an overlay's upper layer, or the block devices below it: a RAM disk, or a loop device whose file is in
    memory or cannot be seen (it is deleted, or of another mount namespace).
    """
    return _is_memory(path, _LAYERS_MOST)


def _is_memory(path: str, layers: int) -> bool:
    kind, source, options, number = _mount_of(path)
    if kind in _MEMORY_TYPES or not layers:
        return True
    upper = re.search(r"(?:^|,)upperdir=([^,]+)", options) if kind == "overlay" else None
    if upper:
        return os.path.exists(upper[1]) and _is_memory(os.path.realpath(upper[1]), layers - 1)
    is_device = source.startswith("/dev/")  # as mount(8) names it; who calls mount(2) names it as he likes
    device = _block_device(number, source if is_device else "")
    if not device and not is_device:
        return False
    return _is_memory_device(device or os.path.basename(source), layers - 1)


def _is_memory_device(device: str, layers: int) -> bool:
    """`device` is a folder of sysfs; only the kernel's name of a device of which sysfs says nothing."""
    name = os.path.basename(device)
    if _RAM_DISK.fullmatch(name) or not layers:
        return True
    if _LOOP.fullmatch(name):
        file = "\n".join(_lines_of(f"{device}/loop/backing_file"))
        return not file or not os.path.exists(file) or _is_memory(os.path.realpath(file), layers - 1)
    if not os.path.exists(device):
        return _PART_OF_LOOP.fullmatch(name) is not None
    if os.path.exists(f"{device}/partition"):
        return _is_memory_device(os.path.dirname(device), layers - 1)
    # device mapper, md, bcache: any part of it in memory is a part that is gone with the power
    slaves = os.listdir(f"{device}/slaves") if os.path.isdir(f"{device}/slaves") else []
    return any(_is_memory_device(os.path.realpath(f"{device}/slaves/{slave}"), layers - 1) for slave in slaves)


def _block_device(number: str, source: str) -> str:
    """The folder in sysfs of a block device, by its number, or else by its name; "" if there is none.

    Some file systems (btrfs) have a number of their own, and in a sandbox /dev may have no devices.
    """
    name = os.path.basename(os.path.realpath(source)) if source else ""
    mapped = [
        f"{_SYS}/block/{each}"
        for each in (os.listdir(f"{_SYS}/block") if name and os.path.isdir(f"{_SYS}/block") else [])
        if _lines_of(f"{_SYS}/block/{each}/dm/name") == [name]
    ]
    named = [f"{_SYS}/class/block/{name}"] if name else []
    found = (path for path in (f"{_SYS}/dev/block/{number}", *named, *mapped) if os.path.exists(path))
    return next((os.path.realpath(path) for path in found), "")


def _lines_of(path: str) -> list[str]:
    """The lines of a file of the system; none where there is no such file."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().splitlines()
    except OSError:
        return []


def _mount_of(path: str) -> tuple[str, str, str, str]:
    """Type, source, options and device number of the mount that holds a path; only the type where no table has it."""
    return next(_mounts_over(path), None) or (_TYPES.get(_type_number(path), ""), "", "", "")


def _type_number(path: str) -> int:
    """What statfs(2) says of the type; 0 where the system does not tell."""
    if sys.platform != "linux":  # pragma: no cover - macOS
        return 0
    status = ctypes.create_string_buffer(512)
    if ctypes.CDLL(None).statfs(os.fsencode(path), status) != 0:
        return 0
    return int(struct.unpack_from("l", status)[0]) & 0xFFFF_FFFF


def _mounts_over(path: str) -> Iterator[tuple[str, str, str, str]]:
    """Type, source, options and device number of the mounts that hold a path, the one that counts first.

    Source: proc_pid_mountinfo(5): "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue".
    """
    found = []
    for number, line in enumerate(_lines_of(_MOUNTINFO)):
        left, _, right = line.partition(" - ")
        fields, more = left.split(" "), [_plain(each) for each in right.split(" ")]
        place = _plain(fields[4])
        if path == place or path.startswith(place.rstrip("/") + "/"):
            found.append((len(place), number, (more[0], more[1], more[2], fields[2])))
    # of several at one place the last one covers the others
    yield from (mount for _, _, mount in sorted(found, reverse=True))


def _plain(field: str) -> str:
    """Without the octal escapes for space, tab, newline and backslash."""
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), field)
