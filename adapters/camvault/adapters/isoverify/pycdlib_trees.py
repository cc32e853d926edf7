"""Adapter for pycdlib: what both trees of an image and its five labels say, by a library of others."""

import io
from collections.abc import Iterator
from typing import Any

from camvault.adapters.isoverify.open_image import OpenImage
from camvault.adapters.isoverify.sectors import damaged
from camvault.adapters.isoverify.views import Extents, ImageView, TreeView, dstring, seconds_of
from camvault.ports.errors import MismatchError


def read_with_pycdlib(file: OpenImage, _: int) -> ImageView:
    """Read the trees of an open image; see `ReadImage`.

    Raises:
        MismatchError: It cannot be opened as a UDF/ISO-9660 bridge.
    """
    import pycdlib  # noqa: PLC0415 - heavy
    from pycdlib.pycdlibexception import PyCdlibException  # noqa: PLC0415

    disc, stream = pycdlib.PyCdlib(), _Image(file, _BUFFER_BYTES)
    try:
        disc.open_fp(stream)
        if not (disc.has_udf() and disc.has_rock_ridge() and disc.has_joliet()):
            damaged("it does not hold all of UDF, Rock Ridge and Joliet")
        return _view(disc)
    except (PyCdlibException, OSError, ValueError, IndexError) as error:
        damaged(str(error))
    finally:
        stream.detach()  # else it closes the file


_ENTRY_BYTES_MAX = 4096
_BUFFER_BYTES = 64 * 1024


class _Folder(bytes):
    """A folder whose "everything from here" is short.

    pycdlib takes that for each entry of a UDF folder, so a folder of 50,000 files would be copied 50,000 times. Entries
    end long before; one that did not would be refused.
    """

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice) and key.stop is None:
            key = slice(key.start, (key.start or 0) + _ENTRY_BYTES_MAX)
        return super().__getitem__(key)


class _Image(io.BufferedReader):
    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        return _Folder(content) if len(content) > _ENTRY_BYTES_MAX else content


def _view(disc: Any) -> ImageView:
    udf, iso = TreeView({}, set()), TreeView({}, set())
    start = disc.udf_main_descs.partitions[0].part_start_location
    _walk_udf(disc.udf_root, start, udf)
    _walk_iso(disc.pvd.root_directory_record(), iso)
    joliet = list(_joliet(disc.joliet_vd.root_directory_record()))
    return ImageView(udf, iso, joliet, _labels(disc))


def _labels(disc: Any) -> dict[str, str]:
    descriptors = disc.udf_main_descs
    return {
        "ISO 9660": disc.pvd.volume_identifier.decode("ascii", "replace").rstrip(" "),
        "Joliet": disc.joliet_vd.volume_identifier.decode("utf-16-be", "replace").rstrip(" \0"),
        "UDF logical volume": dstring(descriptors.logical_volumes[0].logical_vol_ident),
        "UDF volume": dstring(descriptors.pvds[0].vol_ident),
        "UDF file set": dstring(disc.udf_file_set.file_set_ident),
    }


def _walk_udf(root: Any, start: int, view: TreeView) -> None:
    waiting = [(root, "")]
    while waiting:
        folder, path = waiting.pop()
        for child in folder.fi_descs.values():
            if child.is_parent():
                continue
            name = path + child.fi.decode("utf-16-be" if child.encoding == "utf-16_be" else "latin-1", "replace")
            entry = child.file_entry
            if child.is_dir():
                view.folders.add(name)
                waiting.append((entry, name + "/"))
                continue
            extents = tuple((start + e.log_block_num, e.extent_length) for e in entry.alloc_descs if e.extent_length)
            if sum(size for _, size in extents) != entry.info_len:
                raise MismatchError("UDF", f"{name}: its extents do not add up to its length of {entry.info_len:,}")
            view.files[name] = (extents, _udf_seconds(entry.mod_time))


def _udf_seconds(stamp: Any) -> int:
    return seconds_of((stamp.year, stamp.month, stamp.day), (stamp.hour, stamp.minute, stamp.second), stamp.tz)


def _iso_seconds(stamp: Any) -> int:
    day = (stamp.years_since_1900 + 1900, stamp.month, stamp.day_of_month)
    return seconds_of(day, (stamp.hour, stamp.minute, stamp.second), 15 * stamp.gmtoffset)


def _walk_iso(root: Any, view: TreeView) -> None:
    waiting = [(root, "")]
    while waiting:
        folder, path = waiting.pop()
        for child, extents in _records(folder):
            name = path + child.rock_ridge.name().decode("utf-8", "surrogateescape")
            if child.is_dir():
                view.folders.add(name)
                waiting.append((child, name + "/"))
            elif name in view.files:
                raise MismatchError("ISO 9660", f"{name} is there twice")
            else:
                view.files[name] = (extents, _iso_seconds(_modified(child)))


def _modified(child: Any) -> Any:
    """In pycdlib 1.22 the second time is "access" and the third "modification"; in Rock Ridge it is the other way.

    Source: RRIP 1.12, 4.1.6, bits 1 and 2 of the flags; Linux and xorriso read it so.
    """
    rock_ridge = child.rock_ridge
    times = rock_ridge.dr_entries.tf_record or rock_ridge.ce_entries.tf_record
    return times.access_time


def _joliet(root: Any) -> Iterator[Extents]:
    waiting = [root]
    while waiting:
        for child, extents in _records(waiting.pop()):
            if child.is_dir():
                waiting.append(child)
            else:
                yield extents


def _records(folder: Any) -> Iterator[tuple[Any, Extents]]:
    """Each child with its extents; a file over 4 GiB is several records, all but the last flagged."""
    extents: list[tuple[int, int]] = []
    for child in folder.children:
        if child.is_dot() or child.is_dotdot():
            continue
        extents.append((child.extent_location(), child.data_length))
        if child.file_flags & 0x80:
            continue
        yield child, tuple(e for e in extents if e[1])
        extents = []
