"""Adapter for disc images, pure part: ECMA-119 (ISO 9660), Joliet and Rock Ridge (RRIP 1.09 on SUSP 1)."""

import functools
import struct
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from camvault.adapters.bridge.layout import (
    ISO_EXTENT_BYTES_MAX,
    NM_BYTES_MAX,
    FileNode,
    FolderNode,
    ImageLayout,
    Packing,
    record_bytes,
)
from camvault.adapters.bridge.udf import UdfVolume, stamp_ns
from camvault.ports.image import SECTOR_BYTES

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST_S = -2_208_988_800  # the first second of 1900
_LATEST_S = 5_869_583_999  # the last one of 2155
_APPLICATION = "CAMVAULT"
_FOLDER_FLAG, _MORE_FLAG = 0x02, 0x80  # ECMA-119 9.1.6


def both16(value: int) -> bytes:
    """Source: ECMA-119 7.2.3."""
    return struct.pack("<H", value) + struct.pack(">H", value)


def both32(value: int) -> bytes:
    """Source: ECMA-119 7.3.3."""
    return struct.pack("<I", value) + struct.pack(">I", value)


def record_date(mtime_ns: int) -> bytes:
    """UTC to the second, 1900 to 2155. Source: ECMA-119 9.1.5."""
    return _date(min(max(mtime_ns // 1_000_000_000, _EARLIEST_S), _LATEST_S))


@functools.lru_cache(maxsize=4096)
def _date(seconds: int) -> bytes:
    at = _EPOCH + timedelta(seconds=seconds)
    return bytes((at.year - 1900, at.month, at.day, at.hour, at.minute, at.second, 0))


def _volume_date(at: datetime) -> bytes:
    """Source: ECMA-119 8.4.26.1."""
    utc = at.astimezone(UTC)
    return f"{utc:%Y%m%d%H%M%S}{utc.microsecond // 10_000:02d}".rjust(16, "0").encode() + b"\0"


_NO_DATE = b"0" * 16 + b"\0"


def descriptors(layout: ImageLayout, volume: UdfVolume) -> bytes:
    """Primary, Joliet, terminator. Source: ECMA-119 8.3 to 8.5."""
    terminator = (b"\xffCD001\1").ljust(SECTOR_BYTES, b"\0")
    return _descriptor(layout, volume, is_joliet=False) + _descriptor(layout, volume, is_joliet=True) + terminator


def _text(text: str, size: int, *, is_joliet: bool) -> bytes:
    if is_joliet:  # UCS-2 takes whole pairs of bytes; one that is left over is zero
        return text[: size // 2].ljust(size // 2).encode("utf-16-be") + bytes(size % 2)
    return text.encode("ascii")[:size].ljust(size, b" ")


def _descriptor(layout: ImageLayout, volume: UdfVolume, *, is_joliet: bool) -> bytes:
    tables = layout.table_sectors[2:] if is_joliet else layout.table_sectors[:2]
    table_bytes = layout.joliet_table_bytes if is_joliet else layout.iso_table_bytes
    at = _volume_date(volume.stamped_at)

    def text(value: str, size: int) -> bytes:
        return _text(value, size, is_joliet=is_joliet)

    return b"".join(
        (
            (b"\2" if is_joliet else b"\1") + b"CD001\1\0",
            text("", 32),
            text(volume.label, 32),
            bytes(8),
            both32(layout.sector_count),
            (b"%/E" if is_joliet else b"").ljust(32, b"\0"),  # Joliet, UCS-2 level 3
            both16(1),
            both16(1),
            both16(SECTOR_BYTES),
            both32(table_bytes),
            struct.pack("<II", tables[0], 0),
            struct.pack(">II", tables[1], 0),
            _root_record(layout.root, volume, is_joliet=is_joliet),
            text(volume.unique, 128),
            text("", 128),
            text("", 128),
            text(_APPLICATION, 128),
            text("", 37),
            text("", 37),
            text("", 37),
            at,
            at,
            _NO_DATE,
            _NO_DATE,
            b"\1\0",
            bytes(512 + 653),
        )
    )


def _root_record(root: FolderNode, volume: UdfVolume, *, is_joliet: bool) -> bytes:
    where, size = (root.joliet_sector, root.joliet_bytes) if is_joliet else (root.iso_sector, root.iso_bytes)
    return _record(b"\0", (where, size), record_date(stamp_ns(volume.stamped_at)), _FOLDER_FLAG)


def path_tables(layout: ImageLayout) -> Iterator[bytes]:
    """L and M of the primary tree, L and M of Joliet's, each padded. Source: ECMA-119 9.4."""
    for is_joliet in (False, True):
        table = layout.joliet_table if is_joliet else layout.iso_table
        for order in "<>":
            entries = b"".join(_path_entry(folder, order, is_joliet=is_joliet) for folder in table)
            yield entries + bytes(-len(entries) % SECTOR_BYTES)


def _path_entry(folder: FolderNode, order: str, *, is_joliet: bool) -> bytes:
    name, where, parent = (
        (folder.joliet, folder.joliet_sector, folder.up.joliet_number)
        if is_joliet
        else (folder.iso, folder.iso_sector, folder.up.iso_number)
    )
    return struct.pack(order + "BBIH", len(name), 0, where, parent) + name + bytes(len(name) % 2)


_RECORD = struct.Struct("<BBI4sI4s7sB2x4sB")
_IN_OTHER_ORDER = struct.Struct(">I").pack


def _record(name: bytes, extent: tuple[int, int], date: bytes, flags: int, more: bytes = b"") -> bytes:
    """`extent` is sector and length. Source: ECMA-119 9.1."""
    (where, size), name_bytes = extent, len(name)
    content = name + more if name_bytes % 2 else name + b"\0" + more
    if len(content) % 2 == 0:  # the head has 33 bytes, and a record an even number
        content += b"\0"
    others = (_IN_OTHER_ORDER(where), size, _IN_OTHER_ORDER(size))
    return _RECORD.pack(33 + len(content), 0, where, *others, date, flags, b"\1\0\0\1", name_bytes) + content


def _pieces(node: FolderNode | FileNode, *, is_joliet: bool) -> Iterable[tuple[int, int, int]]:
    """Sector, length and flags of each extent. Source: ECMA-119 6.4.2: all but the last one say that more follow."""
    if isinstance(node, FolderNode):
        where = (node.joliet_sector, node.joliet_bytes) if is_joliet else (node.iso_sector, node.iso_bytes)
        return ((*where, _FOLDER_FLAG),)
    if node.size_bytes <= ISO_EXTENT_BYTES_MAX:
        return ((node.sector, node.size_bytes, 0),)
    pieces = list(node.pieces(ISO_EXTENT_BYTES_MAX))
    return [(where, size, _MORE_FLAG) for where, size in pieces[:-1]] + [(*pieces[-1], 0)]


def joliet_folder(folder: FolderNode, volume: UdfVolume) -> bytes:
    """The content of a folder in the Joliet tree."""
    stamp = record_date(stamp_ns(volume.stamped_at))
    records = [
        _record(b"\0", (folder.joliet_sector, folder.joliet_bytes), stamp, _FOLDER_FLAG),
        _record(b"\1", (folder.up.joliet_sector, folder.up.joliet_bytes), stamp, _FOLDER_FLAG),
    ]
    for child in folder.by_joliet:
        date = record_date(child.mtime_ns) if isinstance(child, FileNode) else stamp
        for where, size, flags in _pieces(child, is_joliet=True):
            records.append(_record(child.joliet, (where, size), date, flags))
    return _packed(records, folder.joliet_bytes)


def _packed(pieces: Iterable[bytes], size_bytes: int) -> bytes:
    packing, parts, end = Packing(), list[bytes](), 0
    for piece in pieces:
        start = packing.add(len(piece))
        if start != end:
            parts.append(bytes(start - end))
        parts.append(piece)
        end = packing.end
    return b"".join(parts).ljust(size_bytes, b"\0")


# --- Rock Ridge (RRIP 1.09, on SUSP) --------------------------------------------------------------------------------

_SHARING = b"SP\x07\x01\xbe\xef\x00"  # SUSP 5.3
_REFERENCE = (
    b"ER\xed\x01\x0a\x54\x87\x01RRIP_1991A"  # SUSP 5.5
    b"THE ROCK RIDGE INTERCHANGE PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS"
    b"PLEASE CONTACT DISC PUBLISHER FOR SPECIFICATION SOURCE.  SEE PUBLISHER IDENTIFIER IN PRIMARY VOLUME DESCRIPTOR "
    b"FOR CONTACT INFORMATION."
)
_FILE_MODE, _FOLDER_MODE = 0o100444, 0o040555
_TIMES = b"TF\x1a\x01\x0e"  # RRIP 4.1.6: modify, access, attributes, 7 bytes each


def _posix(node: FolderNode | FileNode) -> bytes:
    """Source: RRIP 4.1.1."""
    if isinstance(node, FileNode):
        return _FILE_POSIX
    return b"PX\x24\x01" + both32(_FOLDER_MODE) + both32(2 + len(node.folders)) + both32(0) + both32(0)


_FILE_POSIX = b"PX\x24\x01" + both32(_FILE_MODE) + both32(1) + both32(0) + both32(0)


def _name(raw: bytes, *, is_continued: bool) -> bytes:
    """Source: RRIP 4.1.4."""
    return b"NM" + bytes((5 + len(raw), 1, int(is_continued))) + raw


def _names(raw: bytes) -> bytes:
    pieces = [raw[i : i + NM_BYTES_MAX] for i in range(0, len(raw), NM_BYTES_MAX)]
    return b"".join(_name(p, is_continued=i < len(pieces) - 1) for i, p in enumerate(pieces))


def _continued(sector: int, offset: int, size: int) -> bytes:
    """Source: SUSP 5.1."""
    return b"CE\x1c\x01" + both32(sector) + both32(offset) + both32(size)


def iso_folder(folder: FolderNode, volume: UdfVolume) -> Iterator[bytes]:
    """The content of a folder in the primary tree, then its continuation area."""
    stamp = record_date(stamp_ns(volume.stamped_at))
    more, continuation = Packing(), bytearray()

    def put(content: bytes) -> bytes:
        start = more.add(len(content))
        continuation.extend(bytes(start - len(continuation)) + content)
        sector, offset = divmod(start, SECTOR_BYTES)
        return _continued(folder.more_sector + sector, offset, len(content))

    def dots() -> Iterator[bytes]:
        own = _posix(folder) + _TIMES + 3 * stamp
        if folder.parent is None:
            own = _SHARING + own + put(_REFERENCE)
        yield _record(b"\0", (folder.iso_sector, folder.iso_bytes), stamp, _FOLDER_FLAG, own)
        up = folder.up
        yield _record(b"\1", (up.iso_sector, up.iso_bytes), stamp, _FOLDER_FLAG, _posix(up) + _TIMES + 3 * stamp)

    def children() -> Iterator[bytes]:
        for child in folder.by_iso:
            date = record_date(child.mtime_ns) if isinstance(child, FileNode) else stamp
            is_long = record_bytes(child.iso, child.raw)[1] > 0
            name = put(_names(child.raw)) if is_long else _name(child.raw, is_continued=False)
            use = b"".join((_posix(child), _TIMES, date, date, date, name))
            for where, size, flags in _pieces(child, is_joliet=False):
                yield _record(child.iso, (where, size), date, flags, use)

    yield _packed([*dots(), *children()], folder.iso_bytes)
    yield bytes(continuation.ljust(folder.more_sectors * SECTOR_BYTES, b"\0"))
