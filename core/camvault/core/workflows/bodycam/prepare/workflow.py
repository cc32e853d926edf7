"""Workflow: make the outputs of a batch of clips, prove them, and only then delete originals.

The order, and what is true if power fails in between:

1. The build directory, its lock, unfinished files of earlier runs, the marker, the progress file; then outputs of
   earlier jobs are set aside. Before the progress file the next run plans the same again.
2. Each clip: output under a temporary name, durable under its final name, then the record (INV-3, INV-4). An output
   without record is made again.
3. Every output is read back and compared with its record; the sum of their sizes must fit. What was set aside goes,
   each file beside what replaces it.
4. The progress file is renamed: the job is finished.
5. Each original is deleted beside its witness (INV-1), if it still is the file that was prepared (INV-2). Resuming a
   finished job begins again at 3.
"""

from concurrent.futures import Executor
from contextlib import nullcontext, suppress
from pathlib import PurePath

import attrs

from camvault.core.batch.left_out import ClipsLeftOutError, LeftOut
from camvault.core.batch.marker import BUILD_MARKER_NAME, MARKER_TEXT, is_marker
from camvault.core.batch.names import COMPLETED_NAME, is_journal
from camvault.core.batch.plan import PreparePlan
from camvault.core.batch.resuming import replaced
from camvault.core.workflows.bodycam.originals import copy_at, let_go
from camvault.core.workflows.bodycam.prepare.copying import copy_all, copy_rest
from camvault.core.workflows.bodycam.prepare.encoding import encode_all
from camvault.core.workflows.bodycam.prepare.events import (
    BatchResumed,
    BitrateDecided,
    BuildDirChosen,
    CapacityDecided,
    ClipRedone,
    ModeDecided,
)
from camvault.core.workflows.bodycam.prepare.job import PrepareJob
from camvault.core.workflows.bodycam.prepare.proving import prove_all
from camvault.core.workflows.bodycam.prepare.replacing import (
    let_go_of_replaced,
    note_what_is_replaced,
    set_outputs_aside,
)
from camvault.core.workflows.steps.witnessed import WitnessStand
from camvault.ports.batch_record import BatchRecords, ClipRecord, ClipState, Mode
from camvault.ports.cancellation import Cancellation
from camvault.ports.encoding import RateSearch
from camvault.ports.entries import FileEntry
from camvault.ports.errors import CamvaultError, ChangedError, StorageError
from camvault.ports.events import Reporter, Warned
from camvault.ports.files import Storage
from camvault.ports.media import Encoder, MediaProbe
from camvault.ports.quality import QualityMeter


@attrs.frozen(kw_only=True)
class PrepareReport:
    """What stands in the build directory now, and what became of the originals.

    `clips` are all clips of the job, each with its original and its proven output: these originals may be deleted
    later, except those of `left_out`, which have no output. `removed` and `kept` are originals.
    """

    build_dir: PurePath
    progress_file: PurePath
    mode: Mode
    kbps: int | None
    disc_bytes: int
    clips: tuple[ClipRecord, ...]
    total_bytes: int
    left_out: tuple[LeftOut, ...] = ()
    removed: tuple[PurePath, ...] = ()
    kept: tuple[PurePath, ...] = ()


def prepare(
    plan: PreparePlan,
    *,
    is_deleting_originals: bool,
    job_count: int,
    storage: Storage,
    probe: MediaProbe,
    encoder: Encoder,
    progress_files: BatchRecords,
    executor: Executor,
    reporter: Reporter,
    cancel: Cancellation,
    is_cache_trusted: bool = False,
    is_keeping_going: bool = False,
    is_claimed: bool = False,
    quality_meter: QualityMeter | None = None,
) -> PrepareReport:
    """Carry the plan out. `is_keeping_going`: the job is finished without clips that could not be prepared.

    At most `job_count` clips are encoded at once on `executor`; the result is the same for any.

    `is_cache_trusted` is that of `WitnessStand`. `is_claimed`: the caller holds the build directory (`claimed`).
    Without a `quality_meter` no quality is measured, whatever the job asks for.

    Raises:
        ClipsLeftOutError: Some clips could not be prepared; all others are, and nothing was removed.
        OutputsTooBigError: All outputs are made and do not fit; nothing was removed.
        MismatchError: An output is not what was written; its clip is pending again.
        CamvaultError: Another step failed. The outputs that are recorded will not be made again.
    """
    storage.make_folder(plan.build_dir)
    locked = (plan.build_dir,)
    with (
        nullcontext() if is_claimed else storage.lock(plan.build_dir),
        WitnessStand(storage=storage, cancel=cancel, locked=locked, is_cache_trusted=is_cache_trusted) as stand,
    ):
        job = PrepareJob(
            plan=plan,
            progress=plan.progress,
            storage=storage,
            probe=probe,
            encoder=encoder,
            quality_meter=quality_meter,
            progress_files=progress_files,
            executor=executor,
            job_count=job_count,
            reporter=reporter,
            cancel=cancel,
            stand=stand,
            is_keeping_going=is_keeping_going,
        )
        _announce(job)
        try:
            total_bytes = _make_outputs(job)
        except CamvaultError:
            with suppress(StorageError):  # what is not in the progress file stands beside it
                job.settle()
            raise
        completed = _finish(job)
        removed, kept = _remove_originals(job) if is_deleting_originals else ((), ())
    return PrepareReport(
        build_dir=plan.build_dir,
        progress_file=completed,
        mode=plan.mode,
        kbps=job.progress.kbps,
        disc_bytes=job.progress.disc_bytes,
        clips=job.progress.clips,
        total_bytes=total_bytes,
        left_out=tuple(LeftOut(c.key, c.source, c.left_out) for c in job.progress.clips if c.left_out and c.source),
        removed=removed,
        kept=kept,
    )


