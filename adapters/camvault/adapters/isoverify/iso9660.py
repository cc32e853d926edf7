"""Adapter for disc images: reads the ISO 9660 and Joliet trees of an image, and Rock Ridge's names and times.

Source: ECMA-119, SUSP (IEEE P1281), RRIP 1.09. What it does not know is refused.
"""

import functools
import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

import attrs

from camvault.adapters.isoverify.sectors import Room, Sectors, damaged
from camvault.adapters.isoverify.views import Extents, TreeView, seconds_of
from camvault.ports.image import SECTOR_BYTES

_FIRST_DESCRIPTOR, _DESCRIPTORS_MAX = 16, 64
_PRIMARY, _SUPPLEMENTARY, _TERMINATOR = 1, 2, 255  # ECMA-119 8.1.1
_JOLIET_ESCAPES = {b"%/@", b"%/C", b"%/E"}  # Joliet specification 1, "SVD Escape Sequences field"
_IS_FOLDER, _HAS_MORE = 0x02, 0x80  # ECMA-119 9.1.6
_RECORD_BYTES = 33
_RECORD_LE = struct.Struct("<BB I4xI4x 7sBBB H2xB")
"""Length, length of attributes before the content, sector, size, date, flags, units, gap, volume, length of name."""
_RECORD_BE = struct.Struct(">6xI4xI")
_PATH_ENTRY_BYTES = 8
_CONTINUATIONS_MAX = 8
_NAME_HEAD_BYTES = 5  # RRIP 4.1.4
_USUAL = re.compile(
    rb"PX\x24\x01(?:\x24\x81\0\0\0\0\x81\x24).{24}"  # mode of a file that all may read, links, user, group
    rb"TF\x1a\x01\x0e(.{7}).{14}"  # modify, access, attributes
    rb"NM(.)\x01\0([^\0/]+)\0?",  # a whole name
    re.DOTALL,
)
"""Rock Ridge's entry of nearly each file: read in one go, which takes a third of the time of one field at a time."""

Table = dict[int, tuple[bytes, int]]
"""Identifier and the parent's sector of each folder, by its sector."""


def _both32(content: memoryview | bytes, at: int) -> int:
    """A number that stands there in both byte orders. Source: ECMA-119 7.3.3."""
    value = int.from_bytes(content[at : at + 4], "little")
    if int.from_bytes(content[at + 4 : at + 8], "big") != value or len(content) < at + 8:
        damaged(f"a number of ISO 9660 is {value:,} in one byte order and something else in the other")
    return value


class Record(NamedTuple):
    """A directory record; `use` is its system use area."""

    identifier: bytes
    sector: int
    size_bytes: int
    date: bytes
    flags: int
    use: memoryview


def _records(content: bytes, where: str) -> Iterator[Record]:
    """The records of a folder. Source: ECMA-119 6.8.1.1, 9.1: none crosses the end of a sector."""
    view, at, end = memoryview(content), 0, len(content)
    while at < end:
        length = content[at]
        room = SECTOR_BYTES - at % SECTOR_BYTES
        if not length:
            at += room
            continue
        if length > room or length <= _RECORD_BYTES or at + length > end:
            damaged(f"{where} ends within a record")
        _, attributes, sector, size, date, flags, units, gap, volume, name_bytes = _RECORD_LE.unpack_from(content, at)
        if _RECORD_BE.unpack_from(content, at) != (sector, size):
            damaged(f"a record of {where} says something else in each byte order")
        start = at + _RECORD_BYTES
        if attributes or units or gap or volume != 1 or name_bytes == 0 or start + name_bytes > at + length:
            damaged(f"a record of {where} is of a kind that is not known")
        name_end = start + name_bytes
        use = view[min(name_end + 1 - name_bytes % 2, at + length) : at + length]
        yield Record(content[start:name_end], sector, size, date, flags, use)
        at += length


@attrs.frozen
class _Volume:
    """One volume descriptor. `tables` are the sectors of the path tables, little and big endian."""

    label: bytes
    root: tuple[int, int]
    tables: tuple[int, int]
    table_bytes: int


