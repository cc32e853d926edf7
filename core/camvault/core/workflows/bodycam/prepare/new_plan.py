"""Workflow: look at the clips and the build directory, and plan a new job. Changes nothing."""

from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import PurePath

import attrs

from camvault.core.batch.build_dir import PROGRESS_NAMES
from camvault.core.batch.marker import BUILD_MARKER_NAME, is_marker, made_of_outputs
from camvault.core.batch.plan import BatchRefusal, PreparePlan, PrepareRequest, plan_batch
from camvault.core.batch.starting import StartFacts, plan_start
from camvault.core.workflows.bodycam.prepare.folders import files_given
from camvault.core.workflows.bodycam.prepare.observation import (
    PlanPorts,
    check_room,
    is_ours,
    look_at,
    original_of,
    output_of,
    refuse_if,
    source_of,
)
from camvault.ports.batch_record import BatchRecord, BatchRecords
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import RecordError, UsageError
from camvault.ports.files import Storage
from camvault.ports.media import MediaProbe
from camvault.ports.witness import Sameness


def plan_new(
    request: PrepareRequest,
    *,
    storage: Storage,
    probe: MediaProbe,
    progress_files: BatchRecords,
    executor: Executor,
    cancel: Cancellation,
) -> PreparePlan:
    """Plan a new job. Clips are looked at in parallel on `executor`.

    Raises:
        UsageError: Everything that is wrong with the clips, the build directory or the room for it, all at once.
        Cancelled: The user stopped the planning.
    """
    ports = PlanPorts(storage=storage, probe=probe, progress_files=progress_files, executor=executor, cancel=cancel)
    request = attrs.evolve(request, build_dir=storage.resolve(request.build_dir))
    given = files_given(
        request.sources,
        storage=storage,
        build_dir=request.build_dir,
        log_file=storage.resolve(request.log_file) if request.log_file else None,
    )
    looked_at = list(executor.map(partial(look_at, ports=ports), (*given.paths, *given.untaken)))
    untaken = frozenset(given.untaken)
    plan = plan_batch(request, [attrs.evolve(clip, is_found=clip.source in untaken) for clip in looked_at])
    if isinstance(plan, BatchRefusal):
        refuse_if((*given.problems, *plan.problems) if given.paths else given.problems or plan.problems)
    refuse_if(given.problems)
    assert isinstance(plan, PreparePlan)  # noqa: S101 - a refusal has problems
    start = plan_start(_start_facts(request, plan.progress, ports), progress=plan.progress)
    refuse_if(start.problems)
    check_room(plan.progress, build_dir=request.build_dir, storage=storage)
    return attrs.evolve(
        plan,
        warnings=(*given.warnings, *plan.warnings, *start.warnings),
        leftovers=start.leftovers,
        replaced=start.replaced,
        made_of=start.made_of,
        planned_from=storage.entry(plan.progress_file),
    )


def _start_facts(request: PrepareRequest, job: BatchRecord, ports: PlanPorts) -> StartFacts:
    root, storage = request.build_dir, ports.storage
    found = storage.entry(root)
    if found is None:
        return StartFacts(root=root, entries=())
    if found.kind is not FileKind.FOLDER:
        raise UsageError(f"{root} is not a directory")
    previous = _previous(root, ports.progress_files)
    clips = previous.clips if previous else ()
    entries = tuple(storage.scan(root))
    return StartFacts(
        root=root,
        entries=entries,
        aliases=_aliases(job, entries, storage),
        log_file=storage.resolve(request.log_file) if request.log_file else None,
        is_marked=is_marker(storage.read_text(root / BUILD_MARKER_NAME)),
        previous=previous,
        originals={clip.key: original_of(clip, root=root, storage=storage) for clip in clips if clip.source},
        copied=_copied(previous, job, root, ports),
    )


def _aliases(job: BatchRecord, entries: Sequence[FileEntry], storage: Storage) -> dict[PurePath, PurePath]:
    """The clips that are files of the folder by another name: through a bind mount, a hard link, a union."""
    files = [entry for entry in entries if entry.kind is FileKind.FILE]
    sources = [(clip, storage.resolve(source_of(clip))) for clip in job.clips]
    return {
        path: entry.path
        for clip, path in sources
        for entry in files
        if entry.identity == clip.source_identity
        and entry.path != path
        and storage.is_one_file(path, entry.path) is Sameness.ONE
    }


def _copied(previous: BatchRecord | None, job: BatchRecord, root: PurePath, ports: PlanPorts) -> frozenset[str]:
    """The keys of the previous job that have no recorded output, but a file under its name that is ours."""
    given = job.by_key()
    made = made_of_outputs(ports.storage.read_text(root / BUILD_MARKER_NAME))
    return frozenset(
        clip.key
        for clip in (previous.clips if previous else ())
        if clip.output is None
        and (clip.source is not None or clip.key in given)
        and is_ours(
            output_of(clip, root=root), source_of(clip if clip.source else given[clip.key]), made=made, ports=ports
        )
    )


def _previous(root: PurePath, progress_files: BatchRecords) -> BatchRecord | None:
    """The job that was done or begun in the folder; None if there was none."""
    for name in PROGRESS_NAMES:
        try:
            progress = progress_files.load(root / name)
        except RecordError:
            continue  # the outputs that it recorded count as made by somebody else, and stay
        if progress is not None:
            return progress
    return None
