"""Adapter for disc images: compares an image with its plan and its manifest."""

import importlib.metadata
from collections import Counter
from collections.abc import Set
from pathlib import PurePath

from camvault.adapters._shared.cycles import without_cycles
from camvault.adapters._shared.durable import translated
from camvault.adapters.isoverify.content import ImageReader
from camvault.adapters.isoverify.open_image import OpenImage
from camvault.adapters.isoverify.pycdlib_trees import read_with_pycdlib
from camvault.adapters.isoverify.trees import read_image
from camvault.adapters.isoverify.views import Extents, ImageView, ReadImage
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import MismatchError
from camvault.ports.files import OnBytes
from camvault.ports.image import SECTOR_BYTES, ImageCheck, ImageManifest, ImagePlan, ImageVerifier

_NS = 1_000_000_000
_LABEL_ROOM = {"ISO 9660": 32, "Joliet": 16, "UDF logical volume": 32, "UDF volume": 30, "UDF file set": 30}


class BridgeVerifier:
    """The trees are read by camvault's own reader, and the content where they say that it is, in one pass."""

    @property
    def name(self) -> str:
        """It is part of camvault."""
        return "bridge reader (in-process)"

    def verify(
        self, image: PurePath, /, *, plan: ImagePlan, manifest: ImageManifest, on_bytes: OnBytes, cancel: Cancellation
    ) -> ImageCheck:
        """See `ImageVerifier`."""
        return _verify(image, read_image, plan=plan, manifest=manifest, on_bytes=on_bytes, cancel=cancel)


class PycdlibVerifier:
    """The same with the trees as pycdlib reads them: a witness from outside, who takes longer."""

    @property
    def name(self) -> str:
        """The library and its version."""
        return f"pycdlib {importlib.metadata.version('pycdlib')}"

    def verify(
        self, image: PurePath, /, *, plan: ImagePlan, manifest: ImageManifest, on_bytes: OnBytes, cancel: Cancellation
    ) -> ImageCheck:
        """See `ImageVerifier`."""
        return _verify(image, read_with_pycdlib, plan=plan, manifest=manifest, on_bytes=on_bytes, cancel=cancel)


def _verify(
    image: PurePath,
    read: ReadImage,
    *,
    plan: ImagePlan,
    manifest: ImageManifest,
    on_bytes: OnBytes,
    cancel: Cancellation,
) -> ImageCheck:
    """Trees, labels, times, then content in the order of the sectors.

    Where both trees name the same extents, content that was hashed for one is proven for the other.
    """
    cancel.check()
    with translated(image), OpenImage(image) as file, without_cycles():
        if file.size_bytes != plan.size_bytes:
            raise MismatchError(str(image), f"it has {file.size_bytes:,} bytes instead of {plan.size_bytes:,}")
        content_at = SECTOR_BYTES * min((f.first_sector for f in plan.files if f.sector_count), default=0)
        with ImageReader(file, content_at=content_at, on_bytes=on_bytes, cancel=cancel) as reader:
            view = read(file, len(plan.files) + len(plan.folders))
            compare_labels(view.labels, plan.label)
            compare_trees(view, plan)
            _compare_content(reader, view, plan, manifest)
        return ImageCheck(len(plan.files), file.source)


def compare_labels(found: dict[str, str], label: str) -> None:
    """All five places, each with as much of the label as it has room for."""
    for place, room in _LABEL_ROOM.items():
        if found[place] != label[:room].rstrip(" "):
            raise MismatchError(place, f"the label is {found[place]!r} instead of {label[:room]!r}")


def compare_trees(view: ImageView, plan: ImagePlan) -> None:
    """Names, sizes and times in UDF and Rock Ridge; sizes in Joliet."""
    renamed = _renamed(plan)
    files = [(str(file.path), file.identity) for file in plan.files]
    for place, tree, other in (("UDF", view.udf, renamed), ("Rock Ridge", view.iso, {})):
        _same(place, {other.get(name, name) for name, _ in files}, tree.files.keys())
        _same(place, {other.get(name, name) for name in map(str, plan.folders)}, tree.folders)
    udf, iso = view.udf.files, view.iso.files
    for name, identity in files:
        in_udf, in_iso = udf[renamed.get(name, name)], iso[name]
        if in_udf != in_iso or not _is_plainly(in_iso, identity):
            _same_file("UDF", name, in_udf, identity, range(-(10**12), 10**12))
            _same_file("Rock Ridge", name, in_iso, identity, _ROCK_RIDGE_SECONDS)
    joliet = sorted(extents[0][1] if len(extents) == 1 else _total(extents) for extents in view.joliet_files)
    if joliet != sorted(identity.size_bytes for _, identity in files):
        raise MismatchError("Joliet", "its files are not those of the other trees")


