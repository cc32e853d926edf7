"""Workflow: remove a build directory of camvault, if another copy of all footage in it was seen.

Crash order: clips are removed first, then the records, then the marker. A run that is cut off is simply repeated.
"""

from collections.abc import Collection, Sequence
from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.core.batch.build_dir import PROGRESS_NAMES, BuildDirFacts, reason_to_keep
from camvault.core.batch.marker import BUILD_MARKER_NAME, is_marker
from camvault.core.retention.removals import plan_leftovers, plan_only_copies
from camvault.core.workflows.bodycam.build_dir_content import BuildDirContent, content_of
from camvault.core.workflows.steps.witnessed import WitnessStand
from camvault.ports.batch_record import BatchRecords
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import ChangedError, StorageError, UsageError
from camvault.ports.events import Event, Level, Progressed, Reporter
from camvault.ports.files import Storage
from camvault.ports.removal import Removal

_NAMED_AT_MOST = 3


@attrs.frozen
class BuildDirRemoved(Event):
    """The build directory was removed."""

    path: PurePath
    file_count: int
    size_bytes: int

    def __str__(self) -> str:
        return f"Removed {self.path}"


@attrs.frozen
class NothingToDelete(Event):
    """There is no folder of that name."""

    level: ClassVar[Level] = Level.WARNING

    path: PurePath

    def __str__(self) -> str:
        return f"Nothing to delete: {self.path}"


def check_removable(
    folder: PurePath,
    *,
    guarded: Collection[PurePath],
    storage: Storage,
    progress_files: BatchRecords,
    is_losing_allowed: bool = False,
) -> bool:
    """Whether there is such a folder, after a look at whether it may be removed. Changes nothing and reads no clip.

    It says early what `clean_up` would say; only that has the lock, and witnesses.

    Raises:
        UsageError: The folder is not a build directory of camvault, something in it was not made by camvault, or there
            is no other copy of a clip.
        RecordError: Its progress file cannot be read, so that the files that camvault made are not known.
    """
    entry = storage.entry(folder)
    if entry is None:
        return False
    _check_kind(folder, entry, guarded, storage)
    content = content_of(folder, storage=storage, progress_files=progress_files)
    _refuse_foreign(folder, [entry for entry in content.unrecorded if not content.may_be_elsewhere(entry)])
    alone = [
        (entry, "none is there")
        for entry in content.outputs
        if not any(storage.entry(copy.path) for copy in content.copies_of_output(entry))
    ]
    _refuse_only_copies(folder, [] if is_losing_allowed else alone)
    return True


def clean_up(
    folder: PurePath,
    *,
    guarded: Collection[PurePath],
    storage: Storage,
    progress_files: BatchRecords,
    reporter: Reporter,
    cancel: Cancellation,
    is_losing_allowed: bool = False,
    is_cache_trusted: bool = False,
) -> None:
    """Remove a build directory of camvault with everything in it.

    Every file of footage needs a witness (INV-1): its original, or an image that was burned and verified, read from its
    medium under the lock that is held from before the first look. `guarded` are paths that must stay, whatever the user
    asks for: neither one of them nor a folder around one is removed. With `is_losing_allowed` the user allows that
    outputs go which have no witness; `is_cache_trusted` is that of `WitnessStand`.

    Raises:
        UsageError: The folder is not a build directory of camvault, something in it was not made by camvault, or no
            other copy of a clip in it was seen. Nothing was removed.
        RecordError: Its progress file cannot be read. Nothing was removed.
        BusyError: Clips are being prepared in it. Nothing was removed.
        ChangedError: A file was added or replaced during the removal, or a witness did not answer any more; what is
            left is kept.
        Cancelled: The user stopped the run; the rest of the folder is there.
    """
    entry = storage.entry(folder)
    if entry is None:
        reporter.emit(NothingToDelete(folder))
        return
    _check_kind(folder, entry, guarded, storage)  # a lock on what is no folder would make a file
    with (
        storage.lock(folder),
        WitnessStand(storage=storage, cancel=cancel, locked=(folder,), is_cache_trusted=is_cache_trusted) as stand,
    ):
        _check_kind(folder, entry, guarded, storage)
        content = content_of(folder, storage=storage, progress_files=progress_files)
        removals = _removals(content, stand, is_losing_allowed=is_losing_allowed)
        for done, removal in enumerate(removals, start=1):
            cancel.check()
            # Power fails here: the marker is still there, and the next run removes the rest; or the folder is empty
            storage.remove(removal)
            reporter.emit(Progressed("clean", done, len(removals), unit="files", item=removal.path.name))
        storage.prune(folder, is_root_included=True)
    if storage.entry(folder) is not None:
        raise ChangedError(folder, "something was put there meanwhile, and is kept")
    reporter.emit(BuildDirRemoved(folder, len(removals), sum(removal.identity.size_bytes for removal in removals)))


