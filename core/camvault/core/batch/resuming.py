"""Pure: resuming a progress file: whether that is allowed, which records are still true, which clips are left.

A clip is done only after its output is durable (INV-4). A done output that is not the recorded file any more is not
trusted, and is made again as long as its original is there (INV-2).
"""

from collections.abc import Collection, Mapping
from pathlib import PurePath

import attrs

from camvault.core.batch.given_clips import GivenClip
from camvault.core.batch.names import clip_names
from camvault.core.batch.uncoded import reserved_bytes
from camvault.core.capacity.allocation import settled
from camvault.core.capacity.allocation_values import (
    ComplexityRate,
    ConstantRate,
    EncodeBatch,
    EncodeClip,
    Encoded,
    EncodeResult,
    EncodeSample,
    Sampled,
)
from camvault.ports.batch_record import BatchRecord, ClipRecord, ClipState, Coding, Mode, OutputRecord
from camvault.ports.encoding import Allocation, EncodeRecord, RateSearch, SampleRecord
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.errors import RecordError
from camvault.ports.media import TargetBitrate


@attrs.define(str=False)
class ContradictedError(RecordError):
    """The flags contradict the progress file; without them the job can be resumed."""


@attrs.frozen(kw_only=True)
class ResumeWishes:
    """The flags that the user gave beside `--resume`; None for one that was not given: the progress file decides."""

    disc_bytes: int | None = None
    safety_bytes: int | None = None
    allocation: Allocation | None = None
    preset: int | None = None
    min_kbps: int | None = None


@attrs.frozen
class MadeOutput:
    """An output that another tool recorded as done, and that holds what its original holds."""

    record: OutputRecord
    duration_s: float = 0.0


@attrs.frozen(kw_only=True)
class RecheckedBatch:
    """A progress file compared with the outputs and originals that are there.

    Attributes:
        progress: The progress as it is now.
        redone: Clips that were done and must be made again: key and reason.
        replaced: Files that stand where outputs of pending clips go; each has the content of its original.
        foreign: Other files that stand there; nothing proves that camvault made them.
        warnings: Why clips that are still to be made cannot be made; the others can.
    """

    progress: BatchRecord
    redone: tuple[tuple[str, str], ...] = ()
    replaced: tuple[FileEntry, ...] = ()
    foreign: tuple[FileEntry, ...] = ()
    warnings: tuple[str, ...] = ()


def contradictions(progress: BatchRecord, expected: ResumeWishes) -> tuple[str, ...]:
    """The flags in which the command line and the progress file differ, one sentence each."""
    pairs = (
        ("disc-bytes", expected.disc_bytes, progress.disc_bytes),
        ("safety-bytes", expected.safety_bytes, progress.safety_bytes),
        ("allocation", expected.allocation, progress.options.allocation),
        ("preset", expected.preset, progress.options.preset),
        ("min-kbps", expected.min_kbps, progress.options.min_kbps),
    )
    return tuple(
        f"--{flag} is {given} on the command line and {stored} in the file"
        for flag, given, stored in pairs
        if given is not None and given != stored
    )


def described(progress: BatchRecord, *, sources_in: PurePath) -> BatchRecord:
    """The progress with a source and an output name for every clip; the plain format has only the clips' names.

    A name of the plain format is relative to `sources_in`, the folder in which the command was started.
    """
    names = clip_names([PurePath(clip.key).name for clip in progress.clips], mode=progress.mode)
    clips = [
        clip if clip.source else attrs.evolve(clip, source=sources_in / clip.key, output_name=name.output)
        for clip, name in zip(progress.clips, names, strict=True)
    ]
    return attrs.evolve(progress, clips=tuple(clips))


