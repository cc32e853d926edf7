"""Adapter for pycdlib: compares an image with its plan and its manifest."""

import hashlib
import importlib.metadata
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePath, PurePosixPath

from camvault.adapters._durable import translated
from camvault.adapters.isoverify.trees import Extents, ImageView, TreeView, read_image
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MismatchError
from camvault.ports.files import OnBytes
from camvault.ports.image import SECTOR_BYTES, ImageManifest, ImagePlan, ImageVerifier

_PIECE_BYTES = 1 << 20
_NS = 1_000_000_000
_LABEL_ROOM = {"ISO 9660": 32, "Joliet": 16, "UDF logical volume": 32, "UDF volume": 30, "UDF file set": 30}


class PycdlibVerifier:
    """Both trees are read by pycdlib, and the content where they say that it is.

    Where both trees name the same extents, content that was hashed for one is proven for the other.
    """

    @property
    def name(self) -> str:
        """The library and its version."""
        return f"pycdlib {importlib.metadata.version('pycdlib')}"

    def verify(
        self, image: PurePath, /, *, plan: ImagePlan, manifest: ImageManifest, on_bytes: OnBytes, cancel: Cancellation
    ) -> int:
        """Trees, labels, times, then content in the order of the sectors."""
        cancel.check()
        with translated(image):
            descriptor = os.open(image, os.O_RDONLY | os.O_CLOEXEC)
        try:
            with translated(image):
                _drop_cache(descriptor)
                size_bytes = os.fstat(descriptor).st_size
            if size_bytes != plan.size_bytes:
                raise MismatchError(str(image), f"it has {size_bytes:,} bytes instead of {plan.size_bytes:,}")
            view = read_image(image)
            compare_labels(view.labels, plan.label)
            compare_trees(view, plan)
            with translated(image):
                _compare_content(descriptor, view, plan, manifest, on_bytes=on_bytes, cancel=cancel)
        finally:
            os.close(descriptor)
        return len(plan.files)


def _drop_cache(descriptor: int) -> None:
    """Read from the medium what was just written to it."""
    os.fsync(descriptor)
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def compare_labels(found: dict[str, str], label: str) -> None:
    """All five places, each with as much of the label as it has room for."""
    for place, room in _LABEL_ROOM.items():
        if found[place] != label[:room].rstrip(" "):
            raise MismatchError(place, f"the label is {found[place]!r} instead of {label[:room]!r}")


def compare_trees(view: ImageView, plan: ImagePlan) -> None:
    """Names, sizes and times in UDF and Rock Ridge; sizes in Joliet."""
    udf = {f.path: plan.udf_paths.get(f.path, f.path) for f in plan.files}
    _same("UDF", udf.values(), view.udf.files)
    _same("Rock Ridge", udf, view.iso.files)
    _same("UDF", (plan.udf_paths.get(p, p) for p in plan.folders), view.udf.folders)
    _same("Rock Ridge", plan.folders, view.iso.folders)
    for file in plan.files:
        seconds = file.identity.mtime_ns // _NS
        for place, (extents, at) in (
            ("UDF", view.udf.files[udf[file.path]]),
            ("Rock Ridge", view.iso.files[file.path]),
        ):
            size = sum(count for _, count in extents)
            if size != file.identity.size_bytes:
                raise MismatchError(place, f"{file.path}: {size:,} bytes instead of {file.identity.size_bytes:,}")
            is_representable = place == "UDF" or -2_208_988_800 <= seconds <= 5_869_583_999  # noqa: PLR2004
            if is_representable and at != seconds:
                raise MismatchError(place, f"{file.path}: the modification time is not kept")
    expected = Counter(file.identity.size_bytes for file in plan.files)
    if Counter(sum(size for _, size in extents) for extents in view.joliet_files) != expected:
        raise MismatchError("Joliet", "its files are not those of the other trees")


def _same(place: str, expected: Iterable[PurePosixPath], found: Iterable[PurePosixPath]) -> None:
    wanted, there = set(expected), set(found)
    for path in sorted(wanted - there):
        raise MismatchError(place, f"{path} is missing")
    for path in sorted(there - wanted):
        raise MismatchError(place, f"{path} should not be there")


def _compare_content(
    descriptor: int,
    view: ImageView,
    plan: ImagePlan,
    manifest: ImageManifest,
    *,
    on_bytes: OnBytes,
    cancel: Cancellation,
) -> None:
    reader = _ImageReader(descriptor, on_bytes, cancel)
    others: list[tuple[str, PurePosixPath, Extents]] = []
    for file in sorted(plan.files, key=lambda f: f.first_sector):
        udf = _extents(view.udf, plan.udf_paths.get(file.path, file.path))
        iso = _extents(view.iso, file.path)
        if reader.digest(udf) != manifest.file_sha256[file.path]:
            raise MismatchError("UDF", f"{file.path}: the content differs")
        if _merged(iso) != _merged(udf):
            others.append(("Rock Ridge", file.path, iso))
    if reader.rest() != manifest.sha256:
        raise MismatchError("the image", "its SHA-256 is not that of what was written")
    for place, path, extents in others:
        if _ImageReader(descriptor, on_bytes, cancel).digest(extents) != manifest.file_sha256[path]:
            raise MismatchError(place, f"{path}: the content differs")
    joliet = Counter(map(_merged, view.joliet_files))
    if joliet != Counter(_merged(extents) for extents, _ in view.iso.files.values()):
        raise MismatchError("Joliet", "its files do not lie where those of the other trees do")


def _extents(tree: TreeView, path: PurePosixPath) -> Extents:
    return tree.files[path][0]


def _merged(extents: Extents) -> Extents:
    """Extents that follow one another are one."""
    found: list[tuple[int, int]] = []
    for sector, size in extents:
        if found and found[-1][1] % SECTOR_BYTES == 0 and found[-1][0] + found[-1][1] // SECTOR_BYTES == sector:
            found[-1] = (found[-1][0], found[-1][1] + size)
        else:
            found.append((sector, size))
    return tuple(found)


class _ImageReader:
    """Hashes extents and, as long as they come in order, the whole image in the same read."""

    def __init__(self, descriptor: int, on_bytes: OnBytes, cancel: Cancellation) -> None:
        self._descriptor, self._on_bytes, self._cancel = descriptor, on_bytes, cancel
        self._whole = hashlib.sha256()
        self._position = 0
        self._buffer = memoryview(bytearray(_PIECE_BYTES))

    def digest(self, extents: Extents) -> str:
        """SHA-256 of these extents, one after the other."""
        digest = hashlib.sha256()
        for sector, size in extents:
            start = sector * SECTOR_BYTES
            self._read(start - self._position, None)
            self._read(size, digest, start)
        return digest.hexdigest()

    def rest(self) -> str:
        """SHA-256 of the whole image."""
        self._read(os.fstat(self._descriptor).st_size - self._position, None)
        return self._whole.hexdigest()

    def _read(self, count: int, digest: "hashlib._Hash | None", start: int | None = None) -> None:
        at = self._position if start is None else start
        while count > 0:
            self._cancel.check()
            got = os.preadv(self._descriptor, [self._buffer[: min(count, _PIECE_BYTES)]], at)
            if got == 0:
                raise MismatchError("the image", "it ends before its files do")
            piece = self._buffer[:got]
            if at == self._position:
                self._whole.update(piece)
                self._position += got
            if digest is not None:
                digest.update(piece)
            at, count = at + got, count - got
            self._on_bytes(got)


_: type[ImageVerifier] = PycdlibVerifier