_ROCK_RIDGE_SECONDS = range(-2_208_988_800, 5_869_584_000)
"""1900 to 2155. Source: ECMA-119 9.1.5."""


def _renamed(plan: ImagePlan) -> dict[str, str]:
    return {str(path): str(there) for path, there in plan.udf_paths.items()}


def _same(place: str, wanted: Set[str], there: Set[str]) -> None:
    if wanted == there:
        return
    for path in sorted(wanted - there):
        raise MismatchError(place, f"{path} is missing")
    for path in sorted(there - wanted):
        raise MismatchError(place, f"{path} should not be there")


def _is_plainly(found: tuple[Extents, int], identity: FileIdentity) -> bool:
    """Whether it is one extent or none, of this size and time: what most are, told sooner than `_same_file` does."""
    extents, at = found
    size_bytes = extents[0][1] if extents else 0
    is_whole = len(extents) <= 1 and size_bytes == identity.size_bytes
    return is_whole and at == identity.mtime_ns // _NS


def _total(extents: Extents) -> int:
    return sum(size for _, size in extents)


def _same_file(place: str, name: str, found: tuple[Extents, int], identity: FileIdentity, seconds: range) -> None:
    extents, at = found
    size = _total(extents)
    if size != identity.size_bytes:
        raise MismatchError(place, f"{name}: {size:,} bytes instead of {identity.size_bytes:,}")
    expected = identity.mtime_ns // _NS
    if at != expected and expected in seconds:
        raise MismatchError(place, f"{name}: the modification time is not kept")


def _compare_content(reader: ImageReader, view: ImageView, plan: ImagePlan, manifest: ImageManifest) -> None:
    renamed, apart = _renamed(plan), list[_Proof]()
    in_order: list[tuple[Extents, str, str]] = []
    places: list[Extents] = []
    udf_files, iso_files, digests = view.udf.files, view.iso.files, manifest.file_sha256
    for file in plan.files:
        name, sha256 = str(file.path), digests[file.path]
        udf = _merged(udf_files[renamed.get(name, name)][0])
        iso = _merged(iso_files[name][0])
        in_order.append((udf, name, sha256))
        if iso != udf:
            apart.append(("Rock Ridge", name, iso, sha256))
        places.append(iso)
    in_order.sort()
    for udf, name, sha256 in in_order:
        if len(udf) > 1 or (udf and udf[0][0] * SECTOR_BYTES < reader.position):
            apart.append(("UDF", name, udf, sha256))
        elif reader.digest(udf) != sha256:
            raise MismatchError("UDF", f"{name}: the content differs")
    if reader.rest() != manifest.sha256:
        raise MismatchError("the image", "its SHA-256 is not that of what was written")
    for place, name, extents, sha256 in apart:
        if reader.digest_apart(extents) != sha256:
            raise MismatchError(place, f"{name}: the content differs")
    if Counter(map(_merged, view.joliet_files)) != Counter(places):
        raise MismatchError("Joliet", "its files do not lie where those of the other trees do")


_Proof = tuple[str, str, Extents, str]
"""A tree, a name in it, where the content lies, and the digest that it should have."""


def _merged(extents: Extents) -> Extents:
    """Extents that follow one another are one."""
    if len(extents) <= 1:
        return extents
    found: list[tuple[int, int]] = []
    for sector, size in extents:
        if found and found[-1][1] % SECTOR_BYTES == 0 and found[-1][0] + found[-1][1] // SECTOR_BYTES == sector:
            found[-1] = (found[-1][0], found[-1][1] + size)
        else:
            found.append((sector, size))
    return tuple(found)


_: tuple[type[ImageVerifier], ...] = (BridgeVerifier, PycdlibVerifier)
