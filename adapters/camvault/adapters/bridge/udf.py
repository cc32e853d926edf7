"""Adapter for disc images, pure part: the descriptors of UDF 1.02 (ECMA-167 2nd edition, OSTA UDF 1.02)."""

import binascii
import functools
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import attrs

from camvault.adapters.bridge.layout import PARTITION_SECTOR, UDF_EXTENT_BYTES_MAX, FileNode, FolderNode, ImageLayout
from camvault.adapters.bridge.names import compressed
from camvault.ports.image import SECTOR_BYTES

_REVISION = 0x0102
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_S = 253_402_300_799  # the last second of the year 9999
_EARLIEST_S = -62_135_596_800  # the first one of the year 1
_SEQUENCE_BYTES = 16 * SECTOR_BYTES
_TAG = struct.Struct("<HHBBHHHI")
_EXTENT = struct.Struct("<II")
"""A short allocation descriptor. Source: ECMA-167 4/14.14.1."""


@attrs.frozen
class UdfVolume:
    """What all descriptors of one image share. `unique` are 16 hexadecimal digits made of the content."""

    label: str
    stamped_at: datetime
    unique: str


def tagged(identifier: int, location: int, body: bytes) -> bytes:
    """A descriptor: its tag before its body. Source: ECMA-167 3/7.2, UDF 1.02 2.2.1."""
    crc = binascii.crc_hqx(body, 0)
    # an additive checksum over the tag without the checksum itself
    checksum = sum(_TAG.pack(identifier, 2, 0, 0, 0, crc, len(body), location)) & 0xFF
    return _TAG.pack(identifier, 2, checksum, 0, 0, crc, len(body), location) + body


def dstring(text: str, size: int) -> bytes:
    """As much of the text as fits, padded; its length stands at the end. Source: ECMA-167 1/7.2.12."""
    while len(compressed(text)) > size - 1:
        text = text[:-1]
    content = compressed(text) if text else b""
    return content.ljust(size - 1, b"\0") + bytes((len(content),))


