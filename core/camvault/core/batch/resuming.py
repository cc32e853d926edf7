"""Pure: what a progress file means: whether it may be resumed, what of it is still true, what is left to do.

INV-4: a clip is done only after its output is durable. INV-2: a done output that is not the recorded file any more is
not trusted, and is made again as long as its original is there.
"""

from collections.abc import Collection, Mapping
from pathlib import PurePath

import attrs

from camvault.core.capacity.allocation import settled
from camvault.core.capacity.encoding import Batch, Clip, Complexity, Constant, Encoded, Result, Sample, Sampled
from camvault.core.batch.names import clip_names
from camvault.core.batch.plan import GivenClip
from camvault.core.retention.removals import Proven
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.media import TargetBitrate
from camvault.ports.progress import (
    Allocation,
    ClipRecord,
    ClipState,
    EncodeRecord,
    Mode,
    OutputRecord,
    Progress,
    SampleRecord,
)
from camvault.ports.removal import Proof


@attrs.frozen(kw_only=True)
class Expected:
    """What the user gave beside `--resume`; None: not given, the progress file decides."""

    disc_bytes: int | None = None
    safety_bytes: int | None = None
    allocation: Allocation | None = None
    preset: int | None = None


@attrs.frozen
class Made:
    """An output that another tool recorded as done, and that holds what its original holds."""

    record: OutputRecord
    duration_s: float = 0.0


