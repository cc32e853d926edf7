"""Workflow: look at clips and build directory, and decide what to prepare. Touches nothing.

The plan of a new job and that of a resumed one are the same kind of value; `camvault.core.workflows.bodycam.prepare` carries
either out.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import PurePath

import attrs

from camvault.core.batch.build_dir import MARKER_NAME, PROGRESS_NAMES, is_marker
from camvault.core.batch.names import COMPLETED_NAME, PROGRESS_NAME, is_temporary
from camvault.core.batch.plan import (
    GivenClip,
    PreparePlan,
    PrepareRequest,
    Refusal,
    lengths_agree,
    needed_bytes,
    plan_batch,
    totals,
)
from camvault.core.batch.resuming import Expected, Made, Rechecked, adopted, contradictions, described, recheck
from camvault.core.batch.starting import FolderFacts, plan_folder
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import MediaError, RecordError, StorageError, ToolError, UsageError
from camvault.ports.files import Storage
from camvault.ports.media import MediaProbe
from camvault.ports.progress import ClipRecord, ClipState, Mode, OutputRecord, Progress, ProgressFiles

_ADOPTED = "another tool made the output: only its length could be compared with the original"


def plan_new(
    request: PrepareRequest,
    *,
    storage: Storage,
    probe: MediaProbe,
    progress_files: ProgressFiles,
    executor: Executor,
    cancel: Cancellation,
) -> PreparePlan:
    """Plan a new job. Clips are looked at in parallel on `executor`.

    Raises:
        UsageError: Everything that is wrong with the clips, the build directory or the room for it, all at once.
    """
    request = attrs.evolve(request, build_dir=storage.resolve(request.build_dir))
    look = partial(_look_at, storage=storage, probe=probe, cancel=cancel)
    plan = plan_batch(request, list(executor.map(look, request.sources)))
    if isinstance(plan, Refusal):
        raise UsageError(str(plan))
    folder = plan_folder(_folder_facts(request, plan.progress, storage, progress_files, cancel), progress=plan.progress)
    _refuse_if(folder.problems)
    _check_room(plan.progress, request.build_dir, storage)
    return attrs.evolve(
        plan,
        warnings=(*plan.warnings, *folder.warnings),
        leftovers=folder.leftovers,
        planned_from=storage.entry(plan.progress_file),
    )


def _refuse_if(problems: Sequence[str]) -> None:
    if problems:
        raise UsageError("; ".join(problems))


def _check_room(progress: Progress, build_dir: PurePath, storage: Storage) -> None:
    if all(clip.state is ClipState.DONE for clip in progress.clips):
        return
    needed = needed_bytes(progress.clips)
    free = storage.free_bytes(build_dir)
    if free < needed:
        rule = "the size of the input and 1 GB"
        raise UsageError(f"{build_dir}: not enough free space: {needed:,} bytes needed ({rule}), {free:,} bytes free")


def _look_at(source: PurePath, *, storage: Storage, probe: MediaProbe, cancel: Cancellation) -> GivenClip:
    cancel.check()
    clip = GivenClip(source=source, resolved=source)
    try:
        resolved = storage.resolve(source)
        clip = attrs.evolve(clip, resolved=resolved, entry=storage.entry(resolved))
        if clip.entry is None or clip.entry.kind is not FileKind.FILE or not clip.entry.identity.size_bytes:
            return clip
        return attrs.evolve(clip, info=probe.probe(resolved))
    except MediaError as error:
        return attrs.evolve(clip, media_problem=error.problem)
    except ToolError as error:  # a probe that dies of a clip says something about the clip
        return attrs.evolve(clip, media_problem=str(error))
    except StorageError as error:
        return attrs.evolve(clip, problem=error.problem)


def _folder_facts(
    request: PrepareRequest, job: Progress, storage: Storage, progress_files: ProgressFiles, cancel: Cancellation
) -> FolderFacts:
    root = request.build_dir
    found = storage.entry(root)
    if found is None:
        return FolderFacts(root=root, entries=())
    if found.kind is not FileKind.FOLDER:
        raise UsageError(f"{root} is not a directory")
    previous = _previous(root, progress_files)
    clips = previous.clips if previous else ()
    given = job.by_key()
    return FolderFacts(
        root=root,
        entries=tuple(storage.scan(root)),
        log_file=storage.resolve(request.log_file) if request.log_file else None,
        is_marked=is_marker(storage.read_text(root / MARKER_NAME)),
        previous=previous,
        originals={clip.key: _original(clip, storage, root) for clip in clips if clip.source},
        copied=frozenset(
            clip.key
            for clip in clips
            if clip.output is None
            and (clip.source is not None or clip.key in given)
            and _is_copy(_output(root, clip), _source(clip if clip.source else given[clip.key]), storage, cancel)
        ),
    )


def _is_copy(output: PurePath, original: PurePath, storage: Storage, cancel: Cancellation) -> bool:
    """Whether both are regular files of the same content."""
    paths = (output, storage.resolve(original))
    entries = [storage.entry(path) for path in paths]
    sizes = {entry.identity.size_bytes for entry in entries if entry and entry.kind is FileKind.FILE}
    if None in entries or len(sizes) != 1:
        return False
    return len({storage.digest(path, on_bytes=_ignore, cancel=cancel) for path in paths}) == 1


def _previous(root: PurePath, progress_files: ProgressFiles) -> Progress | None:
    for name in PROGRESS_NAMES:
        try:
            progress = progress_files.load(root / name)
        except RecordError:
            continue  # what it recorded is then taken for somebody else's, and stays
        if progress is not None:
            return progress
    return None


def _original(clip: ClipRecord, storage: Storage, root: PurePath) -> FileEntry | None:
    """What stands where the clip came from. In the build directory there are only outputs: that is no original."""
    path = storage.resolve(_source(clip))
    return None if path.is_relative_to(root) else storage.entry(path)


def _output(root: PurePath, clip: ClipRecord) -> PurePath:
    return root / (clip.output_name or clip.key)


def _source(clip: ClipRecord) -> PurePath:
    assert clip.source is not None  # noqa: S101 - `described` gave every clip one
    return clip.source


# --- resuming --------------------------------------------------------------------------------------------------------


def plan_resumed(
    progress_file: PurePath,
    *,
    expected: Expected,
    build_dir: PurePath | None,
    current_folder: PurePath,
    storage: Storage,
    probe: MediaProbe,
    progress_files: ProgressFiles,
    executor: Executor,
    cancel: Cancellation,
) -> PreparePlan:
    """Plan the rest of a job. `build_dir` None: the folder of the progress file.

    If `progress_file` is gone and a completed one stands beside it, that is taken: then nothing is left but to verify
    the outputs and, if asked for, to delete the originals.

    Raises:
        RecordError: The progress file is missing, unreadable or malformed, or contradicts `expected` or the outputs.
        UsageError: An original that is still needed is gone or was changed, or there is no room.
    """
    path, progress = load_progress(progress_file, progress_files)
    found = contradictions(progress, expected)
    if found:
        raise RecordError(path, "; ".join(found))
    root = storage.resolve(build_dir or path.parent)
    if any(clip.source is None for clip in progress.clips):
        progress = _described(
            progress,
            root=root,
            current_folder=current_folder,
            storage=storage,
            probe=probe,
            executor=executor,
            cancel=cancel,
        )
    outputs = {clip.key: storage.entry(_output(root, clip)) for clip in progress.clips}
    rechecked = recheck(
        progress,
        outputs=outputs,
        originals={clip.key: _original(clip, storage, root) for clip in progress.clips},
        copied=frozenset(
            clip.key
            for clip in progress.clips
            if outputs[clip.key] is not None
            and clip.output is None
            and _is_copy(_output(root, clip), _source(clip), storage, cancel)
        ),
    )
    is_completed = path.name == COMPLETED_NAME
    if is_completed and any(clip.state is ClipState.PENDING for clip in rechecked.progress.clips):
        raise RecordError(path, f"the job is finished, but {_doubts(rechecked)}")
    _refuse_if(rechecked.problems)
    _check_room(rechecked.progress, root, storage)
    total_bytes, total_s = totals(progress.clips)
    return PreparePlan(
        build_dir=root,
        progress_file=path,
        progress=rechecked.progress,
        total_bytes=total_bytes,
        total_s=total_s,
        is_resumed=True,
        is_completed=is_completed,
        leftovers=(*rechecked.leftovers, *_unfinished(root, storage)),
        strangers=rechecked.strangers,
        redone=rechecked.redone,
        planned_from=storage.entry(path),
    )


def _doubts(rechecked: Rechecked) -> str:
    return "; ".join(f"{key}: {reason}" for key, reason in rechecked.redone) or "not every clip is done"


def load_progress(path: PurePath, progress_files: ProgressFiles) -> tuple[PurePath, Progress]:
    """The job to resume and the file it is in: that of the finished job where the one asked for is gone.

    Raises:
        RecordError: There is none, or it cannot be read.
    """
    candidates = (path, path.with_name(COMPLETED_NAME)) if path.name == PROGRESS_NAME else (path,)
    for candidate in candidates:
        try:
            progress = progress_files.load(candidate)
        except StorageError as error:
            raise RecordError(candidate, error.problem) from error
        if progress is not None:
            return candidate, progress
    raise RecordError(path, "No such file")


def _unfinished(root: PurePath, storage: Storage) -> list[FileEntry]:
    entries = storage.scan(root) if storage.entry(root) else ()
    return [e for e in entries if is_temporary(e.path.name) and e.path.parent == root and e.kind is not FileKind.FOLDER]


# --- the plain format ------------------------------------------------------------------------------------------------


def _described(
    progress: Progress,
    *,
    root: PurePath,
    current_folder: PurePath,
    storage: Storage,
    probe: MediaProbe,
    executor: Executor,
    cancel: Cancellation,
) -> Progress:
    """A progress of the plain format with what it does not say: found out now, each done output compared."""
    progress = described(progress, sources_in=current_folder)

    def look(source: PurePath) -> GivenClip:
        resolved = storage.resolve(source)
        if resolved.is_relative_to(root):  # the command was started in the build directory: this is the output itself
            return GivenClip(source=source, resolved=resolved)
        return _look_at(source, storage=storage, probe=probe, cancel=cancel)

    given = executor.map(look, [_source(clip) for clip in progress.clips])
    clips = []
    for clip, found in zip(progress.clips, given, strict=True):
        made = None
        if clip.state is ClipState.DONE:
            made = _compared(_output(root, clip), found, progress.mode, storage=storage, probe=probe, cancel=cancel)
        clips.append(adopted(clip, found, made, kbps=progress.kbps))
    return attrs.evolve(progress, clips=tuple(clips))


def _compared(
    output: PurePath, found: GivenClip, mode: Mode, *, storage: Storage, probe: MediaProbe, cancel: Cancellation
) -> Made | None:
    """The record of an output that holds what its original holds; None if it does not, or is not there."""
    entry = storage.entry(output)
    if entry is None or entry.kind is not FileKind.FILE:
        return None

    def digest(path: PurePath) -> str:
        return storage.digest(path, on_bytes=_ignore, cancel=cancel)

    if mode is Mode.COPY:
        record = OutputRecord(entry.identity, digest(output))
        is_equal = found.entry is None or digest(found.resolved) == record.sha256
        return Made(record) if is_equal else None
    try:
        made = probe.probe(output)
    except MediaError:
        return None
    is_equal = found.info is None or lengths_agree(made.duration_s, found.info.duration_s)
    record = OutputRecord(entry.identity, digest(output), doubt=_ADOPTED)
    return Made(record, made.duration_s) if is_equal else None


def _ignore(_: int) -> None:
    """Nobody watches the reading of a few outputs of another tool."""
