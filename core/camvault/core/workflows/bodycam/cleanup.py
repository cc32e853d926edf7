"""Workflow: remove a build directory of ours, and nothing else."""

from collections.abc import Collection
from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.core.batch.build_dir import (
    MARKER_NAME,
    PROGRESS_NAMES,
    FolderFacts,
    content_on_disc,
    foreign_entries,
    is_marker,
    reason_to_keep,
    unrecorded_clip,
)
from camvault.core.retention.removals import plan_build_dir_removal
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import ChangedError, UsageError
from camvault.ports.events import Event, Level, Progressed, Reporter
from camvault.ports.files import Storage
from camvault.ports.progress import ClipRecord, Progress, ProgressFiles
from camvault.ports.removal import Removal

_NAMED_AT_MOST = 3


@attrs.frozen
class FolderRemoved(Event):
    """The build directory is gone."""

    path: PurePath
    file_count: int
    size_bytes: int

    def __str__(self) -> str:
        return f"Removed {self.path}"


@attrs.frozen
class NothingToDelete(Event):
    """There was no such folder."""

    level: ClassVar[Level] = Level.WARNING

    path: PurePath

    def __str__(self) -> str:
        return f"Nothing to delete: {self.path}"


def check_removable(
    folder: PurePath,
    *,
    guarded: Collection[PurePath],
    storage: Storage,
    progress_files: ProgressFiles,
    cancel: Cancellation,
    is_losing_allowed: bool = False,
) -> bool:
    """Whether there is such a folder, after making sure that it may be removed. Changes nothing.

    What no record names as ours is removed only if its content is also in the original of that name, or on a disc. An
    output is an only copy if its original is not there as it was recorded, and the marker does not say that it is on a
    verified disc; `is_losing_allowed` is the user's word that such clips may go.

    Raises:
        UsageError: This is not a build directory of ours, something in it is not ours, or a clip is an only copy.
        RecordError: Its progress file cannot be read, so that nobody knows what is ours.
    """
    entry = storage.entry(folder)
    if entry is None:
        return False
    reason = reason_to_keep(_facts(folder, entry, storage), guarded=tuple(map(storage.resolve, guarded)))
    if reason is not None:
        raise UsageError(f"Refusing to remove {folder}: {reason}")
    _own_entries(folder, storage, progress_files, cancel)
    progress = _progress(folder, progress_files)
    if progress is not None and not is_losing_allowed:
        _check_copies(folder, progress, storage)
    return True


def _check_copies(folder: PurePath, progress: Progress, storage: Storage) -> None:
    """Refuse to remove recorded outputs that are nowhere else; what is not recorded was compared already."""
    on_disc = content_on_disc(storage.read_text(folder / MARKER_NAME))
    alone = [
        clip.output_name or clip.key
        for clip in progress.clips
        if clip.output is not None
        and storage.entry(folder / (clip.output_name or clip.key)) is not None
        and clip.output.sha256 not in on_disc
        and _original(clip, storage) is None
    ]
    if alone:
        more = f" and {len(alone) - _NAMED_AT_MOST} more" if len(alone) > _NAMED_AT_MOST else ""
        raise UsageError(
            f"Refusing to remove {folder}: the originals of {', '.join(alone[:_NAMED_AT_MOST])}{more} are gone or are "
            "other files now, these may be the only copies"
        )


def _original(clip: ClipRecord, storage: Storage) -> FileEntry | None:
    """The original, if it stands where it was when the job was planned, as the same file (INV-2)."""
    if clip.source is None or clip.source_identity is None:
        return None
    found = storage.entry(storage.resolve(clip.source))
    return found if found is not None and found.identity == clip.source_identity else None