def timestamp(mtime_ns: int) -> bytes:
    """UTC to the microsecond. Source: ECMA-167 1/7.3: type 1, offset 0."""
    seconds, us = divmod(mtime_ns // 1000, 1_000_000)
    return _date(min(max(seconds, _EARLIEST_S), _LATEST_S)) + bytes((us // 10_000, us // 100 % 100, us % 100))


@functools.lru_cache(maxsize=4096)
def _date(seconds: int) -> bytes:
    at = _EPOCH + timedelta(seconds=seconds)
    return struct.pack("<HhBBBBB", 0x1000, at.year, at.month, at.day, at.hour, at.minute, at.second)


def stamp_ns(at: datetime) -> int:
    """Nanoseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000


def _entity(identifier: bytes, suffix: bytes = b"") -> bytes:
    """Source: ECMA-167 1/7.4."""
    return b"\0" + identifier.ljust(23, b"\0") + suffix.ljust(8, b"\0")


_CS0 = b"\0" + b"OSTA Compressed Unicode".ljust(63, b"\0")  # UDF 1.02 2.1.2
_OURS = _entity(b"*camvault")  # UDF 1.02 2.1.4.3, implementation identifier
_DOMAIN = _entity(b"*OSTA UDF Compliant", struct.pack("<HB", _REVISION, 3))  # 2.1.4.3: hard and soft write protect
_INFO = _entity(b"*UDF LV Info", struct.pack("<H", _REVISION))


def sector(descriptor: bytes) -> bytes:
    """Padded to a sector."""
    return descriptor.ljust(SECTOR_BYTES, b"\0")


def recognition() -> bytes:
    """Three sectors. Source: ECMA-167 2/9.2, 2/9.3, 3/9.1."""
    return b"".join(sector(b"\0" + name + b"\1") for name in (b"BEA01", b"NSR02", b"TEA01"))


def anchor(location: int) -> bytes:
    """Source: ECMA-167 3/10.2."""
    return sector(tagged(2, location, struct.pack("<IIII", _SEQUENCE_BYTES, 32, _SEQUENCE_BYTES, 48) + bytes(480)))


def sequence(layout: ImageLayout, volume: UdfVolume, start: int) -> bytes:
    """A volume descriptor sequence of 16 sectors. Source: ECMA-167 3/8.4.2."""
    bodies = (
        (1, _primary(volume)),
        (4, _implementation_use(volume)),
        (5, _partition(layout)),
        (6, _logical_volume(volume)),
        (7, struct.pack("<II", 4, 0)),  # 3/10.8: no unallocated space
        (8, bytes(496)),  # 3/10.9
    )
    parts = (sector(tagged(kind, start + index, body)) for index, (kind, body) in enumerate(bodies))
    return b"".join(parts).ljust(_SEQUENCE_BYTES, b"\0")


def _primary(volume: UdfVolume) -> bytes:
    """Source: ECMA-167 3/10.1, UDF 1.02 2.2.2."""
    return b"".join(
        (
            struct.pack("<II", 0, 0),
            dstring(volume.label, 32),
            struct.pack("<HHHHII", 1, 1, 2, 2, 1, 1),
            dstring(volume.unique + volume.label, 128),
            _CS0,
            _CS0,
            bytes(16),
            _entity(b"*camvault"),
            timestamp(stamp_ns(volume.stamped_at)),
            _OURS,
            bytes(64 + 4 + 2 + 22),
        )
    )


def _implementation_use(volume: UdfVolume) -> bytes:
    """Source: ECMA-167 3/10.4, UDF 1.02 2.2.7."""
    use = _CS0 + dstring(volume.label, 128) + bytes(3 * 36) + _OURS + bytes(128)
    return struct.pack("<I", 1) + _INFO + use


def _partition(layout: ImageLayout) -> bytes:
    """Source: ECMA-167 3/10.5: allocated, read only."""
    return b"".join(
        (
            struct.pack("<IHH", 2, 1, 0),
            _entity(b"+NSR02"),
            bytes(128),
            struct.pack("<III", 1, PARTITION_SECTOR, layout.partition_sectors),
            _OURS,
            bytes(128 + 156),
        )
    )


def _logical_volume(volume: UdfVolume) -> bytes:
    """Source: ECMA-167 3/10.6, UDF 1.02 2.2.4; one partition map of type 1 (3/10.7.2)."""
    return b"".join(
        (
            struct.pack("<I", 3),
            _CS0,
            dstring(volume.label, 128),
            struct.pack("<I", SECTOR_BYTES),
            _DOMAIN,
            _long_ad(2 * SECTOR_BYTES, PARTITION_SECTOR),
            struct.pack("<II", 6, 1),
            _OURS,
            bytes(128),
            struct.pack("<II", 2 * SECTOR_BYTES, 64),
            struct.pack("<BBHH", 1, 6, 1, 0),
        )
    )


def integrity(layout: ImageLayout, volume: UdfVolume) -> bytes:
    """Two sectors: closed, with the number of files and folders. Source: ECMA-167 3/10.10, UDF 1.02 2.2.6."""
    counts = struct.pack("<IIHHH", len(layout.files), len(layout.folders), _REVISION, _REVISION, _REVISION)
    body = b"".join(
        (
            timestamp(stamp_ns(volume.stamped_at)),
            struct.pack("<III", 1, 0, 0),
            struct.pack("<Q", 16 + len(layout.files) + len(layout.folders)).ljust(32, b"\0"),
            struct.pack("<IIII", 1, 46, 0, layout.partition_sectors),
            _OURS,
            counts,
        )
    )
    return sector(tagged(9, 64, body)) + sector(tagged(8, 65, bytes(496)))


def file_set(layout: ImageLayout, volume: UdfVolume) -> bytes:
    """Two sectors: the file set and the end of its sequence. Source: ECMA-167 4/14.1, UDF 1.02 2.3.2."""
    body = b"".join(
        (
            timestamp(stamp_ns(volume.stamped_at)),
            struct.pack("<HHIIII", 3, 3, 1, 1, 0, 0),
            _CS0,
            dstring(volume.label, 128),
            _CS0,
            dstring(volume.label, 32),
            bytes(64),
            _long_ad(SECTOR_BYTES, layout.root.entry_sector),
            _DOMAIN,
            bytes(16 + 48),
        )
    )
    return sector(tagged(256, 0, body)) + sector(tagged(8, 1, bytes(496)))


def _long_ad(size_bytes: int, where: int) -> bytes:
    """Source: ECMA-167 4/14.14.2; UDF 1.02 leaves the rest zero."""
    return struct.pack("<IIH6x", size_bytes, where - PARTITION_SECTOR, 0)


_FILE_PERMISSIONS = 0x1084  # ECMA-167 4/14.9.5: everybody may read
_FOLDER_PERMISSIONS = 0x14A5  # and search
_NOBODY = 0xFFFFFFFF  # UDF 1.02 2.3.4.1: no owner
_ENTRY_HEAD = struct.Struct("<IHHHBBIHHIIIHBBI")
_ENTRY_REST = struct.Struct("<QQ12s12s12sI16x32sQII")


def file_entry(node: FileNode) -> bytes:
    """Source: ECMA-167 4/14.9, UDF 1.02 2.3.6."""
    size_bytes = node.size_bytes
    if size_bytes > UDF_EXTENT_BYTES_MAX:
        pieces = node.pieces(UDF_EXTENT_BYTES_MAX)
        extents = b"".join(_EXTENT.pack(size, where - PARTITION_SECTOR) for where, size in pieces)
    else:
        extents = _EXTENT.pack(size_bytes, node.sector - PARTITION_SECTOR) if size_bytes else b""
    return _entry(node.entry_sector, _FILE_HEAD, size_bytes, timestamp(node.mtime_ns), extents)


def folder_entry(node: FolderNode, volume: UdfVolume) -> bytes:
    """Every folder inside links back to its parent. Source: ECMA-167 4/14.9.6."""
    extents = _EXTENT.pack(node.fid_bytes, node.fid_sector - PARTITION_SECTOR)
    head = _entry_head(kind=4, permissions=_FOLDER_PERMISSIONS, links=1 + len(node.folders))
    at = timestamp(stamp_ns(volume.stamped_at))
    return _entry(node.entry_sector, head, node.fid_bytes, at, extents, is_root=node.parent is None)


def _entry_head(*, kind: int, permissions: int, links: int) -> bytes:
    """Source: ECMA-167 4/14.6: ICB tag, strategy 4, short allocation descriptors."""
    return _ENTRY_HEAD.pack(*(0, 4, 0, 1, 0, kind, 0, 0, 0), *(_NOBODY, _NOBODY, permissions, links, 0, 0, 0))


_FILE_HEAD = _entry_head(kind=5, permissions=_FILE_PERMISSIONS, links=1)


def _entry(where: int, head: bytes, size_bytes: int, at: bytes, extents: bytes, *, is_root: bool = False) -> bytes:
    block = where - PARTITION_SECTOR
    unique = 0 if is_root else 16 + block - 2  # UDF 1.02 3.2.1.1: 0 is the root, 1 to 15 are reserved
    blocks = -(-size_bytes // SECTOR_BYTES)
    rest = _ENTRY_REST.pack(size_bytes, blocks, at, at, at, 1, _OURS, unique, 0, len(extents))
    return sector(tagged(261, block, head + rest + extents))


_FID = struct.Struct("<HBBIIH6xH")
_FILLING = (b"", bytes(3), bytes(2), bytes(1))


def identifiers(folder: FolderNode) -> Iterator[bytes]:
    """The content of a folder: its parent, then its children. Source: ECMA-167 4/14.4, UDF 1.02 2.3.4."""
    at = 0
    block = folder.fid_sector - PARTITION_SECTOR

    def descriptor(traits: int, where: int, name: bytes) -> bytes:
        nonlocal at
        body = _FID.pack(1, traits, len(name), SECTOR_BYTES, where - PARTITION_SECTOR, 0, 0) + name
        body += _FILLING[len(body) % 4]
        found = tagged(257, block + at // SECTOR_BYTES, body)
        at += len(found)
        return found

    yield descriptor(0x0A, folder.up.entry_sector, b"")
    for child in folder.folders:
        yield descriptor(0x02, child.entry_sector, compressed(child.udf))
    for file in folder.files:
        yield descriptor(0x00, file.entry_sector, compressed(file.udf))
    yield bytes(-at % SECTOR_BYTES)
