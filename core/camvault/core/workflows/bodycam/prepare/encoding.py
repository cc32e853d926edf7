"""Workflow, private part: the clips of a batch are encoded in a closed loop.

`capacity.allocation` says which samples and encodes may be made next. This module makes them, at most `job_count` at
once, and records each result. Workers only write temporary files; final names and records change on the thread that
runs the workflow, so that a stop leaves nothing half done. A clip that cannot be encoded is taken out of the loop, and
the others go on. When the loop ends early, the workers are stopped and waited for: no encoder goes on running after
`encode_all` has ended.
"""

from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import PurePath

import attrs

from camvault.core.batch.left_out import is_of_one_clip, reason_of
from camvault.core.batch.plan import totals
from camvault.core.batch.resuming import (
    batch_of,
    replaced,
    results_of,
    with_encode,
    with_sample,
    with_settled,
)
from camvault.core.capacity.allocation import (
    Encode,
    EncodeAction,
    Encoded,
    EncodeSample,
    Sampled,
    judged,
    next_encodes,
)
from camvault.core.workflows.bodycam.prepare.bitrate import (
    is_passed_over,
    keep_planned_rate,
    seek_rate,
    settle_rate,
    sought_kbps_of,
    tell_sought,
)
from camvault.core.workflows.bodycam.prepare.encode_loop import EncodeDone, EncodeLoop
from camvault.core.workflows.bodycam.prepare.events import (
    ClipEncoded,
    ClipInDoubt,
    ClipNotEncoded,
    ClipRedone,
)
from camvault.core.workflows.bodycam.prepare.job import PrepareJob
from camvault.core.workflows.bodycam.prepare.replacing import let_go_of_replaced, set_corrected_aside
from camvault.core.workflows.steps.ended_work import first_ended, wait_for_all
from camvault.core.workflows.steps.linked_cancellation import LinkedCancellation
from camvault.core.workflows.steps.meter import BatchMeter
from camvault.core.workflows.steps.target_claim import temporary_path
from camvault.ports.batch_record import ClipRecord, ClipState
from camvault.ports.cancellation import Cancellation
from camvault.ports.encoding import Allocation
from camvault.ports.errors import CamvaultError, ChangedError, StorageError
from camvault.ports.media import ConstantQuality, EncodeSettings, TargetBitrate
from camvault.ports.quality import QualityMeasure


def encode_all(job: PrepareJob) -> Mapping[str, str]:
    """Encode until the allocation offers no more actions; each output is recorded as soon as it is durable.

    Returns:
        The clips that the encoder could not take, and that may be copied as they are: the reason by the key.

    Raises:
        CamvaultError: Something failed that concerns all clips, or the user stopped the run; what was recorded stays.
    """
    meter = job.meter("encode", totals(job.progress.clips)[1], unit="s")
    loop = EncodeLoop(job, batch_of(job.progress), results_of(job.progress), meter, LinkedCancellation(job.cancel))
    try:
        while _start(loop):
            _take(loop)
    finally:
        loop.stop.request()
        for future in loop.running:
            future.cancel()
        wait_for_all(loop.running)
        _sweep(loop)
    job.record(with_settled(job.progress, without=loop.refused))
    meter.finish()
    left_out = {clip.key for clip in job.left_out}
    return {key: reason for key, reason in loop.refused.items() if key not in left_out}


def _start(loop: EncodeLoop) -> bool:
    """Start the actions that may be started; False if none is running and none is left."""
    seek_rate(loop)
    for action in next_encodes(loop.batch, loop.results) if loop.batch else ():
        if len(loop.running) >= loop.job.job_count:
            break
        if action not in loop.running.values() and action.key not in loop.postponed:
            loop.job.cancel.check()
            _announce(loop, action)
            loop.running[_submitted(loop, action)] = action
    return bool(loop.running)


def _announce(loop: EncodeLoop, action: EncodeAction) -> None:
    clip = loop.job.progress.by_key()[action.key]
    kbps = sought_kbps_of(action)
    if kbps is not None:
        tell_sought(loop, kbps)
        return
    if isinstance(action, Encode) and clip.encodes:
        loop.job.reporter.emit(ClipRedone(clip.key, f"{_rate_text(action.settings.rate)}, {action.reason}"))
    else:
        loop.job.announce_clip(clip)


