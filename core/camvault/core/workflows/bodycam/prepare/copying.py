"""Workflow, private part: clips are copied as they are, one after the other; one that cannot be copied is left out."""

from collections.abc import Iterable, Mapping

import attrs

from camvault.core.batch.left_out import is_of_one_clip, reason_of
from camvault.core.batch.resuming import done, replaced
from camvault.core.batch.uncoded import copied_last, free_bytes, has_room, size_of, still_to_do
from camvault.core.workflows.bodycam.prepare.events import ClipCopied
from camvault.core.workflows.bodycam.prepare.job import PrepareJob
from camvault.core.workflows.bodycam.prepare.replacing import take_back_copy
from camvault.core.workflows.steps.meter import BatchMeter
from camvault.ports.batch_record import ClipRecord, Coding, OutputRecord
from camvault.ports.entries import FileEntry
from camvault.ports.errors import CamvaultError


def copy_all(job: PrepareJob) -> None:
    """Copy every pending clip; each copy is recorded as soon as it is durable."""
    todo = still_to_do(job.progress)
    meter = _meter(job, todo)
    for clip in todo:
        _copy_or_leave_out(job, clip, meter)
    meter.finish()


def copy_rest(job: PrepareJob, *, refused: Mapping[str, str]) -> None:
    """Copy what a job that encodes does not encode, each file if there is room for it beside all outputs.

    `refused` says why the encoder could not take clips, by their keys.
    """
    todo = copied_last(job.progress, refused=refused)
    meter = _meter(job, todo)
    for clip in todo:
        if has_room(job.progress, clip):
            as_it_is = attrs.evolve(clip, coding=Coding.AS_IS, output_name=clip.key, samples=(), encodes=())
            _copy_or_leave_out(job, as_it_is, meter)
        else:
            sizes = f"its {size_of(clip):,} bytes do not fit the {max(0, free_bytes(job.progress)):,} that are left"
            job.leave_out(clip, f"{refused.get(clip.key, 'it is not encoded')}; {sizes}")
    meter.finish()


def _meter(job: PrepareJob, clips: Iterable[ClipRecord]) -> BatchMeter:
    return job.meter("copy", sum(map(size_of, clips)))


def _copy_or_leave_out(job: PrepareJob, clip: ClipRecord, meter: BatchMeter) -> None:
    job.cancel.check()
    job.announce_clip(clip)
    try:
        copied = _copied(job, clip, meter)
    except CamvaultError as error:
        if not is_of_one_clip(error, build_dir=job.plan.build_dir):
            raise
        assert clip.source is not None  # noqa: S101 - a plan describes every clip
        job.leave_out(clip, reason_of(error, source=job.storage.resolve(clip.source)))
        return
    job.record(replaced(job.progress, copied))
    # Power fails before this line: the copy is complete but not recorded, and is made again.


def _copied(job: PrepareJob, clip: ClipRecord, meter: BatchMeter) -> ClipRecord:
    source = job.unchanged_source(clip)
    job.made.add(job.output(clip))
    copied = job.storage.copy(source, target=job.output(clip), on_bytes=meter.adder(clip.key), cancel=job.cancel)
    try:
        job.unchanged_source(clip)
    except CamvaultError:  # it changed while it was read, or cannot be seen any more: the copy may hold anything
        take_back_copy(job, FileEntry(job.output(clip), copied.identity), copied.sha256, source=source)
        raise
    job.check_time(clip, copied.identity)
    job.reporter.emit(ClipCopied(clip.key, copied.identity.size_bytes, copied.sha256))
    return done(clip, OutputRecord(copied.identity, copied.sha256))
