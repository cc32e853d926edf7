"""Pure: what a batch of clips becomes: copy or encode, at which rate, under which names, or why nothing of it is done.

All that is wrong is found at once, before any work. A clip that is no media file is copied as it is when copying is
what is done (a camera that lost power leaves such files, and they are footage too); it cannot be encoded.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import PurePath

import attrs

from camvault.core.capacity.budget import Budget, TooLong, choose_mode, plan_rate
from camvault.core.batch.names import PROGRESS_NAME, clip_names, is_reserved
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import CamvaultError
from camvault.ports.media import MediaInfo
from camvault.ports.progress import Allocation, ClipRecord, ClipState, EncodeOptions, Mode, Progress

SPARE_BYTES = 1_000_000_000
"""The specification's room beside the input: working files and logs."""

_GB = 1_000_000_000


@attrs.frozen(kw_only=True)
class PrepareRequest:
    """What the user asks for. Paths are absolute.

    Attributes:
        build_dir: Where the outputs go.
        sources: The clips, in the order in which they are worked on.
        budget: What they must fit.
        options: How to encode, if need be.
        min_kbps: The lowest video bitrate worth producing.
        log_file: The log of this run, if it has one: it may lie in the build directory.
    """

    build_dir: PurePath
    sources: tuple[PurePath, ...]
    budget: Budget = attrs.field(factory=Budget)
    options: EncodeOptions = attrs.field(factory=EncodeOptions)
    min_kbps: int = 150
    log_file: PurePath | None = None


@attrs.frozen(kw_only=True)
class GivenClip:
    """One clip as it was found.

    Attributes:
        source: As it was given, absolute.
        resolved: With every link followed.
        entry: What stands at `resolved`; None if nothing does.
        info: What the file says of itself; None if it is no media file.
        problem: Why it cannot be read at all, in the system's words.
        media_problem: Why it is no media file.
    """

    source: PurePath
    resolved: PurePath
    entry: FileEntry | None = None
    info: MediaInfo | None = None
    problem: str = ""
    media_problem: str = ""


@attrs.frozen(kw_only=True)
class PreparePlan:
    """What will be done. Printing it is the dry run; carrying it out is `camvault.core.workflows.bodycam.prepare`.

    Attributes:
        build_dir: Where the outputs go.
        progress_file: Where the progress is kept.
        progress: The job as it stands before the work.
        total_bytes: Size of all clips.
        total_s: Length of all clips, as far as it is known.
        is_resumed: Whether an earlier run's progress is continued.
        is_completed: Whether that run finished the job, so that only proofs are left to be taken.
        warnings: What the user should know.
        leftovers: Files of earlier runs of ours that are in the way.
        strangers: What is in the way and may be somebody's: it gets another name.
        redone: Clips that were done and are not any more: key and why.
        planned_from: The progress file as it stood when this was planned; None if there was none.
    """

    build_dir: PurePath
    progress_file: PurePath
    progress: Progress
    total_bytes: int
    total_s: float
    is_resumed: bool = False
    is_completed: bool = False
    warnings: tuple[str, ...] = ()
    leftovers: tuple[FileEntry, ...] = ()
    strangers: tuple[FileEntry, ...] = ()
    redone: tuple[tuple[str, str], ...] = ()
    planned_from: FileEntry | None = None

    @property
    def mode(self) -> Mode:
        """Copy or encode."""
        return self.progress.mode

    def summary(self) -> str:
        """The plan in one sentence."""
        clips = f"{len(self.progress.clips):,} clips, {gigabytes(self.total_bytes)}"
        usable = gigabytes(self.progress.usable_bytes)
        if self.mode is Mode.COPY:
            return f"{clips}: fits {usable}, so copy"
        how = f"so encode to AV1 at {self.progress.kbps:,} kbit/s"
        if self.progress.options.allocation is Allocation.COMPLEXITY:
            how += " on average, more where the picture needs it"
        return f"{clips}, {hours(self.total_s)}: more than {usable}, {how}"


@attrs.frozen
class Refusal:
    """Why nothing is done; every problem is a sentence."""

    problems: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(self.problems)


@attrs.define(str=False)
class OutputsTooBigError(CamvaultError):
    """Everything is prepared, and it is still too big. Outputs, originals and progress are kept."""

    total_bytes: int
    usable_bytes: int
    disc_count: int | None

    def __str__(self) -> str:
        found = f"The outputs take {self.total_bytes:,} bytes, {self.usable_bytes:,} are usable"
        if self.disc_count is None:
            return f"{found}; one output alone is too big for such a disc"
        return f"{found}; they would need {self.disc_count} such discs"