@attrs.frozen(kw_only=True)
class Rechecked:
    """A progress file compared with the world.

    Attributes:
        progress: What is true now.
        redone: Clips that were done and are not any more: key and why.
        leftovers: Files that stand where outputs of pending clips go; each holds what its original holds.
        strangers: What else stands there: nothing proves whose it is.
        problems: Why the job cannot go on.
        warnings: What the user should know.
    """

    progress: Progress
    redone: tuple[tuple[str, str], ...] = ()
    leftovers: tuple[FileEntry, ...] = ()
    strangers: tuple[FileEntry, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def contradictions(progress: Progress, expected: Expected) -> tuple[str, ...]:
    """Where the command line and the progress file do not say the same."""
    pairs = (
        ("disc-bytes", expected.disc_bytes, progress.disc_bytes),
        ("safety-bytes", expected.safety_bytes, progress.safety_bytes),
        ("allocation", expected.allocation, progress.options.allocation),
        ("preset", expected.preset, progress.options.preset),
    )
    return tuple(
        f"--{flag} is {given} on the command line and {stored} in the file"
        for flag, given, stored in pairs
        if given is not None and given != stored
    )


def described(progress: Progress, *, sources_in: PurePath) -> Progress:
    """The progress with a source and an output name for every clip: one of the plain format has only names.

    A name of the plain format is taken relative to `sources_in`, the folder in which the command was started, just as
    the shell handed it over.
    """
    names = clip_names([PurePath(clip.key).name for clip in progress.clips], mode=progress.mode)
    clips = [
        clip if clip.source else attrs.evolve(clip, source=sources_in / clip.key, output_name=name.output)
        for clip, name in zip(progress.clips, names, strict=True)
    ]
    return attrs.evolve(progress, clips=tuple(clips))


def adopted(clip: ClipRecord, found: GivenClip, made: Made | None, *, kbps: int | None) -> ClipRecord:
    """A clip of the plain format with all that is known of it now; done only if its output was compared (`made`)."""
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
    progress: Progress,
    *,
    outputs: Mapping[str, FileEntry | None],
    originals: Mapping[str, FileEntry | None],
    copied: Collection[str] = (),
) -> Rechecked:
    """What of a described progress is still true; `outputs` and `originals` hold what was found for each key.

    `copied` are the keys whose output was compared with the original, and is equal.

    What has to be made needs its original, unchanged. What is done does not: it is kept, whatever became of that.
    """
    clips: list[ClipRecord] = []
    redone: list[tuple[str, str]] = []
    leftovers: list[FileEntry] = []
    strangers: list[FileEntry] = []
    problems: list[str] = []
    for clip in progress.clips:
        found = outputs[clip.key]
        doubt = _doubt(clip, found)
        if doubt is None and clip.output is not None:
            clips.append(clip)
            continue
        if clip.state is ClipState.DONE and doubt is not None:
            redone.append((clip.key, doubt))
        clips.append(pending(clip))
        problem = _original_problem(clip, originals[clip.key]) or _length_problem(clip, progress.mode)
        if problem is not None:
            problems.append(f"{clip.source}: {problem}")
        elif found is not None:
            (leftovers if clip.key in copied else strangers).append(found)
    return Rechecked(
        progress=attrs.evolve(progress, clips=tuple(clips)),
        redone=tuple(redone),
        leftovers=tuple(leftovers),
        strangers=tuple(strangers),
        problems=tuple(problems),
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


def _length_problem(clip: ClipRecord, mode: Mode) -> str | None:
    return "not a media file" if mode is Mode.ENCODE and clip.duration_s <= 0 else None


# --- one clip forward or back ----------------------------------------------------------------------------------------


def pending(clip: ClipRecord) -> ClipRecord:
    """The clip with its output still to be made. What was sampled stays true."""
    return attrs.evolve(clip, state=ClipState.PENDING, output=None, encodes=())


def done(clip: ClipRecord, output: OutputRecord) -> ClipRecord:
    """The clip with its output made."""
    return attrs.evolve(clip, state=ClipState.DONE, output=output)


def replaced(progress: Progress, *clips: ClipRecord) -> Progress:
    """The progress with these clips in the place of those of the same keys."""
    new = {clip.key: clip for clip in clips}
    return attrs.evolve(progress, clips=tuple(new.get(clip.key, clip) for clip in progress.clips))


def proofs_of(clip: ClipRecord, *, where: str) -> Mapping[PurePath, Proven]:
    """That the original, as it was when the job was planned, is in its output, which was read back at `where`."""
    if clip.source is None or clip.source_identity is None or clip.output is None or clip.output.doubt:
        return {}
    return {clip.source: Proven(clip.source_identity, Proof(where, clip.output.sha256))}


# --- to and from the words of allocation -----------------------------------------------------------------------------


def batch_of(progress: Progress) -> Batch:
    """The whole job as allocation sees it; for mode ENCODE."""
    options = progress.options
    policy: Constant | Complexity = Constant(progress.kbps or 1)
    if options.allocation is Allocation.COMPLEXITY:
        policy = Complexity(crf_step_quarters=options.crf_step_quarters)
    return Batch(
        clips=tuple(
            Clip(
                clip.key,
                duration_s=clip.duration_s,
                size_bytes=_size(clip.source_identity),
                has_audio=clip.has_audio,
            )
            for clip in progress.clips
        ),
        limit_bytes=progress.usable_bytes,
        policy=policy,
        preset=options.preset,
        audio_kbps=options.audio_kbps,
        thread_count=options.thread_count,
    )


def sources_bytes(progress: Progress) -> int | None:
    """What the originals take together; None where the file does not say it of all of them."""
    sizes = [clip.source_identity.size_bytes for clip in progress.clips if clip.source_identity]
    return sum(sizes) if len(sizes) == len(progress.clips) else None


def _size(identity: FileIdentity | None) -> int:
    return identity.size_bytes if identity else 0


def results_of(progress: Progress) -> list[Result]:
    """What sampling and encoding gave so far, clip by clip."""
    results: list[Result] = []
    for clip in progress.clips:
        for s in clip.samples:
            sample = Sample(clip.key, start_s=s.start_s, length_s=s.length_s, crf_quarters=s.crf_quarters)
            results.append(Sampled(sample, s.size_bytes))
        results += [Encoded(clip.key, e.rate, e.size_bytes, is_accepted=e.is_accepted) for e in clip.encodes]
    return results


def with_sample(clip: ClipRecord, result: Sampled) -> ClipRecord:
    """The clip with one more sample."""
    sample = result.sample
    record = SampleRecord(sample.start_s, sample.length_s, sample.crf_quarters, result.size_bytes)
    return attrs.evolve(clip, samples=(*clip.samples, record))


def with_encode(clip: ClipRecord, result: Encoded, output: OutputRecord | None) -> ClipRecord:
    """The clip with one more encode, and the output that it became (None: the one before stands)."""
    record = EncodeRecord(result.rate, result.size_bytes, result.is_accepted)
    return attrs.evolve(clip, encodes=(*clip.encodes, record), output=output or clip.output)


def with_settled(progress: Progress) -> Progress:
    """The progress with every clip marked done whose output is final; once done, a clip stays it."""
    final = settled(batch_of(progress), results_of(progress))
    return replaced(
        progress,
        *(attrs.evolve(c, state=ClipState.DONE) for c in progress.clips if c.key in final and c.output is not None),
    )
