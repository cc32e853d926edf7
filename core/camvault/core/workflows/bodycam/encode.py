"""Workflow: encode a batch of clips in a closed loop.

`camvault.core.capacity.allocation` says what may be done next; here it is done, up to so many actions at once, and each result
is recorded. Workers only write temporary files; names and records change on the thread that runs the workflow, so that
a stop leaves nothing half done. When one action fails, the others are stopped and waited for: no program outlives us.
"""

from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import PurePath

import attrs

from camvault.core.capacity.allocation import Action, Batch, Encode, Encoded, Result, Sample, Sampled, judged, next_step
from camvault.core.batch.names import temporary_name
from camvault.core.batch.resuming import batch_of, replaced, results_of, with_encode, with_sample, with_settled
from camvault.core.workflows.bodycam._job import Bar, Job
from camvault.core.workflows.bodycam._stop import LinkedCancellation
from camvault.core.workflows.bodycam.events import ClipAgain, ClipDamaged, ClipEncoded
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileEntry
from camvault.ports.media import ConstantQuality, EncodeSettings, TargetBitrate
from camvault.ports.progress import ClipRecord, ClipState, OutputRecord


@attrs.frozen
class _Done:
    """What a worker gave: the size, and of an encode the original's digest and what could not be read of it."""

    size_bytes: int
    source_sha256: str | None = None
    damage: str = ""


@attrs.define(eq=False)
class _Loop:
    """The state of the loop: what is running, and what came of the rest."""

    job: Job
    batch: Batch
    results: list[Result]
    bar: Bar
    stop: LinkedCancellation
    running: dict[Future["_Done"], Action] = attrs.field(factory=dict)


def encode_all(job: Job) -> None:
    """Encode until the allocation is content; each output is recorded as soon as it stands."""
    batch = batch_of(job.progress)
    results = results_of(job.progress)
    bar = job.bar("encode", sum(clip.duration_s for clip in job.progress.clips), unit="s")
    loop = _Loop(job, batch, results, bar, LinkedCancellation(job.cancel))
    try:
        while _start(loop):
            _take(loop)
    finally:
        loop.stop.request()
        for future in loop.running:
            future.cancel()
        wait(loop.running)
        _sweep(loop)
    job.record(with_settled(job.progress))
    bar.finish()


def _start(loop: _Loop) -> bool:
    """Start what may be started; False when nothing runs and nothing is left."""
    for action in next_step(loop.batch, loop.results).actions:
        if len(loop.running) >= loop.job.job_count:
            break
        if action not in loop.running.values():
            loop.job.cancel.check()
            _announce(loop, action)
            loop.running[_submitted(loop, action)] = action
    return bool(loop.running)


def _announce(loop: _Loop, action: Action) -> None:
    clip = loop.job.progress.by_key()[action.key]
    if isinstance(action, Encode) and clip.encodes:
        loop.job.reporter.emit(ClipAgain(clip.key, f"{_words(action.settings.rate)}, {action.reason}"))
    else:
        loop.job.announce_clip(clip)


def _submitted(loop: _Loop, action: Action) -> "Future[_Done]":
    clip = loop.job.progress.by_key()[action.key]
    if isinstance(action, Sample):
        settings = loop.batch.settings(ConstantQuality(action.crf_quarters))
        return loop.job.executor.submit(_sampled, loop.job, clip, action, settings, loop.stop)
    return loop.job.executor.submit(_encoded, loop.job, clip, action.settings, loop.bar, loop.stop)


def _sampled(job: Job, clip: ClipRecord, sample: Sample, settings: EncodeSettings, cancel: Cancellation) -> _Done:
    cancel.check()
    source = job.unchanged_source(clip)
    size_bytes = job.encoder.sample(
        source, start_s=sample.start_s, length_s=sample.length_s, settings=settings, cancel=cancel
    )
    return _Done(size_bytes)


