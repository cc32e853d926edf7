"""Adapter for disc images, pure part: which sector holds what. Everything is known before the first byte is written.

0        system area (ECMA-119 6.2.1)
16       primary volume descriptor, Joliet's, set terminator (ECMA-119 8.4 to 8.6)
19       volume recognition sequence of UDF: BEA01, NSR02, TEA01 (ECMA-167 2/9, 3/9)
32, 48   main and reserve volume descriptor sequence (ECMA-167 3/8.4.2)
64       logical volume integrity sequence (ECMA-167 3/8.8.2)
256      anchor (ECMA-167 3/8.4.2.1)
257      the UDF partition: file set; the content of the file that is wanted early, if there is one; file entries,
         folders of UDF; path tables and folders of ISO 9660 and Joliet; the content of all other files, shared by the
         three trees; at least one free sector
N-1      anchor; N is a multiple of 32
"""

import operator
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

import attrs

from camvault.adapters.bridge.names import compressed, iso_names, joliet_names, udf_names
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import UsageError
from camvault.ports.image import SECTOR_BYTES, Placement

PARTITION_SECTOR = 257
ALIGNMENT_SECTORS = 32
ISO_EXTENT_BYTES_MAX = 0xFFFFF800
"""The largest multiple of a sector that a directory record can say. Source: ECMA-119 9.1.4."""
UDF_EXTENT_BYTES_MAX = (1 << 30) - SECTOR_BYTES
"""Source: ECMA-167 4/14.14.1.1: the two upper bits of the length are the extent's type."""
UDF_EXTENTS_MAX = (SECTOR_BYTES - 176) // 8
"""Short allocation descriptors that one file entry holds. Source: ECMA-167 4/14.9."""
FILE_BYTES_MAX = UDF_EXTENTS_MAX * UDF_EXTENT_BYTES_MAX
"""About 251 GB, twice the largest disc there is (BDXL, 128 GB)."""
SECTORS_MAX = 0xFFFFFFFF
FOLDERS_MAX = 0xFFFF
"""A path table numbers folders with 16 bits. Source: ECMA-119 9.4.4."""

RECORD_BYTES = 33
_RECORD_BYTES_MAX = 254
PX_BYTES, TF_BYTES, CE_BYTES, NM_HEAD_BYTES = 36, 26, 28, 5
NM_BYTES_MAX = 250
"""A system use entry says its length in one byte. Source: IEEE P1281 (SUSP) 4."""
ROOT_DOT_BYTES = 34 + 7 + PX_BYTES + TF_BYTES + CE_BYTES + 1  # padded to an even length
DOT_BYTES = 34 + PX_BYTES + TF_BYTES
ER_BYTES = 237
"""The extension reference of Rock Ridge, in the root's continuation area."""
_FID_HEAD_BYTES = 38


