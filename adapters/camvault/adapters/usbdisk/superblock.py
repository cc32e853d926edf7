"""Adapter for USB disks, pure part: which file system a partition begins with.

We look ourselves, and ask neither blkid nor lsblk: blkid(8) is not on the PATH of ordinary users on Debian and does not
end while a device hangs, lsblk(8) asks udev, which may not be done yet with a card that has just come, and cameras need
three file systems of the kernel's many. As blkid, this refuses signs of more than one: a card that was formatted anew
by a careless program.
"""

import uuid

import attrs

START_BYTES = 4096
"""How much of a partition is looked at."""

_SECTOR_BYTES = frozenset({512, 1024, 2048, 4096})
_POWERS = frozenset(1 << bit for bit in range(8))
_FAT_SIGNATURES = frozenset({0x28, 0x29})
_EXT_MAGIC, _EXT_JOURNAL_DEVICE = 0xEF53, 0x8
_EXT_AT = 1024


@attrs.frozen
class FileSystem:
    """As the kernel calls it, and its number as blkid writes it; "" if it has none."""

    kind: str
    uuid: str


def file_systems_in(start: bytes) -> tuple[FileSystem, ...]:
    """What the first `START_BYTES` of a partition, or of a disk without partitions, show signs of."""
    found = (_fat(start), _exfat(start), _ext4(start)) if len(start) >= START_BYTES else ()
    return tuple(each for each in found if each is not None)


def _number(start: bytes, offset: int, length: int) -> int:
    return int.from_bytes(start[offset : offset + length], "little")


def _serial(number: int) -> str:
    return f"{number >> 16:04X}-{number & 0xFFFF:04X}" if number else ""


def _fat(start: bytes) -> FileSystem | None:
    """Source: fat_read_bpb in fs/fat/inode.c of Linux, and the signature that every partition of a PC ends with.

    A table of partitions ends with it too, and has no sectors and clusters.
    """
    is_boot_sector = start[510:512] == b"\x55\xaa" and start[0] in {0xEB, 0xE9}
    is_sound = (
        _number(start, 0x0B, 2) in _SECTOR_BYTES
        and start[0x0D] in _POWERS
        and _number(start, 0x0E, 2) > 0
        and start[0x10] > 0
        and (start[0x15] >= 0xF8 or start[0x15] == 0xF0)  # noqa: PLR2004 - the media that there are
    )
    if not (is_boot_sector and is_sound):
        return None
    signature_at = 0x26 if _number(start, 0x16, 2) else 0x42  # FAT12 and 16, or FAT32
    has_serial = start[signature_at] in _FAT_SIGNATURES
    return FileSystem("vfat", _serial(_number(start, signature_at + 1, 4)) if has_serial else "")


def _exfat(start: bytes) -> FileSystem | None:
    """Source: the exFAT specification, section 3.1."""
    if start[3:11] != b"EXFAT   " or start[510:512] != b"\x55\xaa":
        return None
    return FileSystem("exfat", _serial(_number(start, 100, 4)))


def _ext4(start: bytes) -> FileSystem | None:
    """Ext2 and ext3 too: the kernel's ext4 reads them. Source: fs/ext4/ext4.h of Linux."""
    is_ext = _number(start, _EXT_AT + 0x38, 2) == _EXT_MAGIC
    if not is_ext or _number(start, _EXT_AT + 0x60, 4) & _EXT_JOURNAL_DEVICE:
        return None
    number = start[_EXT_AT + 0x68 : _EXT_AT + 0x78]
    return FileSystem("ext4", str(uuid.UUID(bytes=number)) if any(number) else "")