def clean_up(
    folder: PurePath,
    *,
    guarded: Collection[PurePath],
    storage: Storage,
    progress_files: ProgressFiles,
    reporter: Reporter,
    cancel: Cancellation,
    is_losing_allowed: bool = False,
) -> None:
    """Remove a build directory of ours with everything in it.

    `guarded` are paths that must survive whatever is asked for: neither they nor a folder around them are removed.
    `is_losing_allowed` is that of `check_removable`.

    Raises:
        UsageError: This is not a build directory of ours, something in it is not ours, or a clip in it is an only
            copy. Nothing was removed.
        BusyError: Clips are being prepared in it. Nothing was removed.
        ChangedError: Something was added or replaced meanwhile; it was kept.
    """
    is_there = check_removable(
        folder,
        guarded=guarded,
        storage=storage,
        progress_files=progress_files,
        cancel=cancel,
        is_losing_allowed=is_losing_allowed,
    )
    if not is_there:
        reporter.emit(NothingToDelete(folder))
        return
    with storage.lock(folder):
        entries = _own_entries(folder, storage, progress_files, cancel)
        # The records go last and the marker at the very end: a run that is cut off here is simply repeated.
        removals = sorted(plan_build_dir_removal(entries, marker=MARKER_NAME).removals, key=_turn)
        for done, removal in enumerate(removals, start=1):
            cancel.check()
            storage.remove(removal)
            reporter.emit(Progressed("clean", done, len(removals), unit="files", item=removal.path.name))
        storage.prune(folder, is_root_included=True)
    if storage.entry(folder) is not None:
        raise ChangedError(folder, "something was put there meanwhile, and is kept")
    reporter.emit(FolderRemoved(folder, len(removals), sum(removal.identity.size_bytes for removal in removals)))


def _own_entries(
    folder: PurePath, storage: Storage, progress_files: ProgressFiles, cancel: Cancellation
) -> tuple[FileEntry, ...]:
    """Everything in the folder, if all of it was put there by camvault or is known to be elsewhere, too."""
    entries = tuple(storage.scan(folder))
    progress = _progress(folder, progress_files)
    foreign = [
        entry
        for entry in foreign_entries(entries, root=folder, progress=progress)
        if not _is_elsewhere(entry, folder, progress, storage, cancel)
    ]
    if foreign:
        names = ", ".join(str(entry.path.relative_to(folder)) for entry in foreign[:_NAMED_AT_MOST])
        more = f" and {len(foreign) - _NAMED_AT_MOST} more" if len(foreign) > _NAMED_AT_MOST else ""
        raise UsageError(f"Refusing to remove {folder}: camvault did not put this there: {names}{more}")
    return entries


def _is_elsewhere(
    entry: FileEntry, folder: PurePath, progress: Progress | None, storage: Storage, cancel: Cancellation
) -> bool:
    """Whether a file under the name of a clip without recorded output holds what its original or a disc holds.

    The original must be outside, so that it is another file. Both are read whole.
    """
    clip = unrecorded_clip(entry, root=folder, progress=progress)
    if clip is None:
        return False

    def digest(path: PurePath) -> str:
        return storage.digest(path, on_bytes=lambda _: None, cancel=cancel)

    content = digest(entry.path)
    if content in content_on_disc(storage.read_text(folder / MARKER_NAME)):
        return True
    original = _original(clip, storage)
    if original is None or original.path.is_relative_to(storage.resolve(folder)):
        return False
    is_plausible = original.kind is FileKind.FILE and original.identity.size_bytes == entry.identity.size_bytes
    return is_plausible and digest(original.path) == content


def _turn(removal: Removal) -> int:
    """Clips first, then the records, then the marker."""
    order = (*PROGRESS_NAMES, MARKER_NAME)
    return order.index(removal.path.name) + 1 if removal.path.name in order else 0


def _facts(folder: PurePath, entry: FileEntry, storage: Storage) -> FolderFacts:
    resolved = storage.resolve(folder)
    if entry.kind is not FileKind.FOLDER:
        return FolderFacts(entry, resolved)
    return FolderFacts(
        entry,
        resolved,
        is_marked=is_marker(storage.read_text(folder / MARKER_NAME)),
        is_mount_point=storage.device_of(resolved) != storage.device_of(resolved.parent),
        is_empty=next(storage.scan(folder), None) is None,
    )


def _progress(folder: PurePath, progress_files: ProgressFiles) -> Progress | None:
    loaded = (progress_files.load(folder / name) for name in PROGRESS_NAMES)
    return next((progress for progress in loaded if progress is not None), None)
