"""Workflow: look at the progress file, the outputs and the originals, and plan the rest of a job. Changes nothing."""

from concurrent.futures import Executor
from pathlib import PurePath

import attrs

from camvault.core.batch.marker import BUILD_MARKER_NAME, made_of_outputs
from camvault.core.batch.names import COMPLETED_NAME, PROGRESS_NAME, is_temporary
from camvault.core.batch.plan import PreparePlan, totals
from camvault.core.batch.resuming import ContradictedError, RecheckedBatch, ResumeWishes, contradictions, recheck
from camvault.core.batch.uncoded import still_to_do
from camvault.core.workflows.bodycam.prepare.observation import (
    PlanPorts,
    check_room,
    is_ours,
    original_of,
    output_of,
    source_of,
)
from camvault.core.workflows.bodycam.prepare.plain_progress_file import described_and_compared
from camvault.ports.batch_record import BatchRecord, BatchRecords
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import RecordError, StorageError
from camvault.ports.files import Storage
from camvault.ports.media import MediaProbe


def plan_resumed(
    progress_file: PurePath,
    *,
    expected: ResumeWishes,
    build_dir: PurePath | None,
    current_folder: PurePath,
    storage: Storage,
    probe: MediaProbe,
    progress_files: BatchRecords,
    executor: Executor,
    cancel: Cancellation,
) -> PreparePlan:
    """Plan the rest of a job. `build_dir` None: the folder of the progress file.

    If `progress_file` is gone and a completed one stands beside it, that one is taken: then nothing is left but to
    verify the outputs and, if asked for, to delete the originals.

    Raises:
        ContradictedError: The progress file contradicts `expected`.
        RecordError: The progress file is missing, unreadable or malformed, or contradicts the outputs.
        UsageError: There is no room.
        Cancelled: The user stopped the planning.
    """
    ports = PlanPorts(storage=storage, probe=probe, progress_files=progress_files, executor=executor, cancel=cancel)
    path, progress = load_progress(progress_file, progress_files)
    found = contradictions(progress, expected)
    if found:
        raise ContradictedError(path, "; ".join(found))
    root = storage.resolve(build_dir or path.parent)
    if any(clip.source is None for clip in progress.clips):
        progress = described_and_compared(progress, root=root, current_folder=current_folder, ports=ports)
    is_completed = path.name == COMPLETED_NAME
    if not is_completed:  # what is left out is tried again
        progress = attrs.evolve(progress, clips=tuple(attrs.evolve(clip, left_out="") for clip in progress.clips))
    rechecked = _rechecked(progress, root, ports)
    if is_completed and still_to_do(rechecked.progress):
        raise RecordError(path, f"the job is finished, but {_doubts(rechecked)}")
    check_room(rechecked.progress, build_dir=root, storage=storage)
    total_bytes, total_s = totals(progress.clips)
    return PreparePlan(
        build_dir=root,
        progress_file=path,
        progress=rechecked.progress,
        total_bytes=total_bytes,
        total_s=total_s,
        is_resumed=True,
        is_completed=is_completed,
        warnings=rechecked.warnings,
        leftovers=(*_unfinished(root, storage), *([] if is_completed else _stale(root, storage))),
        replaced=rechecked.replaced,
        foreign=rechecked.foreign,
        redone=rechecked.redone,
        planned_from=storage.entry(path),
    )


def load_progress(path: PurePath, progress_files: BatchRecords) -> tuple[PurePath, BatchRecord]:
    """The job to resume and the file it is in: the completed progress file where the one asked for is gone.

    Raises:
        RecordError: There is no such file, or it cannot be read.
    """
    candidates = (path, path.with_name(COMPLETED_NAME)) if path.name == PROGRESS_NAME else (path,)
    for candidate in candidates:
        try:
            progress = progress_files.load(candidate)
        except StorageError as error:
            raise RecordError(candidate, error.problem) from error
        if progress is not None:
            return candidate, progress
    raise RecordError(path, f"No such file; --resume takes the {PROGRESS_NAME} of a build directory")


def _rechecked(progress: BatchRecord, root: PurePath, ports: PlanPorts) -> RecheckedBatch:
    """The described progress compared with the outputs and originals that are there."""
    outputs = {clip.key: ports.storage.entry(output_of(clip, root=root)) for clip in progress.clips}
    made = made_of_outputs(ports.storage.read_text(root / BUILD_MARKER_NAME))
    return recheck(
        progress,
        outputs=outputs,
        originals={clip.key: original_of(clip, root=root, storage=ports.storage) for clip in progress.clips},
        copied=frozenset(
            clip.key
            for clip in progress.clips
            if outputs[clip.key] is not None
            and clip.output is None
            and is_ours(output_of(clip, root=root), source_of(clip), made=made, ports=ports)
        ),
    )


def _doubts(rechecked: RecheckedBatch) -> str:
    return "; ".join(f"{key}: {reason}" for key, reason in rechecked.redone) or "not every clip is done"


def _unfinished(root: PurePath, storage: Storage) -> list[FileEntry]:
    """The temporary files of an earlier run."""
    entries = storage.scan(root) if storage.entry(root) else ()
    return [e for e in entries if is_temporary(e.path.name) and e.path.parent == root and e.kind is not FileKind.FOLDER]


def _stale(root: PurePath, storage: Storage) -> list[FileEntry]:
    """The record of the job before this one, which a start that was cut off has left."""
    found = storage.entry(root / COMPLETED_NAME)
    return [found] if found is not None and found.kind is FileKind.FILE else []
