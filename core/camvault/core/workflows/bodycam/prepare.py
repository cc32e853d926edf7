"""Workflow: make the outputs of a batch of clips, prove them, and only then let go of originals.

The order, and what is true if power fails in between:

1. The build directory, its lock, leftovers of earlier runs, the marker, the progress file. Before the progress file
   the next run plans the same again.
2. Each clip: output under a temporary name, durable under its final name, then the record (INV-3, INV-4). An output
   without record is made again.
3. Every output is read back and compared with its record; their sum must fit.
4. The progress file is renamed: the job is finished.
5. Originals are deleted, each with its proof (INV-1), if it still is the file that was prepared (INV-2). Resuming a
   finished job begins again at 3.
"""

from concurrent.futures import Executor
from pathlib import PurePath

import attrs

from camvault.core.batch.build_dir import MARKER_NAME, MARKER_TEXT, is_marker
from camvault.core.capacity.budget import discs_needed
from camvault.core.batch.names import COMPLETED_NAME
from camvault.core.batch.plan import OutputsTooBigError, PreparePlan, lengths_agree
from camvault.core.batch.resuming import done, pending, proofs_of, replaced
from camvault.core.workflows.bodycam._job import Bar, Job
from camvault.core.workflows.bodycam.originals import let_go
from camvault.core.workflows.bodycam.encode import encode_all
from camvault.core.workflows.bodycam.events import (
    BitrateDecided,
    ClipAgain,
    ClipCopied,
    DiscCapacity,
    ModeDecided,
    OutputsVerified,
    Resumed,
    WorkingDir,
)
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import ChangedError, MediaError, MismatchError
from camvault.ports.events import Reporter, Warned
from camvault.ports.files import Storage
from camvault.ports.media import Encoder, MediaProbe
from camvault.ports.progress import ClipRecord, ClipState, Mode, OutputRecord, ProgressFiles

_COARSEST_MTIME_NS = 2_000_000_000
"""The step of FAT's times."""


@attrs.frozen(kw_only=True)
class PrepareReport:
    """What stands in the build directory now, and what became of the originals.

    `clips` are all of the job's, each with its original and the proven output: what may be let go of later.
    """

    build_dir: PurePath
    progress_file: PurePath
    mode: Mode
    kbps: int | None
    clips: tuple[ClipRecord, ...]
    total_bytes: int
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
    progress_files: ProgressFiles,
    executor: Executor,
    reporter: Reporter,
    cancel: Cancellation,
) -> PrepareReport:
    """Carry the plan out. At most `job_count` clips are encoded at once on `executor`; the result is the same for any.

    Raises:
        OutputsTooBigError: All is done and does not fit; nothing was removed.
        MismatchError: An output is not what was written; it is pending again.
        CamvaultError: Something else went wrong; what was done is recorded and will not be done again.
    """
    storage.make_folder(plan.build_dir)
    with storage.lock(plan.build_dir):
        job = Job(
            plan=plan,
            progress=plan.progress,
            storage=storage,
            probe=probe,
            encoder=encoder,
            progress_files=progress_files,
            executor=executor,
            job_count=job_count,
            reporter=reporter,
            cancel=cancel,
        )
        _announce(job)
        _begin(job)
        if plan.mode is Mode.COPY:
            _copy_all(job)
        else:
            encode_all(job)
        total_bytes = _verify(job)
        completed = _finish(job)
        removed, kept = _remove_originals(job) if is_deleting_originals else ((), ())
    return PrepareReport(
        build_dir=plan.build_dir,
        progress_file=completed,
        mode=plan.mode,
        kbps=plan.progress.kbps,
        clips=job.progress.clips,
        total_bytes=total_bytes,
        removed=removed,
        kept=kept,
    )


def _announce(job: Job) -> None:
    plan = job.plan
    job.reporter.emit(WorkingDir(plan.build_dir))
    job.reporter.emit(DiscCapacity(plan.progress.disc_bytes, plan.progress.usable_bytes))
    for warning in plan.warnings:
        job.reporter.emit(Warned(warning))
    if plan.is_resumed:
        pending_count = sum(clip.state is ClipState.PENDING for clip in plan.progress.clips)
        done_count = len(plan.progress.clips) - pending_count
        job.reporter.emit(Resumed(plan.progress_file, done_count, pending_count))
    for name, reason in plan.redone:
        job.reporter.emit(ClipAgain(name, reason))
    job.reporter.emit(ModeDecided(plan.mode, plan.summary()))
    if plan.progress.kbps is not None:
        job.reporter.emit(BitrateDecided(plan.progress.kbps))


def _begin(job: Job) -> None:
    """Make room and leave the first record."""
    plan, storage = job.plan, job.storage
    if storage.entry(plan.progress_file) != plan.planned_from:
        raise ChangedError(plan.progress_file, "changed since the job was planned, please run again")
    for leftover in plan.leftovers:
        job.discard(leftover)
    for stranger in plan.strangers:
        job.set_aside(stranger)
    if plan.is_completed:
        return
    marker = plan.build_dir / MARKER_NAME
    if not is_marker(storage.read_text(marker)):
        storage.write_text(marker, MARKER_TEXT)
    # Power fails here: the folder is known as ours, and the next run plans again.
    job.record(plan.progress)


