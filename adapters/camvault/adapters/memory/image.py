"""Adapter for tests and library users: images in memory, faults included.

An image in memory is one sector with the label, then the content of each file. Both "trees" are the plan: what can go
wrong is the content.
"""

import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.adapters.memory.storage import MemoryStorage
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileIdentity, FileKind
from camvault.ports.errors import ChangedError, MismatchError, StorageError, UsageError
from camvault.ports.files import OnBytes
from camvault.ports.image import (
    SECTOR_BYTES,
    ImageBuilder,
    ImageCheck,
    ImageFile,
    ImageManifest,
    ImagePlan,
    ImageVerifier,
    Placement,
)

_LABEL_CHARACTERS_MAX = 32


@attrs.define
class MemoryImageBuilder:
    """Builds images of folders in a `MemoryStorage`, and announces its calls there.

    Attributes:
        storage: Where folders and images are.
        is_lossy: Whether images get a flipped bit, although everything reports success.
    """

    storage: MemoryStorage
    is_lossy: bool = False

    @property
    def name(self) -> str:
        """See `ImageBuilder`."""
        return "image in memory"

    def plan(
        self,
        root: PurePath,
        /,
        *,
        label: str,
        stamped_at: datetime,
        is_left_out: Callable[[PurePosixPath], bool] = lambda _: False,
        beside: PurePath | None = None,
        placement: Placement | None = None,
    ) -> ImagePlan:
        """See `ImageBuilder`."""
        with self.storage.calls.call("image.plan", root):
            if not 0 < len(label) <= _LABEL_CHARACTERS_MAX or not label.isascii():
                raise UsageError(f"not a label: {label!r}")
            found = self._scanned(root, is_left_out)
            if beside is not None:
                more = self._scanned(beside, lambda _: False)
                if twice := {*found.files, *found.folders} & {*more.files, *more.folders}:
                    raise UsageError(f"{min(twice)} stands in {root} and in {beside}")
                found = _Found(found.files | more.files, [*found.folders, *more.folders], found.left_out)
            files, sector = _placed(found.files, placement or Placement())
            folders, left_out = tuple(found.folders), tuple(sorted(found.left_out))
            return ImagePlan(
                label, stamped_at, sector, files, folders, left_out=left_out, placement=placement or Placement()
            )

    def _scanned(self, root: PurePath, is_left_out: Callable[[PurePosixPath], bool]) -> "_Found":
        found = _Found()
        waiting = [root]
        while waiting:
            folder = waiting.pop()
            for path in [folder / name for name in self.storage.tree.names(folder)]:
                entry = self.storage.tree.entry(path)
                inside = PurePosixPath(path.relative_to(root))
                if entry is None or is_left_out(inside):
                    found.left_out.append(inside)
                elif entry.kind is FileKind.FOLDER:
                    found.folders.append(inside)
                    waiting.append(path)
                elif entry.kind is not FileKind.FILE:
                    raise StorageError(path, "it is neither a file nor a folder")
                else:
                    found.files[inside] = (root, entry.identity)
        return found

    def write(self, plan: ImagePlan, /, *, target: PurePath, on_bytes: OnBytes, cancel: Cancellation) -> ImageManifest:
        """See `ImageBuilder`. Half of the image is a state of its own."""
        with self.storage.calls.call("image.write", f"target={target}") as announce_half:
            cancel.check()
            content, digests = self._content(plan)
            self.storage.put(target, content[: len(content) // 2])
            on_bytes(len(content) // 2)
            announce_half()
            cancel.check()
            if any(self._entry(file) != file.identity for file in plan.files):
                raise ChangedError(target, "a source changed while it was read")
            self.storage.put(target, content)
            on_bytes(len(content) - len(content) // 2)
            manifest = ImageManifest(hashlib.sha256(content).hexdigest(), len(content), digests)
            if self.is_lossy:
                self.storage.corrupt(target)
            return manifest

    def _entry(self, file: ImageFile) -> object:
        entry = self.storage.tree.entry(file.source)
        return entry and entry.kind is FileKind.FILE and entry.identity

    def _content(self, plan: ImagePlan) -> tuple[bytes, dict[PurePosixPath, str]]:
        content = bytearray(_head(plan))
        digests = {}
        for file in plan.files:
            if self.storage.tree.real(file.source) in self.storage.unreadable:
                raise StorageError(file.source, "it cannot be read")
            if self._entry(file) != file.identity:
                raise ChangedError(file.source, "it changed since the image was planned")
            piece = self.storage.content(file.source)
            if file.sector_count:
                content += bytes(file.first_sector * SECTOR_BYTES - len(content))
            digests[file.path] = hashlib.sha256(piece).hexdigest()
            content += piece + bytes(-len(piece) % SECTOR_BYTES)
        return bytes(content), digests


@attrs.define
class _Found:
    files: dict[PurePosixPath, tuple[PurePath, FileIdentity]] = attrs.field(factory=dict)
    folders: list[PurePosixPath] = attrs.field(factory=list)
    left_out: list[PurePosixPath] = attrs.field(factory=list)


def _placed(
    found: dict[PurePosixPath, tuple[PurePath, FileIdentity]], placement: Placement
) -> tuple[tuple[ImageFile, ...], int]:
    """The files in the order of their sectors, and the first sector behind them."""
    ranks = {path: rank for rank, path in enumerate(placement.last, start=1)}
    if placement.early is not None:
        ranks[placement.early] = -1
    files, sector = [], 1
    for path in sorted(found, key=lambda each: ranks.get(each, 0)):
        root, identity = found[path]
        count = -(-identity.size_bytes // SECTOR_BYTES)
        if count and path == placement.early:
            sector = max(sector, placement.early_sector)
        elif count and path not in ranks:
            sector = -(-sector // placement.alignment_sectors) * placement.alignment_sectors
        files.append(ImageFile(path, root, identity, sector if count else 0, count))
        sector += count
    return tuple(files), sector


def _head(plan: ImagePlan) -> bytes:
    """One sector that differs for every other label, stamp and set of names."""
    names = b"\0".join(os.fsencode(path) for path in (*(f.path for f in plan.files), *plan.folders))
    said = f"{plan.label} {plan.stamped_at.timestamp()} {hashlib.sha256(names).hexdigest()}"
    return said.encode().ljust(SECTOR_BYTES, b"\0")


@attrs.define
class MemoryImageVerifier:
    """Compares images in a `MemoryStorage` with their plans and manifests."""

    storage: MemoryStorage

    @property
    def name(self) -> str:
        """See `ImageVerifier`."""
        return "reader in memory"

    def verify(
        self, image: PurePath, /, *, plan: ImagePlan, manifest: ImageManifest, on_bytes: OnBytes, cancel: Cancellation
    ) -> ImageCheck:
        """See `ImageVerifier`."""
        with self.storage.calls.call("image.verify", image) as announce_half:
            cancel.check()
            content = self.storage.content(image)
            announce_half()
            on_bytes(len(content))
            for file in plan.files:
                start = file.first_sector * SECTOR_BYTES
                piece = content[start : start + file.identity.size_bytes]
                if hashlib.sha256(piece).hexdigest() != manifest.file_sha256[file.path]:
                    raise MismatchError(str(image), f"{file.path}: the content differs")
            if content[:SECTOR_BYTES] != _head(plan) or hashlib.sha256(content).hexdigest() != manifest.sha256:
                raise MismatchError(str(image), "it is not what was written")
            volume = self.storage.tree.volumes[self.storage.tree.volume_root(image.parent)]
            return ImageCheck(len(plan.files), volume.read_from)


_builder: type[ImageBuilder] = MemoryImageBuilder
_verifier: type[ImageVerifier] = MemoryImageVerifier