def with_findings(clip: ClipRecord, found: GivenClip, made: MadeOutput | None, *, kbps: int | None) -> ClipRecord:
    """A clip of the plain format with what was found of its original and its output.

    `made` is the output that was compared with the original; None if there is none, or if it differs.
    """
    length_s = found.info.duration_s if found.info else 0.0
    known = attrs.evolve(
        clip,
        source_identity=found.entry.identity if found.entry else None,
        duration_s=length_s or (made.duration_s if made else 0.0),
        has_audio=found.info.has_audio if found.info else True,
    )
    if made is None:
        return known
    rate = TargetBitrate(kbps) if kbps else None
    encodes = (EncodeRecord(rate, made.record.identity.size_bytes),) if rate else ()
    return attrs.evolve(known, output=made.record, encodes=encodes)


def recheck(
    progress: BatchRecord,
    *,
    outputs: Mapping[str, FileEntry | None],
    originals: Mapping[str, FileEntry | None],
    copied: Collection[str] = (),
) -> RecheckedBatch:
    """Compare a described progress with what was found; `outputs` and `originals` hold that for each key.

    `copied` are the keys of clips whose output was compared with the original and is equal. A clip that must be made
    needs its original, unchanged. A clip that is done does not, and its output is kept even if the original is gone.
    """
    clips: list[ClipRecord] = []
    redone: list[tuple[str, str]] = []
    replaced: list[FileEntry] = []
    foreign: list[FileEntry] = []
    warnings: list[str] = []
    for clip in progress.clips:
        found = outputs[clip.key]
        doubt = _doubt(clip, found)
        if clip.left_out or (doubt is None and clip.output is not None):
            clips.append(clip)
            continue
        if clip.state is ClipState.DONE and doubt is not None:
            redone.append((clip.key, doubt))
        clips.append(_without_length_copied(pending(clip), progress.mode))
        problem = _original_problem(clip, originals[clip.key])
        if problem is not None:
            warnings.append(f"{clip.source}: {problem}")
        elif found is not None:
            (replaced if clip.key in copied else foreign).append(found)
    return RecheckedBatch(
        progress=attrs.evolve(progress, clips=tuple(clips)),
        redone=tuple(redone),
        replaced=tuple(replaced),
        foreign=tuple(foreign),
        warnings=tuple(warnings),
    )


def _doubt(clip: ClipRecord, found: FileEntry | None) -> str | None:
    """Why the recorded output cannot be trusted; None if it can, or if none was recorded."""
    if clip.output is None:
        return "its output was not recorded" if clip.state is ClipState.DONE else None
    if found is None:
        return "its output is missing"
    if found.kind is not FileKind.FILE or found.identity != clip.output.identity:
        return "its output was changed"
    return None


def _original_problem(clip: ClipRecord, found: FileEntry | None) -> str | None:
    if found is None:
        return "No such file"
    if found.kind is not FileKind.FILE:
        return "is not a regular file"
    if found.identity != clip.source_identity:
        return "was changed since the job was planned; start again without --resume"
    return None


def _without_length_copied(clip: ClipRecord, mode: Mode) -> ClipRecord:
    """A clip of a job that encodes is copied if nobody knows its length: it is no clip, or cannot be read as one."""
    if mode is Mode.COPY or clip.coding is not Coding.BY_MODE or clip.duration_s > 0:
        return clip
    return attrs.evolve(clip, coding=Coding.IF_ROOM, output_name=clip.key)


# --- one clip forward or back ----------------------------------------------------------------------------------------


def pending(clip: ClipRecord) -> ClipRecord:
    """The clip with its output still to be made. Its samples stay: they depend on the original alone."""
    return attrs.evolve(clip, state=ClipState.PENDING, output=None, encodes=())


def done(clip: ClipRecord, output: OutputRecord) -> ClipRecord:
    """The clip with its output made."""
    return attrs.evolve(clip, state=ClipState.DONE, output=output)


def replaced(progress: BatchRecord, *clips: ClipRecord) -> BatchRecord:
    """The progress with these clips in the place of those of the same keys."""
    found = {clip.key: clip for clip in progress.clips}
    found.update((clip.key, clip) for clip in clips)
    return attrs.evolve(progress, clips=tuple(found.values()))


# --- to and from the values of allocation ----------------------------------------------------------------------------