def _submitted(loop: EncodeLoop, action: EncodeAction) -> "Future[EncodeDone]":
    clip = loop.job.progress.by_key()[action.key]
    if isinstance(action, EncodeSample):
        assert loop.batch is not None  # noqa: S101 - the action is of that batch
        settings = loop.batch.settings(action.rate)
        return loop.job.executor.submit(_sampled, loop.job, clip, action, settings, loop.stop)
    return loop.job.executor.submit(_encoded, loop.job, clip, action.settings, loop.meter, loop.stop)


def _sampled(
    job: PrepareJob, clip: ClipRecord, sample: EncodeSample, settings: EncodeSettings, cancel: Cancellation
) -> EncodeDone:
    cancel.check()
    source, start_s, length_s = job.unchanged_source(clip), sample.start_s, sample.length_s
    options = job.progress.options
    if job.quality_meter is None or options.measure is QualityMeasure.NONE or options.allocation is Allocation.CONSTANT:
        size_bytes = job.encoder.sample(source, start_s=start_s, length_s=length_s, settings=settings, cancel=cancel)
        return EncodeDone(size_bytes)
    made = job.quality_meter.measured_sample(
        source, start_s=start_s, length_s=length_s, settings=settings, measure=options.measure, cancel=cancel
    )
    return EncodeDone(made.size_bytes, quality=made.quality)


def _encoded(
    job: PrepareJob, clip: ClipRecord, settings: EncodeSettings, meter: BatchMeter, cancel: Cancellation
) -> EncodeDone:
    cancel.check()
    source = job.unchanged_source(clip)
    source_sha256 = job.storage.digest(source, on_bytes=lambda _: None, cancel=cancel)
    in_the_way = job.storage.entry(_temporary(job, clip))
    if in_the_way is not None:
        job.discard(in_the_way)  # an encoder would write through a link, to whatever it points to
    job.made.add(_temporary(job, clip))
    encoded = job.encoder.encode(
        source, target=_temporary(job, clip), settings=settings, on_seconds=meter.setter(clip.key), cancel=cancel
    )
    made = job.storage.entry(_temporary(job, clip))
    job.unchanged_source(clip)  # if it changed while it was read, the encode may hold anything
    return EncodeDone(
        encoded.size_bytes,
        made.identity if made else None,
        source_sha256,
        encoded.doubts,
        argv=encoded.argv,
        tool=encoded.tool,
    )


def _temporary(job: PrepareJob, clip: ClipRecord) -> PurePath:
    return temporary_path(job.output(clip))


def _take(loop: EncodeLoop) -> None:
    """Wait until an action ends, and record its result."""
    ended = first_ended(loop.running)
    for future in [future for future in loop.running if future in ended]:
        action = loop.running.pop(future)
        try:
            done = future.result()
        except CamvaultError as error:
            if not is_passed_over(loop, action, error):
                _give_up(loop, action.key, error)
                continue
            done = EncodeDone(0)
        if action.key in loop.refused or action.key in loop.postponed or loop.batch is None:
            continue  # another action of this clip failed meanwhile
        if isinstance(action, EncodeSample):
            _record_sample(loop, Sampled(action, done.size_bytes, done.quality))
        else:
            _record_encode(loop, judged(loop.batch, loop.results, action, size_bytes=done.size_bytes), done)


def _give_up(loop: EncodeLoop, key: str, error: CamvaultError) -> None:
    """Take a clip that cannot be encoded out of the loop; raises if the error concerns the other clips as well."""
    job = loop.job
    if not is_of_one_clip(error, build_dir=job.plan.build_dir):
        raise error
    if key in loop.refused or key in loop.postponed:
        return
    clip = job.progress.by_key()[key]
    assert clip.source is not None  # noqa: S101 - a plan describes every clip
    reason = reason_of(error, source=job.storage.resolve(clip.source))
    is_readable = not isinstance(error, StorageError)  # what cannot be read can be copied no better
    if not is_readable and _is_postponed(job):
        loop.postponed.add(key)
        job.leave_out(clip, reason)
        return
    loop.drop(clip, reason, is_copied=is_readable and clip.output is None)
    if clip.output is not None:
        job.reporter.emit(ClipRedone(key, f"that failed, the output before it stays: {reason}"))
    elif is_readable:
        job.reporter.emit(ClipNotEncoded(key, reason))
    else:
        job.leave_out(clip, reason)


