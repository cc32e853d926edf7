"""Workflow, private part: what stands in a build directory, and where else its footage should be. Reads no clip."""

from collections.abc import Mapping
from pathlib import PurePath

import attrs

from camvault.core.batch.build_dir import PROGRESS_NAMES, foreign_entries, is_control, unrecorded_clip
from camvault.core.batch.marker import BUILD_MARKER_NAME, BurnedImage, burned_images, made_of_outputs
from camvault.core.workflows.steps.witnessed import RecordedCopy
from camvault.ports.batch_record import BatchRecord, BatchRecords, ClipRecord
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.files import Storage
from camvault.ports.removal import Leftover

_OURS = Leftover(BUILD_MARKER_NAME)


@attrs.frozen(kw_only=True)
class BuildDirContent:
    """One look at a build directory.

    Attributes:
        folder: The directory.
        entries: Everything below it.
        progress: The job that was done or begun in it.
        images: What was burned of it and read back, the last one first.
        made_of: Of which original an output was made that is not recorded in `progress` any more; both by SHA-256.
        storage: Where to look for originals.
    """

    folder: PurePath
    entries: tuple[FileEntry, ...]
    progress: BatchRecord | None
    images: tuple[BurnedImage, ...]
    made_of: Mapping[str, str]
    storage: Storage

    @property
    def controls(self) -> tuple[FileEntry, ...]:
        """What holds no footage: the marker, records, unfinished files."""
        return tuple(entry for entry in self.entries if is_control(entry, root=self.folder))

    @property
    def unrecorded(self) -> tuple[FileEntry, ...]:
        """What no record names as made by camvault; only its content can tell whether it is needed."""
        return tuple(foreign_entries(self.entries, root=self.folder, progress=self.progress))

    @property
    def outputs(self) -> tuple[FileEntry, ...]:
        """The outputs as they were recorded."""
        others = {entry.path for entry in (*self.controls, *self.unrecorded)}
        return tuple(e for e in self.entries if e.kind is not FileKind.FOLDER and e.path not in others)

    def copies_of_output(self, entry: FileEntry) -> tuple[RecordedCopy, ...]:
        """Where else the footage of a recorded output should be."""
        clip = next(clip for clip in self._clips if clip.output is not None and clip.output_file == entry.path.name)
        output = clip.output
        assert output is not None  # noqa: S101 - as it was found
        original = self._original(clip, output.source_sha256 or output.sha256, stands_for=output.sha256)
        return (*original, *self._in_images(output.sha256))

    def copies_of_unrecorded(self, entry: FileEntry, content: str) -> tuple[RecordedCopy, ...]:
        """Where else a file of this content should be: as itself, as what it was made of, or in an image."""
        copies: list[RecordedCopy] = []
        clip = unrecorded_clip(entry, root=self.folder, progress=self.progress)
        if clip is not None:
            copies += self._original(clip, content, stands_for=content)
        origin = self.made_of.get(content)
        if origin is not None:
            for each in self._clips:
                if each.output is None or origin == (each.output.source_sha256 or each.output.sha256):
                    copies += self._original(each, origin, stands_for=content)
        return (*copies, *self._in_images(content))

    def may_be_elsewhere(self, entry: FileEntry) -> bool:
        """Whether it is worth while to read an unrecorded file."""
        is_of_clip = unrecorded_clip(entry, root=self.folder, progress=self.progress) is not None
        is_known = bool(self.made_of or self.images) and entry.path.parent == self.folder
        return entry.kind is FileKind.FILE and (is_of_clip or is_known)

    @property
    def _clips(self) -> tuple[ClipRecord, ...]:
        return self.progress.clips if self.progress else ()

    def _original(self, clip: ClipRecord, sha256: str, *, stands_for: str) -> tuple[RecordedCopy, ...]:
        """The original, if it stands where it was when the job was planned, as the same file (INV-2)."""
        if clip.source is None or clip.source_identity is None:
            return ()
        path = self.storage.resolve(clip.source)
        found = self.storage.entry(path)
        is_there = found is not None and found.kind is FileKind.FILE and found.identity == clip.source_identity
        return (RecordedCopy(path, sha256, stands_for, _OURS),) if is_there else ()

    def _in_images(self, content: str) -> tuple[RecordedCopy, ...]:
        images = (image for image in self.images if content in image.outputs)
        return tuple(RecordedCopy(image.path, image.sha256, content, _OURS) for image in images)


def content_of(folder: PurePath, *, storage: Storage, progress_files: BatchRecords) -> BuildDirContent:
    """Look at a build directory.

    Raises:
        RecordError: Its progress file cannot be read, so that the files that camvault made are not known.
    """
    loaded = (progress_files.load(folder / name) for name in PROGRESS_NAMES)
    marker = storage.read_text(folder / BUILD_MARKER_NAME)
    return BuildDirContent(
        folder=folder,
        entries=tuple(storage.scan(folder)),
        progress=next((progress for progress in loaded if progress is not None), None),
        images=burned_images(marker),
        made_of=made_of_outputs(marker),
        storage=storage,
    )