def batch_of(progress: BatchRecord, *, without: Collection[str] = (), set_apart_bytes: int = 0) -> EncodeBatch | None:
    """The clips that are encoded, as the allocation of bits needs them; None if there are none.

    `without` are keys of clips that are encoded no more: what they have stays. `set_apart_bytes` are taken off the room
    for such as will be copied as they are. Only for a job that encodes.
    """
    options = progress.options
    policy: ConstantRate | ComplexityRate = _constant_rate(progress, without)
    if options.allocation is Allocation.COMPLEXITY:
        policy = ComplexityRate(crf_step_quarters=options.crf_step_quarters, measure=options.measure)
    clips = [clip for clip in progress.clips if _is_encoded(clip, without)]
    if not clips:
        return None
    return EncodeBatch(
        clips=tuple(
            EncodeClip(
                clip.key,
                duration_s=clip.duration_s,
                size_bytes=_size(clip.source_identity),
                has_audio=clip.has_audio,
                extra_bytes=clip.extra_bytes,
            )
            for clip in clips
        ),
        limit_bytes=max(0, progress.usable_bytes - reserved_bytes(progress.clips, without=without) - set_apart_bytes),
        policy=policy,
        preset=options.preset,
        audio_kbps=options.audio_kbps,
        thread_count=options.thread_count,
        min_kbps=options.min_kbps,
    )


def _constant_rate(progress: BatchRecord, without: Collection[str]) -> ConstantRate:
    """The one rate. What is not encoded and may be copied at the end is worth more than bits that fill its room."""
    search = progress.options.rate_search
    is_copying = any(clip.coding is Coding.IF_ROOM and clip.output is None for clip in progress.clips)
    is_filling = search is not RateSearch.NONE and not without and not is_copying
    return ConstantRate(progress.kbps or 1, is_open=search is RateSearch.OPEN, is_filling=is_filling)


def _size(identity: FileIdentity | None) -> int:
    return identity.size_bytes if identity else 0


def _is_encoded(clip: ClipRecord, without: Collection[str]) -> bool:
    return clip.coding is Coding.BY_MODE and clip.key not in without and not clip.left_out


def results_of(progress: BatchRecord, *, without: Collection[str] = ()) -> list[EncodeResult]:
    """The results of all samples and encodes so far, clip by clip, of the clips that `batch_of` has."""
    results: list[EncodeResult] = []
    for clip in progress.clips:
        if not _is_encoded(clip, without):
            continue
        for s in clip.samples:
            sample = EncodeSample(clip.key, start_s=s.start_s, length_s=s.length_s, rate=s.rate)
            results.append(Sampled(sample, s.size_bytes, s.quality))
        results += [Encoded(clip.key, e.rate, e.size_bytes, is_accepted=e.is_accepted) for e in clip.encodes]
    return results


def with_sample(clip: ClipRecord, result: Sampled) -> ClipRecord:
    """The clip with one more sample."""
    sample = result.sample
    record = SampleRecord(sample.start_s, sample.length_s, sample.rate, result.size_bytes, result.quality)
    return attrs.evolve(clip, samples=(*clip.samples, record))


def with_encode(clip: ClipRecord, result: Encoded, output: OutputRecord | None) -> ClipRecord:
    """The clip with one more encode, and the output that it became (None: the output before it stays)."""
    record = EncodeRecord(result.rate, result.size_bytes, result.is_accepted)
    return attrs.evolve(clip, encodes=(*clip.encodes, record), output=output or clip.output)


def with_settled(progress: BatchRecord, *, without: Collection[str] = ()) -> BatchRecord:
    """The progress with every clip done whose output is final; a clip that is done stays done.

    Final is also the output of a clip that is encoded no more.
    """
    batch = batch_of(progress, without=without)
    final = {*without, *(settled(batch, results_of(progress, without=without)) if batch else ())}
    return replaced(
        progress,
        *(attrs.evolve(c, state=ClipState.DONE) for c in progress.clips if c.key in final and c.output is not None),
    )
