"""Adapter for pycdlib: which file of an image lies on which sector.

Rock Ridge is asked first, since it holds any name exactly, then the UDF tree (names of 127 or 254 characters, no
foreign bytes), and the bare names of ISO 9660 only if there is nothing else. Only the trees are read, not the content.
"""

from collections.abc import Iterator, Sequence
from pathlib import PurePath, PurePosixPath
from typing import Any

from camvault.ports.burner import ImageMap
from camvault.ports.errors import MediaError
from camvault.ports.image import SECTOR_BYTES

_Extent = tuple[PurePosixPath, int, int]
"""Path, first sector, number of sectors."""


class PycdlibImageMap:
    """Reads the trees of an image with pycdlib."""

    def files_on(self, image: PurePath, sectors: Sequence[int], /) -> tuple[PurePosixPath, ...]:
        """See `ImageMap`."""
        wanted = sorted(set(sectors))
        found = (path for path, first, count in _extents(image) if any(first <= s < first + count for s in wanted))
        return tuple(dict.fromkeys(found))


def _extents(image: PurePath) -> list[_Extent]:
    import pycdlib  # noqa: PLC0415 - heavy, and needed only after a mismatch
    from pycdlib.pycdlibexception import PyCdlibException  # noqa: PLC0415

    disc = pycdlib.PyCdlib()
    try:
        disc.open(str(image))
    except (PyCdlibException, OSError) as error:
        raise MediaError(image, f"not an image whose files can be listed: {error}") from error
    try:
        has_rock_ridge = disc.has_rock_ridge()
        if disc.has_udf() and not has_rock_ridge:
            start = disc.udf_main_descs.partitions[0].part_start_location
            return list(_udf(disc.udf_root, PurePosixPath(), start))
        return list(_iso(disc.pvd.root_directory_record(), PurePosixPath(), has_rock_ridge=has_rock_ridge))
    except PyCdlibException as error:
        raise MediaError(image, f"its tree cannot be read: {error}") from error
    finally:
        disc.close()


def _udf(folder: Any, path: PurePosixPath, partition: int) -> Iterator[_Extent]:
    for child in folder.fi_descs.values():
        entry = child.file_entry
        if child.is_parent() or entry is None:
            continue
        name = path / child.fi.decode(child.encoding, "replace")
        if child.is_dir():
            yield from _udf(entry, name, partition)
            continue
        for extent in entry.alloc_descs:
            yield name, partition + extent.log_block_num, _sectors(extent.extent_length)


def _iso(folder: Any, path: PurePosixPath, *, has_rock_ridge: bool) -> Iterator[_Extent]:
    for child in folder.children:
        if child.is_dot() or child.is_dotdot():
            continue
        rock_ridge = child.rock_ridge if has_rock_ridge else None
        raw = child.file_identifier().removesuffix(b";1") if rock_ridge is None else rock_ridge.name()
        name = path / raw.decode("utf-8", "surrogateescape")
        if child.is_dir():
            yield from _iso(child, name, has_rock_ridge=has_rock_ridge)
        else:  # a file over 4 GiB is several records of one name, one after the other
            yield name, child.extent_location(), _sectors(child.data_length)


def _sectors(size_bytes: int) -> int:
    return -(-size_bytes // SECTOR_BYTES)


_: ImageMap = PycdlibImageMap()