def _removals(content: BuildDirContent, stand: WitnessStand, *, is_losing_allowed: bool) -> list[Removal]:
    """Every removal, clips first, then the records, then the marker; all are planned before the first one happens."""
    _refuse_foreign(content.folder, [e for e in content.unrecorded if not content.may_be_elsewhere(e)])
    stand.read_images(image.path for image in content.images)
    witnessed: list[Removal] = []
    foreign: list[FileEntry] = []
    alone: list[tuple[FileEntry, str]] = []
    for entry in content.unrecorded:
        sha256 = _sha256(entry, stand)
        removal = stand.removal_if_readable(entry, content.copies_of_unrecorded(entry, sha256))
        if not isinstance(removal, str):
            witnessed.append(removal)
        elif sha256 in content.made_of:
            alone.append((entry, removal))
        else:
            foreign.append(entry)
    _refuse_foreign(content.folder, foreign)
    for entry in content.outputs:
        removal = stand.removal_if_readable(entry, content.copies_of_output(entry))
        if isinstance(removal, str):
            alone.append((entry, removal))
        else:
            witnessed.append(removal)
    _refuse_only_copies(content.folder, [] if is_losing_allowed else alone)
    lost = plan_only_copies((entry for entry, _ in alone), flag="--even-only-copies").removals
    ours = plan_leftovers(content.controls, marker=BUILD_MARKER_NAME, records=PROGRESS_NAMES).removals
    return sorted((*witnessed, *lost, *ours), key=_removal_order)


def _sha256(entry: FileEntry, stand: WitnessStand) -> str:
    """The digest of a file that no record names; "" if it cannot be read, so that it is nobody's."""
    try:
        return stand.read(entry.path).sha256
    except StorageError:
        return ""


def _refuse_foreign(folder: PurePath, foreign: Sequence[FileEntry]) -> None:
    if foreign:
        names = _some([str(entry.path.relative_to(folder)) for entry in foreign])
        raise UsageError(f"Refusing to remove {folder}: camvault did not put this there: {names}")


def _refuse_only_copies(folder: PurePath, alone: Sequence[tuple[FileEntry, str]]) -> None:
    if alone:
        names = _some([entry.path.name for entry, _ in alone])
        raise UsageError(
            f"Refusing to remove {folder}: the originals of {names} are gone or are other files now, these may be the "
            f"only copies: no other copy of {alone[0][0].path.name} was seen: {alone[0][1]}"
        )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED_AT_MOST} more" if len(names) > _NAMED_AT_MOST else ""
    return ", ".join(names[:_NAMED_AT_MOST]) + more


def _check_kind(folder: PurePath, entry: FileEntry, guarded: Collection[PurePath], storage: Storage) -> None:
    reason = reason_to_keep(_facts(folder, entry, storage), guarded=tuple(map(storage.resolve, guarded)))
    if reason is not None:
        raise UsageError(f"Refusing to remove {folder}: {reason}")


def _removal_order(removal: Removal) -> int:
    """The order of removal: clips, then the records, then the marker."""
    order = (*PROGRESS_NAMES, BUILD_MARKER_NAME)
    return order.index(removal.path.name) + 1 if removal.path.name in order else 0


def _facts(folder: PurePath, entry: FileEntry, storage: Storage) -> BuildDirFacts:
    resolved = storage.resolve(folder)
    if entry.kind is not FileKind.FOLDER:
        return BuildDirFacts(entry, resolved)
    return BuildDirFacts(
        entry,
        resolved,
        is_marked=is_marker(storage.read_text(folder / BUILD_MARKER_NAME)),
        is_mount_point=storage.device_of(resolved) != storage.device_of(resolved.parent),
        is_empty=next(storage.scan(folder), None) is None,
    )