def gigabytes(size_bytes: int) -> str:
    """A size for people: "50 GB", "31.2 GB", "640 MB", "980 bytes"."""
    for unit, name in ((_GB, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if size_bytes >= unit:
            return f"{size_bytes / unit:.4g} {name}"
    return f"{size_bytes} bytes"


def hours(seconds: float) -> str:
    """A length for people: "5 h 12 min", "3 min 20 s"."""
    whole = round(seconds)
    if whole >= 3600:  # noqa: PLR2004 - an hour
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"  # noqa: PLR2004 - a minute


def needed_bytes(clips: Sequence[ClipRecord]) -> int:
    """The free space that the specification asks for before the pending ones of `clips` are worked on."""
    pending = (clip for clip in clips if clip.state is ClipState.PENDING)
    return SPARE_BYTES + sum(clip.source_identity.size_bytes for clip in pending if clip.source_identity)


def totals(clips: Sequence[ClipRecord]) -> tuple[int, float]:
    """Size and length of all originals, as far as they are known."""
    size_bytes = sum(clip.source_identity.size_bytes for clip in clips if clip.source_identity)
    return size_bytes, math.fsum(clip.duration_s for clip in clips)


def lengths_agree(one_s: float, other_s: float) -> bool:
    """Whether two files can be the same footage: at most half a second or 1 % apart."""
    return abs(one_s - other_s) <= max(0.5, 0.01 * max(one_s, other_s))


def plan_batch(request: PrepareRequest, given: Sequence[GivenClip]) -> PreparePlan | Refusal:
    """Copy or encode, at which rate, under which names; or everything that speaks against it."""
    clips, warnings = _without_repeats(given)
    problems = [f"{clip.source}: {problem}" for clip in clips for problem in _problems(clip, request.build_dir)]
    if problems or not clips:
        return Refusal(tuple(problems or ["no input files"]))
    total_bytes = sum(clip.entry.identity.size_bytes for clip in clips if clip.entry)
    mode = choose_mode(total_bytes=total_bytes, limit_bytes=request.budget.usable_bytes)
    unreadable = [f"{clip.source}: {problem}" for clip in clips for problem in _media_problems(clip)]
    if unreadable and mode is Mode.ENCODE:
        return Refusal(tuple(unreadable))
    kbps = _rate(request, clips) if mode is Mode.ENCODE else None
    if isinstance(kbps, TooLong):
        return Refusal((str(kbps),))
    records, renamed = _records(clips, mode)
    return PreparePlan(
        build_dir=request.build_dir,
        progress_file=request.build_dir / PROGRESS_NAME,
        progress=Progress(
            disc_bytes=request.budget.disc_bytes,
            safety_bytes=request.budget.safety_bytes,
            mode=mode,
            kbps=kbps,
            clips=records,
            options=request.options,
        ),
        total_bytes=total_bytes,
        total_s=totals(records)[1],
        warnings=(*warnings, *(f"{problem}; it is copied as it is" for problem in unreadable), *renamed),
    )


def _without_repeats(given: Sequence[GivenClip]) -> tuple[list[GivenClip], list[str]]:
    first: dict[PurePath, GivenClip] = {}
    warnings = []
    for clip in given:
        if first.setdefault(clip.resolved, clip) is not clip:
            warnings.append(f"{clip.source} is the same file as {first[clip.resolved].source} and is taken once")
    return list(first.values()), warnings


def _problems(clip: GivenClip, build_dir: PurePath) -> Iterator[str]:
    if clip.resolved.is_relative_to(build_dir) or clip.source.is_relative_to(build_dir):
        yield "lies in the build directory, where outputs go"
    if is_reserved(clip.source.name):
        yield "camvault keeps names like this for its own files, please rename it"
    if clip.problem:
        yield clip.problem
    elif clip.entry is None:
        yield "No such file"
    elif clip.entry.kind is FileKind.FOLDER:
        yield "is a directory"
    elif clip.entry.kind is not FileKind.FILE:
        yield "is not a regular file"
    elif clip.entry.identity.size_bytes == 0:
        yield "is empty"


def _media_problems(clip: GivenClip) -> Iterator[str]:
    if clip.info is None:
        yield clip.media_problem or "not a media file"
    elif not clip.info.has_video:
        yield "has no picture"


def _rate(request: PrepareRequest, clips: Sequence[GivenClip]) -> int | TooLong:
    planned = plan_rate(
        [clip.info.duration_s for clip in clips if clip.info],
        limit_bytes=request.budget.usable_bytes,
        min_kbps=request.min_kbps,
        audio_kbps=request.options.audio_kbps,
    )
    return planned if isinstance(planned, TooLong) else planned.video_kbps


def _records(clips: Sequence[GivenClip], mode: Mode) -> tuple[tuple[ClipRecord, ...], list[str]]:
    names = clip_names([clip.source.name for clip in clips], mode=mode)
    records = tuple(
        ClipRecord(
            key=name.key,
            source=clip.source,
            source_identity=clip.entry.identity if clip.entry else None,
            duration_s=clip.info.duration_s if clip.info else 0.0,
            has_audio=clip.info.has_audio if clip.info else True,
            output_name=name.output,
        )
        for clip, name in zip(clips, names, strict=True)
    )
    taken = "another clip has its name (letter case does not count)"
    renamed = [f"{r.source} becomes {r.output_name}: {taken}" for r in records if r.source and r.key != r.source.name]
    return records, renamed
