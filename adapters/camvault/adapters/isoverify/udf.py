"""Adapter for disc images: reads the UDF tree of an image (ECMA-167, UDF 1.02), and refuses what it does not know."""

import binascii
import functools
import struct
from collections.abc import Iterator

import attrs

from camvault.adapters.isoverify.sectors import Room, Sectors, damaged
from camvault.adapters.isoverify.views import Extents, TreeView, dstring, seconds_of
from camvault.ports.image import SECTOR_BYTES

_ANCHOR, _PRIMARY, _PARTITION, _LOGICAL, _TERMINATOR, _INTEGRITY = 2, 1, 5, 6, 8, 9  # ECMA-167 3/7.2.1
_FILE_SET, _IDENTIFIER, _ENTRY = 256, 257, 261  # ECMA-167 4/7.2.1
_ANCHOR_SECTOR = 256
_DESCRIPTORS_MAX = 64
_RECOGNITION_SECTORS = range(16, 80)
_FOLDER, _FILE = 4, 5  # ECMA-167 4/14.6.6
_HIDDEN, _IS_FOLDER, _DELETED, _PARENT = 1, 2, 4, 8  # ECMA-167 4/14.4.3

_TAG = struct.Struct("<HHBBHHHI")
_EXTENT_AD = struct.Struct("<II")
_LONG_AD = struct.Struct("<IIH")
_FILE_ENTRY = struct.Struct("<20xH5xB6xH20xQ8x12x12s72xII")
"""Strategy, type, flags, length, time of modification, lengths of attributes and of allocation descriptors."""
_IDENTIFIER_HEAD = struct.Struct("<18xBBIIH6xH")
"""Characteristics, length of the name, where the entry is (length, block, partition), length of implementation use."""
_TAG_BYTES, _ENTRY_BYTES, _IDENTIFIER_BYTES = 16, 176, 38


def check_tag(content: memoryview, identifier: int, location: int) -> None:
    """Make sure that a descriptor is of this type, says where it is, and that both of its checksums are right.

    Source: ECMA-167 3/7.2.
    """
    found, _, checksum, _, _, crc, crc_bytes, where = _TAG.unpack_from(content)
    if found != identifier:
        damaged(f"UDF has a descriptor of type {found} instead of {identifier} in block {location:,}")
    if where != location:
        damaged(f"UDF's descriptor of type {found} in block {location:,} says that it is in {where:,}")
    if (sum(content[:_TAG_BYTES]) - checksum) & 0xFF != checksum:
        damaged(f"the checksum of UDF's descriptor of type {found} in block {location:,} is wrong")
    covered = content[_TAG_BYTES : _TAG_BYTES + crc_bytes]
    if len(covered) != crc_bytes or binascii.crc_hqx(covered, 0) != crc:
        damaged(f"the CRC of UDF's descriptor of type {found} in block {location:,} is wrong")


@attrs.frozen
class _Volume:
    """What both volume descriptor sequences say. `partition` is the first sector and how many there are."""

    label: bytes
    logical_label: bytes
    partition: tuple[int, int]
    file_set: tuple[int, int]
    integrity: tuple[int, int]


