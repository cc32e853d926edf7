"""Workflow, private part: every output is read back and compared with its record, and their sum must fit."""

from pathlib import PurePath

from camvault.core.batch.plan import OutputsTooBigError
from camvault.core.batch.resuming import pending, replaced
from camvault.core.capacity.budget import kept_free_bytes
from camvault.core.capacity.media import discs_needed, smallest_disc
from camvault.core.workflows.bodycam.prepare.events import NotReadFromMedium, OutputsVerified
from camvault.core.workflows.bodycam.prepare.job import PrepareJob
from camvault.core.workflows.steps.meter import BatchMeter
from camvault.ports.batch_record import ClipRecord, ClipState, Coding, Mode
from camvault.ports.errors import MediaError, MismatchError
from camvault.ports.witness import ReadFrom


def prove_all(job: PrepareJob) -> int:
    """Read every output back; return the size of all together, in bytes.

    Raises:
        MismatchError: An output is not as recorded. Its clip is pending again, unless the job was completed before.
        OutputsTooBigError: The outputs do not fit.
    """
    clips = [clip for clip in job.progress.clips if clip.state is ClipState.DONE]
    meter = job.meter("verify", sum(clip.output.identity.size_bytes for clip in clips if clip.output))
    sources: set[ReadFrom] = set()
    doubts = {clip.key: doubt for clip in clips if (doubt := _doubt(job, clip, meter, sources)) is not None}
    if doubts:
        if not job.plan.is_completed:
            job.record(replaced(job.progress, *(pending(clip) for clip in clips if clip.key in doubts)))
        words = "; ".join(f"{key} {doubt}" for key, doubt in doubts.items())
        raise MismatchError(str(job.plan.build_dir), f"{words}; run again with --resume")
    meter.finish()
    sizes = [clip.output.identity.size_bytes for clip in clips if clip.output]
    usable_bytes = job.progress.usable_bytes
    is_finished = job.is_keeping_going or not job.left_out  # otherwise a resume encodes the rest, and fits all of it in
    if sum(sizes) > usable_bytes and is_finished:
        kept_free = kept_free_bytes(job.progress.safety_bytes, clip_count=len(sizes))
        raise OutputsTooBigError(
            sum(sizes),
            usable_bytes,
            disc_count=discs_needed(sizes, limit_bytes=usable_bytes),
            larger_disc=smallest_disc(sum(sizes) + kept_free),
        )
    job.reporter.emit(OutputsVerified(len(sizes), sum(sizes), usable_bytes))
    for source in sorted(sources - {ReadFrom.MEDIUM}, key=lambda each: each.value):
        job.reporter.emit(NotReadFromMedium(job.plan.build_dir, source))
    return sum(sizes)


def _doubt(job: PrepareJob, clip: ClipRecord, meter: BatchMeter, sources: set[ReadFrom]) -> str | None:
    """Why an output does not hold what it should; None if it does. Adds to `sources` where its bytes came from.

    A copy holds the original if its bytes have the digest that was taken while the original was read. An encode holds
    what its record says if its bytes are those that the encoder wrote: what of the original is in them was accounted
    for, and all of it decoded, before their digest was taken.
    """
    job.cancel.check()
    path = job.output(clip)
    entry = job.storage.entry(path)
    if clip.output is None or entry is None or entry.identity != clip.output.identity:
        return "is not the file that was made"
    read = job.storage.read_back(path, on_bytes=meter.adder(clip.key), cancel=job.cancel)
    sources.add(read.source)
    if read.sha256 != clip.output.sha256:
        return "has not the content that was written"
    is_encoded = job.plan.mode is Mode.ENCODE and clip.coding is Coding.BY_MODE
    return _footage_doubt(job, path) if is_encoded else None


def _footage_doubt(job: PrepareJob, path: PurePath) -> str | None:
    try:
        info = job.probe.probe(path)
    except MediaError as error:
        return f"cannot be played: {error.problem}"
    return None if info.has_video else "has no picture"