class Iso9660Reader:
    """Both ISO 9660 volumes of an image."""

    def __init__(self, sectors: Sectors, entry_count: int) -> None:
        self._sectors, self._entry_count = sectors, entry_count
        self._primary, self._joliet = self._find_volumes()
        self._skipped = self._rock_ridge_skip()

    @property
    def labels(self) -> dict[str, str]:
        """The labels of both volumes."""
        return {
            "ISO 9660": self._primary.label.decode("ascii", "replace").rstrip(" "),
            "Joliet": self._joliet.label.decode("utf-16-be", "replace").rstrip(" \0"),
        }

    def rock_ridge(self) -> TreeView:
        """The primary tree, with the names and times of Rock Ridge."""
        view, names = TreeView({}, set()), {self._primary.root[0]: ""}
        for folder, record, extents in self._walk(self._primary, "ISO 9660"):
            entry = self.entry_of(record)
            name = names[folder] + entry.name
            if name in view.files or name in view.folders:
                damaged(f"ISO 9660 has {name} twice")
            if record.flags & _IS_FOLDER:
                view.folders.add(name)
                names[record.sector] = name + "/"
            else:
                view.files[name] = (extents, entry.seconds)
        return view

    def joliet_files(self) -> list[Extents]:
        """Where the files of the Joliet tree lie."""
        walked = self._walk(self._joliet, "Joliet")
        return [extents for _, record, extents in walked if not record.flags & _IS_FOLDER]

    def _find_volumes(self) -> tuple[_Volume, _Volume]:
        """Source: ECMA-119 6.7.1."""
        primary = joliet = None
        for sector in range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + _DESCRIPTORS_MAX):
            content = self._sectors.one(sector)
            if bytes(content[1:7]) != b"CD001\1" or content[0] == _TERMINATOR:
                break
            if content[0] == _PRIMARY and primary is None:
                primary = self._volume(content)
            elif content[0] == _SUPPLEMENTARY and bytes(content[88:91]) in _JOLIET_ESCAPES and joliet is None:
                joliet = self._volume(content)
        else:
            damaged("its volume descriptors have no end")
        if content[0] != _TERMINATOR or primary is None or joliet is None:
            damaged("it does not hold all of UDF, Rock Ridge and Joliet")
        return primary, joliet

    def _volume(self, content: memoryview) -> _Volume:
        """Source: ECMA-119 8.4."""
        if _both32(content, 80) > self._sectors.count or bytes(content[128:132]) != b"\0\x08\x08\0":
            damaged("its ISO 9660 volume is longer than it, or its sectors have not 2,048 bytes")
        root = next(_records(bytes(content[156:190]), "a volume descriptor"), None)
        if root is None or not root.flags & _IS_FOLDER:
            damaged("it has no root folder")
        tables = (int.from_bytes(content[140:144], "little"), int.from_bytes(content[148:152], "big"))
        return _Volume(bytes(content[40:72]), (root.sector, root.size_bytes), tables, _both32(content, 132))

    def _walk(self, volume: _Volume, place: str) -> Iterator[tuple[int, Record, Extents]]:
        """Each file and folder with the sector of the folder that it is in, and its extents; parents first."""
        room, root = Room.of(self._entry_count), volume.root
        known: Table = {root[0]: (b"\0", root[0])}
        waiting = [(*root, root)]
        while waiting:
            sector, size, parent = waiting.pop()
            for record, extents in self._children(room, (sector, size), parent, place):
                room.take_entry()
                if record.flags & _IS_FOLDER:
                    if record.sector in known:
                        damaged(f"two folders of {place} are at sector {record.sector:,}")
                    known[record.sector] = (record.identifier, sector)
                    waiting.append((record.sector, record.size_bytes, (sector, size)))
                yield sector, record, extents
        self._check_tables(volume, known, place)

    def _children(
        self, room: Room, own: tuple[int, int], parent: tuple[int, int], place: str
    ) -> Iterator[tuple[Record, Extents]]:
        """A file over 4 GiB is several records of one name, all but the last flagged. Source: ECMA-119 6.8, 9.1.6."""
        where = f"{place}'s folder at sector {own[0]:,}"
        room.take_folder(own[1])
        records = _records(self._sectors.run(*own), where)
        for identifier, expected in ((b"\0", own), (b"\1", parent)):
            dot = next(records, None)
            if dot is None or dot.identifier != identifier or (dot.sector, dot.size_bytes) != expected:
                damaged(f"{where} does not begin with itself and its parent")
        extents: list[tuple[int, int]] = []
        before = b""
        for record in records:
            if record.size_bytes:
                if record.sector + -(-record.size_bytes // SECTOR_BYTES) > self._sectors.count:
                    damaged(f"a file in {where} reaches behind the end")
                extents.append((record.sector, record.size_bytes))
            if before and before != record.identifier:
                damaged(f"{where} ends within a file of several extents")
            before = record.identifier if record.flags & _HAS_MORE else b""
            if before:
                room.take_entry()
                if record.flags & _IS_FOLDER or record.size_bytes % SECTOR_BYTES:
                    damaged(f"an extent in {where} ends within a sector")
                continue
            yield record, tuple(extents)
            extents = []
        if before:
            damaged(f"{where} ends within a file of several extents")

    # --- path tables (ECMA-119 9.4) ---------------------------------------------------------------------------------

    def _check_tables(self, volume: _Volume, known: Table, place: str) -> None:
        """Make sure that both path tables list the folders of the tree: some systems follow them alone."""
        if volume.table_bytes > len(known) * (_PATH_ENTRY_BYTES + 256):
            damaged(f"{place}'s path tables are larger than all its folders")
        for sector, order in zip(volume.tables, ("<", ">"), strict=True):
            if _path_table(self._sectors.run(sector, volume.table_bytes), order) != known:
                damaged(f"{place}'s path table at sector {sector:,} does not list its folders")

    # --- Rock Ridge -------------------------------------------------------------------------------------------------

    def _rock_ridge_skip(self) -> int:
        """How many bytes of each system use area are not Rock Ridge's. Source: SUSP 5.3, in the root's first record."""
        sector, _ = self._primary.root
        root = next(_records(bytes(self._sectors.one(sector)), "the root folder"), None)
        if root is None or bytes(root.use[:6]) != b"SP\x07\x01\xbe\xef":
            damaged("it does not hold all of UDF, Rock Ridge and Joliet")
        return root.use[6]

    def entry_of(self, record: Record) -> "_RockRidge":
        """Name and time of a record of the primary tree. Source: RRIP 4.1: PX is the mode, NM the name, TF a time."""
        usual = None if self._skipped or record.flags & _IS_FOLDER else _USUAL.fullmatch(record.use)
        if usual and usual[2][0] == _NAME_HEAD_BYTES + len(usual[3]):
            return _RockRidge(usual[3].decode("utf-8", "surrogateescape"), _seconds(usual[1]))
        name, is_unfinished, mode, date = b"", False, None, b""
        for signature, content in self._use_entries(record.use[self._skipped :]):
            if signature == b"NM":
                if len(content) <= _NAME_HEAD_BYTES or content[4] & ~1 or (name and not is_unfinished):
                    damaged("Rock Ridge has a name of a kind that is not known")
                name, is_unfinished = name + content[_NAME_HEAD_BYTES:], bool(content[4] & 1)
            elif signature == b"PX":
                mode = _both32(content, 4)
            elif signature == b"TF":
                date = _modified(content)
            elif signature in {b"SL", b"CL", b"PL", b"RE"}:
                damaged("Rock Ridge has a link, or a folder that lies elsewhere")
        kind = 0o040000 if record.flags & _IS_FOLDER else 0o100000
        if not name or is_unfinished or mode is None or not date or mode & 0o170000 != kind:
            damaged(f"Rock Ridge's entry of {record.identifier!r} is not complete")
        if b"/" in name or b"\0" in name:
            damaged(f"Rock Ridge has the name {name!r}, which no file has")
        return _RockRidge(name.decode("utf-8", "surrogateescape"), _seconds(date))

    def _use_entries(self, area: memoryview) -> Iterator[tuple[bytes, bytes]]:
        """Signature and whole content of each entry, followed into continuation areas. Source: SUSP 4, 5.1, 5.4."""
        following: list[memoryview] = []
        for _ in range(_CONTINUATIONS_MAX):
            at, end = 0, len(area)
            while at + 4 <= end:
                length = area[at + 2]
                if length < 4 or at + length > end:  # noqa: PLR2004 - SUSP 4: signature, length and version
                    damaged("an entry of Rock Ridge ends behind its area")
                content = bytes(area[at : at + length])
                signature = content[:2]
                if signature == b"ST":
                    break
                if signature == b"CE":
                    following.append(self._continuation(content))
                yield signature, content
                at += length
            if not following:
                return
            area = following.pop()
        damaged("an entry of Rock Ridge is continued again and again")

    def _continuation(self, content: bytes) -> memoryview:
        """Source: SUSP 5.1; Linux refuses one that crosses the end of its sector."""
        sector, offset, size = (_both32(content, at) for at in (4, 12, 20))
        if offset + size > SECTOR_BYTES:
            damaged("an entry of Rock Ridge is continued across the end of a sector")
        return self._sectors.one(sector)[offset : offset + size]


class _RockRidge(NamedTuple):
    name: str
    seconds: int


def _modified(content: bytes) -> bytes:
    """The time of modification: the first one behind that of creation. Source: RRIP 4.1.6."""
    flags, at = content[4] if len(content) > 4 else 0, 5  # noqa: PLR2004 - RRIP 4.1.6: the flags
    if flags & 0x80 or not flags & 2:
        damaged("Rock Ridge has times of a kind that is not known")
    at += 7 * (flags & 1)
    if len(content) < at + 7:
        damaged("Rock Ridge's times are cut off")
    return content[at : at + 7]


@functools.lru_cache(maxsize=4096)
def _seconds(stamp: bytes) -> int:
    """Source: ECMA-119 9.1.5: years since 1900, and the offset from UTC in quarters of an hour."""
    year, month, day, hour, minute, second, quarters = struct.unpack("6Bb", stamp)
    try:
        return seconds_of((1900 + year, month, day), (hour, minute, second), 15 * quarters)
    except ValueError:
        damaged(f"ISO 9660 has the time {1900 + year}-{month}-{day} {hour}:{minute}:{second}")


def _path_table(content: bytes, order: str) -> Table:
    """Source: ECMA-119 9.4: parents are numbered from 1, in the order of the entries."""
    head, found, sectors, at = struct.Struct(order + "BBIH"), Table(), list[int](), 0
    while at < len(content):
        if at + _PATH_ENTRY_BYTES > len(content):
            damaged("a path table ends within an entry")
        length, _, sector, parent = head.unpack_from(content, at)
        at += _PATH_ENTRY_BYTES
        sectors.append(sector)
        if not 0 < parent <= len(sectors) or sector in found:
            damaged("a path table has a folder twice, or without a parent")
        found[sector] = (content[at : at + length], sectors[parent - 1])
        at += length + length % 2
    return found
