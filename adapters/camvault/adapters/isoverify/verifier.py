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
        view = read(file, len(plan.files) + len(plan.folders))
        compare_labels(view.labels, plan.label)
        compare_trees(view, plan)
        with ImageReader(file, on_bytes=on_bytes, cancel=cancel) as reader:
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
    folders = [str(path) for path in plan.folders]
    udf, iso = view.udf.files, view.iso.files
    pairs = [(str(file.path), file.identity) for file in plan.files]
    _same("UDF", {renamed.get(name, name) for name, _ in pairs}, udf.keys())
    _same("Rock Ridge", {name for name, _ in pairs}, iso.keys())
    _same("UDF", {renamed.get(name, name) for name in folders}, view.udf.folders)
    _same("Rock Ridge", set(folders), view.iso.folders)
    for name, identity in pairs:
        _same_file("UDF", name, udf[renamed.get(name, name)], identity, range(-(10**12), 10**12))
        _same_file("Rock Ridge", name, iso[name], identity, _ROCK_RIDGE_SECONDS)
    expected = Counter(identity.size_bytes for _, identity in pairs)
    if Counter(sum(size for _, size in extents) for extents in view.joliet_files) != expected:
        raise MismatchError("Joliet", "its files are not those of the other trees")


_ROCK_RIDGE_SECONDS = range(-2_208_988_800, 5_869_584_000)
"""1900 to 2155. Source: ECMA-119 9.1.5."""


def _renamed(plan: ImagePlan) -> dict[str, str]:
    return {str(path): str(there) for path, there in plan.udf_paths.items()}


def _same(place: str, wanted: Set[str], there: Set[str]) -> None:
    for path in sorted(wanted - there):
        raise MismatchError(place, f"{path} is missing")
    for path in sorted(there - wanted):
        raise MismatchError(place, f"{path} should not be there")


def _same_file(place: str, name: str, found: tuple[Extents, int], identity: FileIdentity, seconds: range) -> None:
    extents, at = found
    size = extents[0][1] if len(extents) == 1 else sum(count for _, count in extents)
    if size != identity.size_bytes:
        raise MismatchError(place, f"{name}: {size:,} bytes instead of {identity.size_bytes:,}")
    expected = identity.mtime_ns // _NS
    if at != expected and expected in seconds:
        raise MismatchError(place, f"{name}: the modification time is not kept")


def _compare_content(reader: ImageReader, view: ImageView, plan: ImagePlan, manifest: ImageManifest) -> None:
    renamed = _renamed(plan)
    apart: list[tuple[str, str, Extents, str]] = []
    in_order: list[tuple[Extents, str, str]] = []
    joliet: Counter[Extents] = Counter()
    for file in plan.files:
        name, sha256 = str(file.path), manifest.file_sha256[file.path]
        udf = _merged(view.udf.files[renamed.get(name, name)][0])
        iso = _merged(view.iso.files[name][0])
        in_order.append((udf, name, sha256))
        if iso != udf:
            apart.append(("Rock Ridge", name, iso, sha256))
        joliet[iso] += 1
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
    if joliet != Counter(map(_merged, view.joliet_files)):
        raise MismatchError("Joliet", "its files do not lie where those of the other trees do")


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