@attrs.define(eq=False)
class FileNode:
    """A file, and how each tree names it; `number` is its place among the files that were given."""

    number: int
    path: PurePosixPath
    raw: bytes
    size_bytes: int
    mtime_ns: int
    sector: int = 0
    entry_sector: int = 0
    udf: str = ""
    iso: bytes = b""
    joliet: bytes = b""

    @property
    def sector_count(self) -> int:
        """Sectors of content."""
        return -(-self.size_bytes // SECTOR_BYTES)

    def pieces(self, piece_bytes: int) -> Iterator[tuple[int, int]]:
        """First sector and length of each extent of at most `piece_bytes`."""
        sector, left = self.sector, self.size_bytes
        while left > piece_bytes:
            yield sector, piece_bytes
            sector, left = sector + piece_bytes // SECTOR_BYTES, left - piece_bytes
        yield sector, left


@attrs.define(eq=False)
class FolderNode:
    """A folder, and where each tree keeps it."""

    path: PurePosixPath
    raw: bytes
    parent: "FolderNode | None"
    folders: list["FolderNode"] = attrs.field(factory=list)
    files: list[FileNode] = attrs.field(factory=list)
    entry_sector: int = 0
    udf: str = ""
    iso: bytes = b"\x00"
    joliet: bytes = b"\x00"
    fid_sector: int = 0
    fid_bytes: int = 0
    iso_sector: int = 0
    iso_bytes: int = 0
    more_sector: int = 0
    more_sectors: int = 0
    joliet_sector: int = 0
    joliet_bytes: int = 0
    iso_number: int = 1
    joliet_number: int = 1
    by_iso: list["FolderNode | FileNode"] = attrs.field(factory=list)
    """The children in the order of the primary tree."""
    by_joliet: list["FolderNode | FileNode"] = attrs.field(factory=list)
    """The children in the order of the Joliet tree."""

    def children(self) -> Iterator["FolderNode | FileNode"]:
        """Folders, then files, each by name."""
        yield from self.folders
        yield from self.files

    @property
    def up(self) -> "FolderNode":
        """The parent; the root's is the root."""
        return self.parent or self


_ISO_ORDER = bytes.maketrans(b".;", b"\1\0")
"""A name, and an extension, that goes on comes after one that ends, as if both were filled up with spaces."""


def _iso_key(node: FolderNode | FileNode) -> bytes:
    """Source: ECMA-119 9.3."""
    return node.iso.translate(_ISO_ORDER)


@attrs.define(eq=False)
class ImageLayout:
    """The whole image; `folders` are parents first, `files` in the order of their sectors."""

    root: FolderNode
    folders: list[FolderNode]
    files: list[FileNode]
    iso_table: list[FolderNode]
    joliet_table: list[FolderNode]
    table_sectors: tuple[int, int, int, int] = (0, 0, 0, 0)
    iso_table_bytes: int = 0
    joliet_table_bytes: int = 0
    has_early: bool = False
    """Whether the content of the first file lies in front of the trees."""
    data_sector: int = 0
    sector_count: int = 0

    @property
    def partition_sectors(self) -> int:
        """From the sector after the first anchor to the one before the last."""
        return self.sector_count - 1 - PARTITION_SECTOR


def lay_out(
    files: Iterable[tuple[PurePosixPath, FileIdentity]],
    folders: Iterable[PurePosixPath],
    placement: Placement | None = None,
) -> ImageLayout:
    """Decide everything. Parents of everything are among `folders`; the order of both does not matter.

    Raises:
        UsageError: A file is larger than any disc, or there are more folders than path tables can number.
    """
    placement = placement or Placement()
    root, every, found = _tree(files, folders)
    _check(every, found)
    found = _in_order(found, placement)
    for folder in every:
        _spell(folder)
    layout = ImageLayout(root, every, found, *_numbered(root))
    sector = _place_udf(layout, _place_early(layout, placement, PARTITION_SECTOR + 2))
    sector = _place_tables(layout, sector)
    for folder in every:
        sector = _place_iso(folder, sector)
    for folder in every:
        folder.joliet_sector, folder.joliet_bytes = sector, _joliet_size(folder)
        sector += folder.joliet_bytes // SECTOR_BYTES
    layout.data_sector = sector
    sector = _place_content(found[layout.has_early :], placement, sector)
    # One free sector before the anchor: Windows is said to want the partition to go on after the last content of a file
    # over 4 GiB (pycdlib issue 173)
    layout.sector_count = -(-(sector + 2) // ALIGNMENT_SECTORS) * ALIGNMENT_SECTORS
    if layout.sector_count > SECTORS_MAX:
        raise UsageError(f"The image would have {layout.sector_count:,} sectors, more than the format can count")
    return layout


def _in_order(files: list[FileNode], placement: Placement) -> list[FileNode]:
    """The file that comes first, all others, and those that come last."""
    ranks = {path: rank for rank, path in enumerate(placement.last, start=1)}
    if placement.early is not None:
        ranks[placement.early] = -1
    return sorted(files, key=lambda file: ranks.get(file.path, 0)) if ranks else files


def _place_early(layout: ImageLayout, placement: Placement, sector: int) -> int:
    early = next((file for file in layout.files[:1] if file.path == placement.early and file.size_bytes), None)
    if early is None:
        return sector
    layout.has_early = True
    early.sector = max(sector, placement.early_sector)
    return early.sector + early.sector_count


def _place_content(files: Iterable[FileNode], placement: Placement, sector: int) -> int:
    unaligned = frozenset(placement.last)
    for file in files:
        if file.size_bytes and file.path not in unaligned:
            sector = -(-sector // placement.alignment_sectors) * placement.alignment_sectors
        file.sector = sector if file.size_bytes else 0
        sector += file.sector_count
    return sector


def _tree(
    files: Iterable[tuple[PurePosixPath, FileIdentity]], folders: Iterable[PurePosixPath]
) -> tuple[FolderNode, list[FolderNode], list[FileNode]]:
    root = FolderNode(PurePosixPath(), b"", None)
    known = {"": root}
    for path in sorted(set(folders) - {root.path}, key=lambda p: tuple(map(_raw, p.parts))):
        above, _, name = str(path).rpartition("/")
        parent = known[above]
        known[str(path)] = folder = FolderNode(path, _raw(name), parent)
        parent.folders.append(folder)
    for number, (path, identity) in enumerate(files):
        above, _, name = str(path).rpartition("/")  # a text is compared sooner than a path
        known[above].files.append(FileNode(number, path, _raw(name), identity.size_bytes, identity.mtime_ns))
    for folder in known.values():
        folder.files.sort(key=operator.attrgetter("raw"))
    every = list(known.values())
    return root, every, [file for folder in every for file in folder.files]


def _raw(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _check(folders: list[FolderNode], files: list[FileNode]) -> None:
    if len(folders) > FOLDERS_MAX:
        raise UsageError(f"{len(folders):,} folders are more than an image can number ({FOLDERS_MAX:,})")
    for file in files:
        if file.size_bytes > FILE_BYTES_MAX:
            limit = f"{FILE_BYTES_MAX:,} bytes"
            raise UsageError(f"{file.path}: {file.size_bytes:,} bytes, a file in an image may have at most {limit}")


def _spell(folder: FolderNode) -> None:
    """Names of the children in each tree, and their orders."""
    inner, files = [f.raw for f in folder.folders], [f.raw for f in folder.files]
    udf = udf_names([*inner, *files])
    taken_iso: set[bytes] = set()
    taken_joliet: set[bytes] = set()
    iso: Mapping[bytes, bytes] = iso_names(inner, is_folder=True, taken=taken_iso)
    joliet: Mapping[bytes, bytes] = joliet_names(inner, is_folder=True, taken=taken_joliet)
    for child in folder.folders:
        child.udf, child.iso, child.joliet = udf[child.raw], iso[child.raw], joliet[child.raw]
    iso = iso_names(files, is_folder=False, taken=taken_iso)
    joliet = joliet_names(files, is_folder=False, taken=taken_joliet)
    for file in folder.files:
        file.udf, file.iso, file.joliet = udf[file.raw], iso[file.raw], joliet[file.raw]
    folder.by_iso = sorted(folder.children(), key=_iso_key)
    folder.by_joliet = sorted(folder.children(), key=operator.attrgetter("joliet"))


def _numbered(root: FolderNode) -> tuple[list[FolderNode], list[FolderNode]]:
    """The folders in the order of both path tables, numbered from 1. Source: ECMA-119 6.9.1."""
    tables: list[list[FolderNode]] = []
    for name, number in (("iso", "iso_number"), ("joliet", "joliet_number")):
        table, level = [], [root]
        while level:
            for node in level:
                table.append(node)
                setattr(node, number, len(table))
            level = [child for node in level for child in sorted(node.folders, key=operator.attrgetter(name))]
        tables.append(table)
    return tables[0], tables[1]


def _place_udf(layout: ImageLayout, sector: int) -> int:
    for parent in layout.folders:
        parent.entry_sector, sector = sector, sector + 1
    for file in layout.files:
        file.entry_sector, sector = sector, sector + 1
    for folder in layout.folders:
        folder.fid_sector, folder.fid_bytes = sector, _FID_HEAD_BYTES + 2
        for child in folder.children():
            folder.fid_bytes += fid_bytes(child.udf)
        sector += _sectors(folder.fid_bytes)
    return sector


def fid_bytes(name: str) -> int:
    """Length of a file identifier descriptor. Source: ECMA-167 4/14.4."""
    return (_FID_HEAD_BYTES + len(compressed(name)) + 3) & ~3


def _place_tables(layout: ImageLayout, sector: int) -> int:
    layout.iso_table_bytes = sum(8 + len(f.iso) + len(f.iso) % 2 for f in layout.iso_table)
    layout.joliet_table_bytes = sum(8 + len(f.joliet) + len(f.joliet) % 2 for f in layout.joliet_table)
    iso, joliet = _sectors(layout.iso_table_bytes), _sectors(layout.joliet_table_bytes)
    layout.table_sectors = (sector, sector + iso, sector + 2 * iso, sector + 2 * iso + joliet)
    return sector + 2 * iso + 2 * joliet


def _place_iso(folder: FolderNode, sector: int) -> int:
    records, more = Packing(), Packing()
    records.add(ROOT_DOT_BYTES if folder.parent is None else DOT_BYTES)
    records.add(DOT_BYTES)
    if folder.parent is None:
        more.add(ER_BYTES)
    for child in folder.by_iso:
        record, continued = record_bytes(child.iso, child.raw)
        more.add(continued)
        for _ in range(extent_count(child)):
            records.add(record)
    folder.iso_sector, folder.iso_bytes = sector, records.sector_count * SECTOR_BYTES
    folder.more_sector, folder.more_sectors = sector + records.sector_count, more.sector_count
    return sector + records.sector_count + more.sector_count


def record_bytes(identifier: bytes, raw: bytes) -> tuple[int, int]:
    """Length of a directory record with its Rock Ridge entries, and of what goes to the continuation area."""
    head = RECORD_BYTES + len(identifier) + (1 - len(identifier) % 2) + PX_BYTES + TF_BYTES
    whole = head + NM_HEAD_BYTES + len(raw)
    if whole <= _RECORD_BYTES_MAX:
        return whole + whole % 2, 0
    pieces = -(-len(raw) // NM_BYTES_MAX)
    return head + CE_BYTES + (head + CE_BYTES) % 2, len(raw) + pieces * NM_HEAD_BYTES


def extent_count(node: FolderNode | FileNode) -> int:
    """Directory records that a file takes."""
    return max(1, -(-node.size_bytes // ISO_EXTENT_BYTES_MAX)) if isinstance(node, FileNode) else 1


def _joliet_size(folder: FolderNode) -> int:
    records = Packing()
    records.add(34)
    records.add(34)
    for child in folder.by_joliet:
        for _ in range(extent_count(child)):
            records.add(RECORD_BYTES + len(child.joliet) + 1 - len(child.joliet) % 2)
    return records.sector_count * SECTOR_BYTES


@attrs.define
class Packing:
    """Puts pieces one after the other; none crosses the end of a sector. Source: ECMA-119 6.8.1.1."""

    end: int = 0

    def add(self, size_bytes: int) -> int:
        """Where the piece starts."""
        room = -self.end % SECTOR_BYTES
        if size_bytes > room and self.end % SECTOR_BYTES:
            self.end += room
        start = self.end
        self.end += size_bytes
        return start

    @property
    def sector_count(self) -> int:
        """Sectors used so far."""
        return _sectors(self.end)


def _sectors(size_bytes: int) -> int:
    return -(-size_bytes // SECTOR_BYTES)
