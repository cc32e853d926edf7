"""Workflow, private part: the one bitrate of a batch is found by samples, and recorded before the first encode."""

import attrs

from camvault.core.batch.left_out import is_of_one_clip
from camvault.core.batch.resuming import batch_of
from camvault.core.capacity.allocation import EncodeAction, EncodeSample, Sampled, next_encodes, settled_kbps
from camvault.core.workflows.bodycam.prepare.encode_loop import EncodeLoop
from camvault.core.workflows.bodycam.prepare.events import BitrateDecided, BitrateSought
from camvault.ports.batch_record import BatchRecord
from camvault.ports.encoding import RateSearch
from camvault.ports.errors import CamvaultError, StorageError
from camvault.ports.media import TargetBitrate


def sought_kbps_of(action: EncodeAction) -> int | None:
    """The bitrate that is tried, if this is a sample for the one bitrate."""
    if isinstance(action, EncodeSample) and isinstance(action.rate, TargetBitrate):
        return action.rate.video_kbps
    return None


def tell_sought(loop: EncodeLoop, kbps: int) -> None:
    """Report the bitrate of a sample that is taken; once in a run."""
    if kbps not in loop.sought_kbps:
        loop.sought_kbps.add(kbps)
        loop.job.reporter.emit(BitrateSought(kbps))


def seek_rate(loop: EncodeLoop) -> None:
    """Settle the rate if the samples tell it; those of clips that a later run will encode tell nothing in this one."""
    while loop.batch and not settle_rate(loop, loop.job.progress):
        passed = [
            action
            for action in next_encodes(loop.batch, loop.results)
            if isinstance(action, EncodeSample) and action.key in loop.postponed
        ]
        if not passed:
            break
        loop.results += [Sampled(action, 0) for action in passed]


def is_passed_over(loop: EncodeLoop, action: EncodeAction, error: CamvaultError) -> bool:
    """Whether this was a sample for the one bitrate of a clip that can be read: its encode will say what is wrong."""
    is_of_clip = is_of_one_clip(error, build_dir=loop.job.plan.build_dir)
    return sought_kbps_of(action) is not None and is_of_clip and not isinstance(error, StorageError)


def settle_rate(loop: EncodeLoop, progress: BatchRecord) -> bool:
    """Record the one bitrate with this progress, as soon as samples tell it; False if they do not."""
    assert loop.batch is not None  # noqa: S101 - samples are taken of a batch
    has_told = any(isinstance(result, Sampled) and result.size_bytes for result in loop.results)
    if progress.options.rate_search is not RateSearch.OPEN or not has_told:
        return False
    kbps = settled_kbps(loop.batch, loop.results)
    if kbps is not None:
        _close_rate(loop, progress, kbps)
    return kbps is not None


def keep_planned_rate(loop: EncodeLoop) -> None:
    """A clip is encoded: if no sample told anything, the planned rate is that of all."""
    progress = loop.job.progress
    if progress.options.rate_search is RateSearch.OPEN:
        _close_rate(loop, progress, progress.kbps or 1)


def _close_rate(loop: EncodeLoop, progress: BatchRecord, kbps: int) -> None:
    options = attrs.evolve(progress.options, rate_search=RateSearch.DONE)
    loop.job.record(attrs.evolve(progress, kbps=kbps, options=options))
    # Power fails here: the rate is settled, and a resume takes it.
    loop.batch = batch_of(loop.job.progress, without=loop.refused, set_apart_bytes=loop.set_apart_bytes)
    loop.job.reporter.emit(BitrateDecided(kbps))