def _is_postponed(job: PrepareJob) -> bool:
    """Whether a resume is to find the others as if nothing had failed.

    At a constant bitrate the others do not depend on a clip that is not encoded yet. At a constant quality they do: it
    is decided without the clip.
    """
    return not job.is_keeping_going and job.progress.options.allocation is Allocation.CONSTANT


def _record_sample(loop: EncodeLoop, result: Sampled) -> None:
    loop.results.append(result)
    clip = loop.job.progress.by_key()[result.sample.key]
    progress = replaced(loop.job.progress, with_sample(clip, result))
    if not settle_rate(loop, progress):
        loop.job.record(progress)


def _record_encode(loop: EncodeLoop, result: Encoded, encoded: EncodeDone) -> None:
    job = loop.job
    keep_planned_rate(loop)
    clip = job.progress.by_key()[result.key]
    is_replacing = result.is_accepted and clip.output is not None
    told = clip.output.doubt if clip.output else ""
    clip = _published(job, clip, result, encoded) if result.is_accepted else with_encode(clip, result, None)
    loop.results.append(result)
    loop.record(clip)
    if is_replacing:
        let_go_of_replaced(job)
        # Power fails before this line: what was set aside goes at the end of the next run.
    original_bytes = clip.source_identity.size_bytes if clip.source_identity else 0
    job.reporter.emit(
        ClipEncoded(clip.key, _rate_text(result.rate), result.size_bytes, original_bytes, result.is_accepted)
    )
    if encoded.doubt not in ("", told):
        job.reporter.emit(ClipInDoubt(clip.key, encoded.doubt))


def _published(job: PrepareJob, clip: ClipRecord, result: Encoded, encoded: EncodeDone) -> ClipRecord:
    """The clip with its output under the final name.

    The output is recorded before it gets that name: a file that no record names counts as made by somebody else.
    """
    temporary, target = _temporary(job, clip), job.output(clip)
    sha256 = job.storage.digest(temporary, on_bytes=lambda _: None, cancel=job.cancel)
    found = job.storage.entry(temporary)
    if found is None or encoded.made is None or not encoded.made.is_same_file(found.identity):
        raise ChangedError(temporary, f"is not the file that the encoder made of {clip.key}")
    if clip.output is not None:  # new before old: the earlier one goes when this one is durable and recorded
        job.record(replaced(job.progress, attrs.evolve(clip, state=ClipState.PENDING)))
        # Power fails here: the recorded output is there, and the closed loop goes on from it.
        set_corrected_aside(job, clip, clip.output)
        # Power fails here: the recorded output is set aside, and the clip is encoded again.
    clip = with_encode(clip, result, encoded.output(found.identity, sha256))
    job.record(replaced(job.progress, attrs.evolve(clip, state=ClipState.PENDING)))
    # Power fails here: the recorded output is not there, and the clip is encoded again.
    entry = job.storage.publish(temporary, target=target)
    job.made.add(target)
    job.check_time(clip, entry.identity)
    # Power fails here: the output is the recorded one, and the job goes on from there.
    return attrs.evolve(clip, output=encoded.output(entry.identity, sha256))


def _sweep(loop: EncodeLoop) -> None:
    """Remove the temporary files of encodes that failed, were stopped, or were not accepted."""
    for clip in loop.job.progress.clips:
        leftover = loop.job.storage.entry(_temporary(loop.job, clip))
        if leftover is not None:
            loop.job.discard(leftover)


def _rate_text(rate: TargetBitrate | ConstantQuality) -> str:
    if isinstance(rate, TargetBitrate):
        return f"{rate.video_kbps} kbit/s"
    return f"CRF {rate.crf_quarters / 4:g}"
