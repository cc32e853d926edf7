"""Adapter for disc images: plans and writes bridges."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.adapters._shared.cycles import without_cycles
from camvault.adapters._shared.durable import fsync, translate, translated
from camvault.adapters._shared.tree import IsLeftOut, SourceTree, scan_both
from camvault.adapters.bridge import iso9660, udf
from camvault.adapters.bridge.layout import FileNode, FolderNode, ImageLayout, lay_out
from camvault.adapters.bridge.sink import Sink
from camvault.adapters.bridge.source import pour
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import NoSpaceError, UsageError
from camvault.ports.files import OnBytes
from camvault.ports.image import SECTOR_BYTES, ImageBuilder, ImageFile, ImageManifest, ImagePlan, Placement

_LABEL_CHARACTERS_MAX = 32
_ENTRIES_AT_ONCE = 256


class BridgeBuilder:
    """Writes UDF 1.02 and ISO 9660 with Joliet and Rock Ridge over the same file content."""

    def __init__(self) -> None:
        self._last: tuple[ImagePlan, ImageLayout] | None = None

    @property
    def name(self) -> str:
        """It is part of camvault."""
        return "bridge writer (in-process)"

    def plan(
        self,
        root: PurePath,
        /,
        *,
        label: str,
        stamped_at: datetime,
        is_left_out: IsLeftOut = lambda _: False,
        beside: PurePath | None = None,
        placement: Placement | None = None,
    ) -> ImagePlan:
        """One listing of everything below `root`."""
        if not 0 < len(label) <= _LABEL_CHARACTERS_MAX or not label.isascii():
            raise UsageError(f"A label has 1 to {_LABEL_CHARACTERS_MAX} ASCII characters, this one is {label!r}")
        with without_cycles():
            tree = scan_both(root, beside, is_left_out=is_left_out)
            return self._plan(label, stamped_at, tree, placement or Placement())

    def _plan(self, label: str, stamped_at: datetime, tree: SourceTree, placement: Placement) -> ImagePlan:
        files = tree.files
        layout = lay_out([(path, identity) for path, identity, *_ in files], tree.folders, placement)
        plan = ImagePlan(
            label,
            stamped_at,
            layout.sector_count,
            tuple(
                ImageFile(f.path, files[f.number][3], files[f.number][1], f.sector, f.sector_count, files[f.number][2])
                for f in layout.files
            ),
            tuple(folder.path for folder in layout.folders[1:]),
            udf_paths(layout),
            tuple(sorted(tree.left_out)),
            placement,
        )
        self._last = (plan, layout)
        return plan

    def write(self, plan: ImagePlan, /, *, target: PurePath, on_bytes: OnBytes, cancel: Cancellation) -> ImageManifest:
        """One pass over the sources; the image is hashed while it is written."""
        cancel.check()
        layout = self._layout_of(plan)
        with translated(target):
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        try:
            with translated(target):
                os.ftruncate(descriptor, plan.size_bytes)
            with without_cycles():
                return _Writing(plan, layout, target, descriptor).run(on_bytes=on_bytes, cancel=cancel)
        finally:
            os.close(descriptor)

    def _layout_of(self, plan: ImagePlan) -> ImageLayout:
        if self._last is not None and self._last[0] is plan:
            return self._last[1]
        layout = lay_out([(f.path, f.identity) for f in plan.files], [PurePosixPath(), *plan.folders], plan.placement)
        sectors = {f.path: f.sector for f in layout.files}
        is_ours = layout.sector_count == plan.sector_count and all(
            sectors[f.path] == f.first_sector for f in plan.files
        )
        if not is_ours:
            raise UsageError("The plan was made by another builder")
        return layout


def udf_paths(layout: ImageLayout) -> dict[PurePosixPath, PurePosixPath]:
    """The paths that differ in the UDF tree."""
    inside: dict[PurePosixPath, PurePosixPath] = {PurePosixPath(): PurePosixPath()}
    found: dict[PurePosixPath, PurePosixPath] = {}

    def note(node: FileNode | FolderNode, folder: FolderNode) -> PurePosixPath:
        base = inside[folder.path]
        if base is folder.path and node.udf == node.path.name:
            return node.path
        path = base / node.udf
        if path != node.path:
            found[node.path] = path
            return path
        return node.path

    for folder in layout.folders:
        if folder.parent is not None:
            inside[folder.path] = note(folder, folder.parent)
        else:
            inside[folder.path] = folder.path
        for file in folder.files:
            note(file, folder)
    return found


def unique_of(plan: ImagePlan) -> str:
    """Sixteen digits that differ for every other content or stamp, and are the same for the same."""
    digest = hashlib.sha256(repr((plan.label, udf.stamp_ns(plan.stamped_at))).encode())
    for file in plan.files:
        identity = file.identity
        digest.update(b"%d %d %s\0" % (identity.size_bytes, identity.mtime_ns, os.fsencode(file.path)))
    for folder in plan.folders:
        digest.update(b"%s\0" % os.fsencode(folder))
    return digest.hexdigest()[:16]


@attrs.frozen
class _Writing:
    plan: ImagePlan
    layout: ImageLayout
    target: PurePath
    descriptor: int

    def run(self, *, on_bytes: OnBytes, cancel: Cancellation) -> ImageManifest:
        """The image from its first byte to its last, durable."""
        sink = Sink(self.descriptor, on_bytes=on_bytes, cancel=cancel)
        try:
            volume = udf.UdfVolume(self.plan.label, self.plan.stamped_at, unique_of(self.plan))
            for piece in self._head(volume):
                sink.put(piece)
            early = int(self.layout.has_early)
            digests = self._content(sink, cancel, self.plan.files[:early])
            for piece in self._trees(volume, sink):
                sink.put(piece)
            digests |= self._content(sink, cancel, self.plan.files[early:])
            last = self.layout.sector_count - 1
            sink.pad_to(last * SECTOR_BYTES)
            sink.put(udf.anchor(last))
            sha256 = sink.close()
            fsync(self.descriptor)
        except OSError as error:
            raise self._translated(error) from error
        finally:
            sink.abandon()
        return ImageManifest(sha256, self.plan.size_bytes, digests)

    def _translated(self, error: OSError) -> Exception:
        found = translate(error, self.target)
        if not isinstance(found, NoSpaceError):
            return found
        status = os.statvfs(self.target.parent)
        return NoSpaceError(self.target, found.problem, self.plan.size_bytes, status.f_bavail * status.f_frsize)

    def _content(self, sink: Sink, cancel: Cancellation, files: Iterable[ImageFile]) -> dict[PurePosixPath, str]:
        digests = {}
        for file in files:
            cancel.check()
            if file.sector_count:
                sink.pad_to(file.first_sector * SECTOR_BYTES)
            digests[file.path] = pour(file, sink)
        return digests

    def _head(self, volume: udf.UdfVolume) -> Iterator[bytes]:
        """Everything in front of the trees, in the order of `layout`."""
        layout = self.layout
        yield bytes(16 * SECTOR_BYTES)
        yield iso9660.descriptors(layout, volume)
        yield udf.recognition()
        yield bytes((32 - 22) * SECTOR_BYTES)
        yield udf.sequence(layout, volume, 32)
        yield udf.sequence(layout, volume, 48)
        yield udf.integrity(layout, volume)
        yield bytes((256 - 66) * SECTOR_BYTES)
        yield udf.anchor(256)
        yield udf.file_set(layout, volume)

    def _trees(self, volume: udf.UdfVolume, sink: Sink) -> Iterator[bytes]:
        """The three trees, in the order of `layout`."""
        layout = self.layout
        for folder in layout.folders:
            yield udf.folder_entry(folder, volume)
        for start in range(0, len(layout.files), _ENTRIES_AT_ONCE):
            yield b"".join(map(udf.file_entry, layout.files[start : start + _ENTRIES_AT_ONCE]))
        for folder in layout.folders:
            yield b"".join(udf.identifiers(folder))
        yield from iso9660.path_tables(layout)
        for folder in layout.folders:
            yield from iso9660.iso_folder(folder, volume)
        for folder in layout.folders:
            yield iso9660.joliet_folder(folder, volume)
        if sink.position != layout.data_sector * SECTOR_BYTES:  # pragma: no cover - the layout's own invariant
            raise AssertionError((sink.position, layout.data_sector))


_: type[ImageBuilder] = BridgeBuilder