def _make_outputs(job: PrepareJob) -> int:
    """Everything up to the proof of all outputs; return what they take up together."""
    _begin(job)
    if job.plan.mode is Mode.COPY:
        copy_all(job)
    else:
        copy_rest(job, refused=encode_all(job))
    total_bytes = prove_all(job)
    let_go_of_replaced(job)
    if job.left_out and not (job.is_keeping_going and _has_output(job)):
        raise ClipsLeftOutError(tuple(job.left_out), len(job.progress.clips))
    return total_bytes


def _has_output(job: PrepareJob) -> bool:
    return any(clip.output is not None for clip in job.progress.clips)


def _announce(job: PrepareJob) -> None:
    plan = job.plan
    job.reporter.emit(BuildDirChosen(plan.build_dir))
    job.reporter.emit(CapacityDecided(plan.progress.disc_bytes, plan.progress.usable_bytes))
    for warning in plan.warnings:
        job.reporter.emit(Warned(warning))
    if plan.is_resumed:
        pending_count = sum(clip.state is ClipState.PENDING for clip in plan.progress.clips)
        done_count = len(plan.progress.clips) - pending_count
        job.reporter.emit(BatchResumed(plan.progress_file, done_count, pending_count))
    for name, reason in plan.redone:
        job.reporter.emit(ClipRedone(name, reason))
    job.reporter.emit(ModeDecided(plan.mode, plan.summary()))
    if plan.progress.kbps is not None and plan.progress.options.rate_search is not RateSearch.OPEN:
        job.reporter.emit(BitrateDecided(plan.progress.kbps))


def _begin(job: PrepareJob) -> None:
    """Clear what stands in the way of outputs, and write the first record."""
    plan, storage = job.plan, job.storage
    found = storage.entry(plan.progress_file)
    if not _is_as_planned(found, plan.planned_from):
        raise ChangedError(plan.progress_file, "changed since the job was planned, please run again")
    for leftover in plan.leftovers:
        if not _is_record(leftover):
            job.discard(leftover)
    if not plan.is_completed:
        marker = plan.build_dir / BUILD_MARKER_NAME
        if not is_marker(storage.read_text(marker)):
            storage.write_text(marker, MARKER_TEXT)
        # Power fails here: the folder carries the marker, and the next run plans again.
    note_what_is_replaced(job, plan.replaced, made_of=plan.made_of)
    if not plan.is_completed:
        job.record(plan.progress)
        # Power fails here: no clip is done that has no output; what stands in their places is known by the marker.
    for leftover in plan.leftovers:
        if _is_record(leftover):
            job.discard(leftover)
    set_outputs_aside(job, plan.replaced, made_of=plan.made_of)
    for foreign in plan.foreign:
        job.set_aside(foreign)


def _is_record(leftover: FileEntry) -> bool:
    """Whether the record of an earlier run is in it, which goes when the new one is there."""
    return leftover.path.name == COMPLETED_NAME or is_journal(leftover.path.name)


def _is_as_planned(found: FileEntry | None, planned: FileEntry | None) -> bool:
    if found is None or planned is None:
        return found is planned
    return found.identity.is_same_file(planned.identity)


def _finish(job: PrepareJob) -> PurePath:
    """Give the progress file the name of a completed one; return its path."""
    path = job.plan.progress_file
    if job.plan.is_completed:
        return path
    reasons = {clip.key: clip.reason for clip in job.left_out}
    if reasons:
        left_out = [attrs.evolve(c, left_out=reasons[c.key]) for c in job.progress.clips if c.key in reasons]
        job.record(replaced(job.progress, *left_out))
        # Power fails here: a resume tries them again.
    job.settle()
    completed = path.with_name(COMPLETED_NAME)
    stale = job.storage.entry(completed)
    if stale is not None:
        job.discard(stale)
    job.storage.rename(path, target=completed)
    # Power fails here: the job is finished; resuming it proves the outputs again and goes on with the originals.
    return completed


def _remove_originals(job: PrepareJob) -> tuple[tuple[PurePath, ...], tuple[PurePath, ...]]:
    """Delete each original that is still the file that was prepared; return the deleted and the kept ones."""
    released = let_go(
        [clip for clip in job.progress.clips if not clip.left_out],
        copy_of=lambda clip: copy_at(clip, job.output(clip)),
        stand=job.stand,
        reporter=job.reporter,
    )
    return released.removed, released.kept