class UdfReader:
    """The UDF volume of an image."""

    def __init__(self, sectors: Sectors, room: Room) -> None:
        self._sectors, self._room = sectors, room
        self._check_recognized()
        self._volume = self._find_volume()
        self._start, self._blocks = self._volume.partition
        if self._start + self._blocks > sectors.count:
            damaged("UDF's partition reaches behind its end")
        self._check_closed()
        self._root, self._file_set_label = self._find_root()

    @property
    def labels(self) -> dict[str, str]:
        """The three labels of the volume."""
        return {
            "UDF logical volume": dstring(self._volume.logical_label),
            "UDF volume": dstring(self._volume.label),
            "UDF file set": dstring(self._file_set_label),
        }

    def tree(self) -> TreeView:
        """All files and folders."""
        view, seen = TreeView({}, set()), {self._root}
        waiting = [(self._root, self._root, "")]
        while waiting:
            block, parent, path = waiting.pop()
            for name, entry, is_folder in self._children(block, parent):
                whole = path + name
                if whole in view.files or whole in view.folders:
                    damaged(f"UDF has {whole} twice")
                self._room.take_entry()
                if is_folder:
                    if entry in seen:
                        damaged(f"UDF's {whole} is another folder, too")
                    seen.add(entry)
                    view.folders.add(whole)
                    waiting.append((entry, block, whole + "/"))
                else:
                    view.files[whole] = self._entry(entry, _FILE)
        return view

    def _check_recognized(self) -> None:
        """Source: ECMA-167 2/8.3.1, 3/9.1."""
        names = (bytes(self._sectors.one(sector)[1:6]) for sector in _RECOGNITION_SECTORS)
        if not any(name in {b"NSR02", b"NSR03"} for name in names):
            damaged("no UDF is announced")

    def _find_volume(self) -> _Volume:
        """Source: ECMA-167 3/8.4.2.1: an anchor at 256, and another one at the end or 256 sectors before it."""
        first, last = self._anchor(_ANCHOR_SECTOR), self._sectors.count - 1
        ends = [at for at in (last, last - 256) if at > 0 and bytes(self._sectors.one(at)[:2]) == b"\2\0"]
        if not ends:
            damaged("UDF has one anchor only")
        if any(self._anchor(at) != first for at in ends):
            damaged("UDF's anchors differ")
        main, reserve = (self._sequence(*extent) for extent in first)
        if main != reserve:
            damaged("UDF's two volume descriptor sequences differ")
        return main

    def _anchor(self, sector: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Sector and length of both sequences. Source: ECMA-167 3/10.2."""
        content = self._sectors.one(sector)
        check_tag(content, _ANCHOR, sector)
        (main_bytes, main), (reserve_bytes, reserve) = (_EXTENT_AD.unpack_from(content, at) for at in (16, 24))
        return (main, main_bytes), (reserve, reserve_bytes)

    def _sequence(self, sector: int, size_bytes: int) -> _Volume:
        """Source: ECMA-167 3/8.4.2, 3/10.1, 3/10.5, 3/10.6."""
        found: dict[int, memoryview] = {}
        for at in range(sector, sector + min(size_bytes // SECTOR_BYTES, _DESCRIPTORS_MAX)):
            content = self._sectors.one(at)
            kind = int.from_bytes(content[:2], "little")
            check_tag(content, kind, at)
            if kind == _TERMINATOR:
                break
            if kind in found and kind in {_PRIMARY, _PARTITION, _LOGICAL}:
                damaged(f"UDF has two volume descriptors of type {kind}")
            found[kind] = content
        else:
            damaged("UDF's volume descriptor sequence has no end")
        if not {_PRIMARY, _PARTITION, _LOGICAL} <= found.keys():
            damaged("UDF's volume descriptor sequence is not complete")
        partition, logical = found[_PARTITION], found[_LOGICAL]
        _check_one_plain_partition(partition, logical)
        start, blocks = _EXTENT_AD.unpack_from(partition, 188)
        file_set_bytes, file_set, _ = _LONG_AD.unpack_from(logical, 248)
        integrity_bytes, integrity = _EXTENT_AD.unpack_from(logical, 432)
        return _Volume(
            bytes(found[_PRIMARY][24:56]),
            bytes(logical[84:212]),
            (start, blocks),
            (file_set, file_set_bytes),
            (integrity, integrity_bytes),
        )

    def _check_closed(self) -> None:
        """Source: ECMA-167 3/10.10."""
        sector = self._volume.integrity[0]
        content = self._sectors.one(sector)
        check_tag(content, _INTEGRITY, sector)
        if bytes(content[28:32]) != b"\1\0\0\0":
            damaged("its UDF volume is not closed")

    def _find_root(self) -> tuple[int, bytes]:
        """Block of the root's entry, and the label of the file set. Source: ECMA-167 4/14.1."""
        block = self._volume.file_set[0]
        content = self._block(block)
        check_tag(content, _FILE_SET, block)
        _, root, partition = _LONG_AD.unpack_from(content, 400)
        if partition:
            damaged("UDF's root is in another partition")
        return root, bytes(content[304:336])

    def _block(self, block: int) -> memoryview:
        if block >= self._blocks:
            damaged(f"block {block:,} lies behind the end of UDF's partition")
        return self._sectors.one(self._start + block)

    def _entry(self, block: int, kind: int) -> tuple[Extents, int]:
        """Where the content of a file or folder is, and its time. Source: ECMA-167 4/14.9."""
        content = self._block(block)
        check_tag(content, _ENTRY, block)
        strategy, found, flags, size_bytes, stamp, ea_bytes, ad_bytes = _FILE_ENTRY.unpack_from(content)
        if found != kind or strategy != 4:  # noqa: PLR2004 - UDF 1.02 2.3.5.1
            damaged(f"UDF's entry in block {block:,} is of another type than its name says")
        start = _ENTRY_BYTES + ea_bytes
        if start + ad_bytes > SECTOR_BYTES or flags & 7 > 1:  # 4/14.6.8: short or long allocation descriptors
            damaged(f"where the content of UDF's entry in block {block:,} lies is said in a way that is not known")
        step = 16 if flags & 7 else 8
        if ad_bytes == step:
            extents = self._one_extent(content, start)
            total_bytes = extents[0][1] if extents else 0
        else:
            extents = tuple(
                extent for at in range(start, start + ad_bytes, step) for extent in self._one_extent(content, at)
            )
            total_bytes = sum(size for _, size in extents)
            if any(size % SECTOR_BYTES for _, size in extents[:-1]):
                damaged(f"an extent of UDF's entry in block {block:,} ends within a sector")
        if total_bytes != size_bytes:
            damaged(f"the extents of UDF's entry in block {block:,} do not add up to its {size_bytes:,} bytes")
        return extents, _seconds(stamp)

    def _one_extent(self, content: memoryview, at: int) -> Extents:
        """Source: ECMA-167 4/14.14.1: the two upper bits of the length are the kind of extent."""
        size, where = _EXTENT_AD.unpack_from(content, at)
        if not size:
            return ()
        if size >> 30 or where + -(-size // SECTOR_BYTES) > self._blocks:
            damaged(f"an extent of UDF in block {where:,} is not recorded, or reaches behind its partition")
        return ((self._start + where, size),)

    def _children(self, block: int, parent: int) -> Iterator[tuple[str, int, bool]]:
        """Name, block of the entry, and whether it is a folder. Source: ECMA-167 4/14.4.

        What is deleted or hidden is not there for whoever opens the disc.
        """
        extents, _ = self._entry(block, _FOLDER)
        self._room.take_folder(sum(size for _, size in extents))
        content = memoryview(b"".join(self._sectors.run(sector, size) for sector, size in extents))
        blocks = [sector - self._start + n for sector, size in extents for n in range(-(-size // SECTOR_BYTES))]
        at, end, has_parent = 0, len(content), False
        while at < end:
            if at + _IDENTIFIER_BYTES > end:
                damaged(f"UDF's folder in block {block:,} ends within an entry")
            traits, name_bytes, _, entry, partition, use_bytes = _IDENTIFIER_HEAD.unpack_from(content, at)
            start = at + _IDENTIFIER_BYTES + use_bytes
            past = at + (_IDENTIFIER_BYTES + use_bytes + name_bytes + 3 & ~3)
            if past > end or partition:
                damaged(f"UDF's folder in block {block:,} ends within an entry, or leads to another partition")
            check_tag(content[at:past], _IDENTIFIER, blocks[at // SECTOR_BYTES])
            if traits & _PARENT:
                if entry != parent or has_parent:
                    damaged(f"UDF's folder in block {block:,} has another parent")
                has_parent = True
            elif not traits & (_DELETED | _HIDDEN):
                yield _name(bytes(content[start : start + name_bytes])), entry, traits & _IS_FOLDER != 0
            at = past
        if not has_parent:
            damaged(f"UDF's folder in block {block:,} has no parent")


def _check_one_plain_partition(partition: memoryview, logical: memoryview) -> None:
    """Source: ECMA-167 3/10.6, 3/10.7.2: sectors of 2048 bytes, one map of type 1, to this partition."""
    map_bytes, map_count = _EXTENT_AD.unpack_from(logical, 264)
    is_one = (map_bytes, map_count) == (6, 1) and bytes(logical[440:442]) == b"\1\6"
    is_one = is_one and logical[444:446] == partition[22:24]
    if not is_one or int.from_bytes(logical[212:216], "little") != SECTOR_BYTES:
        damaged("UDF's volume is no plain one of a single partition and sectors of 2,048 bytes")


def _name(raw: bytes) -> str:
    """Source: UDF 1.02 2.1.1."""
    if raw[:1] == b"\x08":
        name = raw[1:].decode("latin-1")
    elif raw[:1] == b"\x10":
        name = raw[1:].decode("utf-16-be", "replace")
    else:
        damaged("UDF has a name in an unknown alphabet")
    if not name or "/" in name or "\0" in name:
        damaged(f"UDF has the name {name!r}, which no file has")
    return name


@functools.lru_cache(maxsize=4096)
def _seconds(stamp: bytes) -> int:
    """Source: ECMA-167 1/7.3: type and offset from UTC in minutes, -2047 if it is not said."""
    zone, year, month, day, hour, minute, second = struct.unpack_from("<HhBBBBB", stamp)
    offset = ((zone & 0xFFF) ^ 0x800) - 0x800
    try:
        return seconds_of((year, month, day), (hour, minute, second), 0 if offset == -2047 else offset)  # noqa: PLR2004
    except ValueError:
        damaged(f"UDF has the time {year}-{month}-{day} {hour}:{minute}:{second}")