# --- copying ---------------------------------------------------------------------------------------------------------


def _copy_all(job: Job) -> None:
    todo = [clip for clip in job.progress.clips if clip.state is ClipState.PENDING]
    bar = job.bar("copy", sum(clip.source_identity.size_bytes for clip in todo if clip.source_identity))
    for clip in todo:
        job.cancel.check()
        job.announce_clip(clip)
        job.record(replaced(job.progress, _copied(job, clip, bar)))
        # Power fails before this line: the copy is complete but not recorded, and is made again.
    bar.finish()


def _copied(job: Job, clip: ClipRecord, bar: Bar) -> ClipRecord:
    source = job.unchanged_source(clip)
    copied = job.storage.copy(source, target=job.output(clip), on_bytes=bar.adder(clip.key), cancel=job.cancel)
    if not _is_of(clip.source_identity, copied.identity):
        raise ChangedError(source, "is not the file that the job was planned with")
    job.reporter.emit(ClipCopied(clip.key, copied.identity.size_bytes, copied.sha256))
    return done(clip, OutputRecord(copied.identity, copied.sha256))


def _is_of(planned: FileIdentity | None, copied: FileIdentity) -> bool:
    """Whether the copy was read from the planned file: it has its size, and its time as well as the volume keeps it."""
    if planned is None or planned.size_bytes != copied.size_bytes:
        return False
    return abs(planned.mtime_ns - copied.mtime_ns) < _COARSEST_MTIME_NS


# --- proving ---------------------------------------------------------------------------------------------------------


def _verify(job: Job) -> int:
    """Read every output back and return the size of all together; what is not as recorded is pending again."""
    clips = job.progress.clips
    bar = job.bar("verify", sum(clip.output.identity.size_bytes for clip in clips if clip.output))
    doubts = {clip.key: doubt for clip in clips if (doubt := _doubt(job, clip, bar)) is not None}
    if doubts:
        if not job.plan.is_completed:
            job.record(replaced(job.progress, *(pending(clip) for clip in clips if clip.key in doubts)))
        words = "; ".join(f"{key} {doubt}" for key, doubt in doubts.items())
        raise MismatchError(str(job.plan.build_dir), f"{words}; run again with --resume")
    bar.finish()
    sizes = [clip.output.identity.size_bytes for clip in clips if clip.output]
    usable_bytes = job.progress.usable_bytes
    if sum(sizes) > usable_bytes:
        raise OutputsTooBigError(sum(sizes), usable_bytes, discs_needed(sizes, limit_bytes=usable_bytes))
    job.reporter.emit(OutputsVerified(len(sizes), sum(sizes), usable_bytes))
    return sum(sizes)


def _doubt(job: Job, clip: ClipRecord, bar: Bar) -> str | None:
    """Why an output does not hold what it should; None if it does.

    A copy holds the original if its bytes have the digest that was taken while the original was read. An encode does if
    its bytes are those that the encoder gave, and a player finds a picture of the original's length in them.
    """
    job.cancel.check()
    path = job.output(clip)
    entry = job.storage.entry(path)
    if clip.output is None or entry is None or entry.identity != clip.output.identity:
        return "is not the file that was made"
    if job.storage.digest(path, on_bytes=bar.adder(clip.key), cancel=job.cancel) != clip.output.sha256:
        return "has not the content that was written"
    return _footage_doubt(job, clip, path) if job.plan.mode is Mode.ENCODE else None


def _footage_doubt(job: Job, clip: ClipRecord, path: PurePath) -> str | None:
    try:
        info = job.probe.probe(path)
    except MediaError as error:
        return f"cannot be played: {error.problem}"
    if not info.has_video or not lengths_agree(info.duration_s, clip.duration_s):
        return f"has {info.duration_s:.1f} s of footage instead of {clip.duration_s:.1f} s"
    return None


def _finish(job: Job) -> PurePath:
    """Give the progress file the name of a finished one."""
    path = job.plan.progress_file
    if job.plan.is_completed:
        return path
    completed = path.with_name(COMPLETED_NAME)
    stale = job.storage.entry(completed)
    if stale is not None:
        job.discard(stale)
    job.storage.rename(path, target=completed)
    # Power fails here: the job is finished; resuming it proves the outputs again and goes on with the originals.
    return completed


def _remove_originals(job: Job) -> tuple[tuple[PurePath, ...], tuple[PurePath, ...]]:
    """Delete each original that is still the file that was prepared; return what went and what stayed."""
    released = let_go(
        job.progress.clips,
        proofs=lambda clip: proofs_of(clip, where=str(job.output(clip))),
        storage=job.storage,
        reporter=job.reporter,
        cancel=job.cancel,
    )
    return released.removed, released.kept
