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
from camvault.ports.entries import FileKind
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
    ) -> ImagePlan:
        """See `ImageBuilder`."""
        with self.storage.calls.call("image.plan", root):
            if not 0 < len(label) <= _LABEL_CHARACTERS_MAX or not label.isascii():
                raise UsageError(f"not a label: {label!r}")
            return self._plan(root, label, stamped_at, is_left_out)

    def _plan(
        self, root: PurePath, label: str, stamped_at: datetime, is_left_out: Callable[[PurePosixPath], bool]
    ) -> ImagePlan:
        files: list[ImageFile] = []
        folders: list[PurePosixPath] = []
        left_out: list[PurePosixPath] = []
        sector = 1
        waiting = [root]
        while waiting:
            folder = waiting.pop()
            for path in [folder / name for name in self.storage.tree.names(folder)]:
                entry = self.storage.tree.entry(path)
                inside = PurePosixPath(path.relative_to(root))
                if entry is None or is_left_out(inside):
                    left_out.append(inside)
                elif entry.kind is FileKind.FOLDER:
                    folders.append(inside)
                    waiting.append(path)
                elif entry.kind is not FileKind.FILE:
                    raise StorageError(path, "it is neither a file nor a folder")
                else:
                    count = -(-entry.identity.size_bytes // SECTOR_BYTES)
                    files.append(ImageFile(inside, root, entry.identity, sector if count else 0, count))
                    sector += count
        return ImagePlan(label, stamped_at, sector, tuple(files), tuple(folders), left_out=tuple(sorted(left_out)))

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
            digests[file.path] = hashlib.sha256(piece).hexdigest()
            content += piece + bytes(-len(piece) % SECTOR_BYTES)
        return bytes(content), digests


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
