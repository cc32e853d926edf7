"""Workflow, shared part: look at the clips or at the job to resume, and at a disc file, before a run begins."""

from collections.abc import Iterable
from pathlib import PurePath

from camvault.core.batch.space_outlook import Outlook
from camvault.core.evidence.room import evidence_room_bytes
from camvault.core.workflows.bodycam.prepare import files_given, load_progress
from camvault.ports.batch_record import BatchRecord, BatchRecords
from camvault.ports.burner import Drives
from camvault.ports.errors import CamvaultError, Cancelled, StorageError, UsageError
from camvault.ports.files import Storage


def look_ahead(
    clips: Iterable[PurePath],
    *,
    resumed: PurePath | None,
    wished_disc_bytes: int | None,
    wished_safety_bytes: int | None,
    has_evidence: bool = False,
    storage: Storage,
    progress_files: BatchRecords,
) -> Outlook:
    """What a run of these `clips` (absolute paths), or of the job of the progress file `resumed`, will take.

    Nothing is changed. A folder stands for the files in it.
    `has_evidence`: whether the disc will carry its evidence.
    A clip that is named twice counts once; one that cannot be seen is left to the first stage.
    """
    given = files_given(clips, storage=storage)
    sizes = dict(_look_at(path, storage) for path in (*given.paths, *given.unlisted))
    stored = _stored(resumed, progress_files)
    sources = sizes if stored is None else [clip.source or PurePath(clip.key) for clip in stored.clips]
    return Outlook(
        wished_disc_bytes=wished_disc_bytes,
        wished_safety_bytes=wished_safety_bytes,
        clip_sizes=tuple(sizes.values()),
        is_resumed=resumed is not None,
        stored=stored,
        evidence_bytes=evidence_room_bytes(sources) if has_evidence else 0,
    )


def _look_at(path: PurePath, storage: Storage) -> tuple[PurePath, int | None]:
    try:
        resolved = storage.resolve(path)
        entry = storage.entry(resolved)
    except StorageError:
        return path, None
    return resolved, entry.identity.size_bytes if entry else None


def _stored(resumed: PurePath | None, progress_files: BatchRecords) -> BatchRecord | None:
    if resumed is None:
        return None
    try:
        return load_progress(resumed, progress_files)[1]
    except CamvaultError:
        return None


def check_disc_file(device: str, outlook: Outlook, *, drives: Drives, is_burned: bool) -> None:
    """Refuse a disc file that cannot take the image, hours before its turn. A drive may still get its disc.

    `is_burned`: whether anything will be written to it; otherwise a used one will do.

    Raises:
        UsageError: It is spelled wrong, its folder is not there, it is used, or it is too small.
    """
    try:
        medium = drives.medium(device)
    except Cancelled:
        raise
    except CamvaultError as error:
        raise UsageError(f"Stage burn could not work: {error}") from error
    refusal = medium.refusal(outlook.least_image_bytes)
    if refusal is not None and is_burned:
        raise UsageError(f"Stage burn could not work: {refusal}: {device}")