def _encoded(job: Job, clip: ClipRecord, settings: EncodeSettings, bar: Bar, cancel: Cancellation) -> _Done:
    cancel.check()
    source = job.unchanged_source(clip)
    source_sha256 = job.storage.digest(source, on_bytes=lambda _: None, cancel=cancel)
    in_the_way = job.storage.entry(_temporary(job, clip))
    if in_the_way is not None:
        job.discard(in_the_way)  # an encoder would write through a link, to whatever it points to
    encoded = job.encoder.encode(
        source, target=_temporary(job, clip), settings=settings, on_seconds=bar.setter(clip.key), cancel=cancel
    )
    job.unchanged_source(clip)  # what changed while it was read may be anything
    return _Done(encoded.size_bytes, source_sha256, encoded.damage)


def _temporary(job: Job, clip: ClipRecord) -> PurePath:
    output = job.output(clip)
    return output.with_name(temporary_name(output.name))


def _take(loop: _Loop) -> None:
    """Wait for something to end, and record what came of it."""
    ended = wait(loop.running, return_when=FIRST_COMPLETED).done
    for future in [future for future in loop.running if future in ended]:
        action = loop.running.pop(future)
        done = future.result()
        if isinstance(action, Sample):
            _record_sample(loop, Sampled(action, done.size_bytes))
        else:
            _record_encode(loop, judged(loop.batch, loop.results, action, size_bytes=done.size_bytes), done)


def _record_sample(loop: _Loop, result: Sampled) -> None:
    loop.results.append(result)
    clip = loop.job.progress.by_key()[result.sample.key]
    loop.job.record(replaced(loop.job.progress, with_sample(clip, result)))


def _record_encode(loop: _Loop, result: Encoded, encoded: _Done) -> None:
    job = loop.job
    clip = job.progress.by_key()[result.key]
    clip = _published(job, clip, result, encoded) if result.is_accepted else with_encode(clip, result, None)
    loop.results.append(result)
    job.record(with_settled(replaced(job.progress, clip)))
    original_bytes = clip.source_identity.size_bytes if clip.source_identity else 0
    job.reporter.emit(ClipEncoded(clip.key, _words(result.rate), result.size_bytes, original_bytes, result.is_accepted))
    if encoded.damage:
        job.reporter.emit(ClipDamaged(clip.key, encoded.damage))


def _published(job: Job, clip: ClipRecord, result: Encoded, encoded: _Done) -> ClipRecord:
    """The clip with its output under its name, which was recorded before: a file that no record names is never ours."""
    temporary, target = _temporary(job, clip), job.output(clip)
    if clip.output is not None:
        job.discard(FileEntry(target, clip.output.identity))
        # Power fails here: the recorded output is not there, and the clip is encoded again.
    sha256 = job.storage.digest(temporary, on_bytes=lambda _: None, cancel=job.cancel)
    found = job.storage.entry(temporary)
    assert found is not None  # noqa: S101 - it has just been read
    clip = with_encode(clip, result, OutputRecord(found.identity, sha256, encoded.source_sha256, encoded.damage))
    job.record(replaced(job.progress, attrs.evolve(clip, state=ClipState.PENDING)))
    # Power fails here: the same.
    entry = job.storage.publish(temporary, target=target)
    # Power fails here: the output is the recorded one, and the job goes on from there.
    return attrs.evolve(clip, output=OutputRecord(entry.identity, sha256, encoded.source_sha256, encoded.damage))


def _sweep(loop: _Loop) -> None:
    """Remove what failed, was stopped, or was not accepted."""
    for clip in loop.job.progress.clips:
        leftover = loop.job.storage.entry(_temporary(loop.job, clip))
        if leftover is not None:
            loop.job.discard(leftover)


def _words(rate: TargetBitrate | ConstantQuality) -> str:
    if isinstance(rate, TargetBitrate):
        return f"{rate.video_kbps} kbit/s"
    return f"CRF {rate.crf_quarters / 4:g}"
