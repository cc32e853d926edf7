"""Pure: the plan of a batch of clips: copy or encode, at which rate, under which names; or why the batch is refused.

All problems of what the user typed are found at once, before any work. A file that is no clip, or that cannot be read,
stops no other: a camera that lost power leaves such files, and photos and logs lie beside clips. It is copied as it is,
see `uncoded`.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import PurePath

import attrs

from camvault.core.batch.figures import gigabytes, hours
from camvault.core.batch.given_clips import GivenClip, outlook_of, problems_of, without_repeats
from camvault.core.batch.names import PROGRESS_NAME, clip_names
from camvault.core.batch.uncoded import admitted
from camvault.core.capacity.budget import Budget, choose_mode
from camvault.core.capacity.media import DiscKind
from camvault.core.capacity.rate import TooLong, plan_rate
from camvault.ports.batch_record import BatchRecord, ClipRecord, ClipState, Coding, Mode
from camvault.ports.encoding import Allocation, EncodeOptions, RateSearch
from camvault.ports.entries import FileEntry
from camvault.ports.errors import CamvaultError

LEAST_KBPS = 150
"""The lowest video bitrate worth producing, where nobody says another one."""
SPARE_BYTES = 1_000_000_000
"""The free space beside the size of the input that the specification asks for: working files and logs."""


@attrs.frozen(kw_only=True)
class PrepareRequest:
    """The job that the user asks for. Paths are absolute.

    Attributes:
        build_dir: Where the outputs go.
        sources: The clips, in the order in which they are worked on.
        budget: The capacity that the outputs must fit.
        options: The settings of the encoder, if clips are encoded.
        min_kbps: The lowest video bitrate worth producing.
        log_file: The log of this run; None if it has none. It may lie in the build directory.
    """

    build_dir: PurePath
    sources: tuple[PurePath, ...]
    budget: Budget = attrs.field(factory=Budget)
    options: EncodeOptions = attrs.field(factory=EncodeOptions)
    min_kbps: int = LEAST_KBPS
    log_file: PurePath | None = None


@attrs.frozen(kw_only=True)
class PreparePlan:
    """What the job will do. A dry run prints the plan; `workflows.bodycam.prepare` carries it out.

    Attributes:
        build_dir: Where the outputs go.
        progress_file: The file in which the progress is kept.
        progress: The progress before the work.
        total_bytes: Size of all clips.
        total_s: Length of all clips together, as far as it is known.
        is_resumed: Whether the job of an earlier run is continued.
        is_completed: Whether that run completed the job, so that outputs are proven and no clip is left to be made.
        warnings: What the user should know.
        leftovers: Unfinished files and records of earlier runs; they are removed.
        replaced: Outputs of earlier runs that stand in the way; they are set aside until their replacement is proven.
        made_of: The clips of the earlier job that these were made of, by their paths.
        foreign: Other files that stand in the way, which camvault may not have made; they are renamed.
        redone: Clips that were done and must be made again: key and reason.
        planned_from: The progress file as it stood when this was planned; None if there was none.
    """

    build_dir: PurePath
    progress_file: PurePath
    progress: BatchRecord
    total_bytes: int
    total_s: float
    is_resumed: bool = False
    is_completed: bool = False
    warnings: tuple[str, ...] = ()
    leftovers: tuple[FileEntry, ...] = ()
    replaced: tuple[FileEntry, ...] = ()
    made_of: Mapping[PurePath, ClipRecord] = attrs.field(factory=dict)
    foreign: tuple[FileEntry, ...] = ()
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
class BatchRefusal:
    """Why the batch is refused; every problem is a sentence."""

    problems: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(self.problems)


@attrs.define(str=False)
class OutputsTooBigError(CamvaultError):
    """All outputs are made, and together they are too big for the disc. Outputs, originals and progress are kept."""

    total_bytes: int
    usable_bytes: int
    disc_count: int | None
    larger_disc: DiscKind | None = None

    def __str__(self) -> str:
        found = f"The outputs take {self.total_bytes:,} bytes, {self.usable_bytes:,} are usable"
        if self.disc_count is None:
            larger = "" if self.larger_disc is None else f"; all would fit on one {self.larger_disc}"
            return f"{found}; one output alone is too big for such a disc{larger}"
        larger = "" if self.larger_disc is None else f", or one {self.larger_disc}"
        return f"{found}; they would need {self.disc_count} such discs{larger}"


def needed_bytes(clips: Sequence[ClipRecord]) -> int:
    """The free space, in bytes, that the specification asks for before the pending ones of `clips` are made."""
    pending = (clip for clip in clips if clip.state is ClipState.PENDING)
    return SPARE_BYTES + sum(clip.source_identity.size_bytes for clip in pending if clip.source_identity)


def totals(clips: Sequence[ClipRecord]) -> tuple[int, float]:
    """Size in bytes of all originals together, and length in seconds of those that are clips, as far as is known."""
    size_bytes = sum(clip.source_identity.size_bytes for clip in clips if clip.source_identity)
    return size_bytes, math.fsum(clip.duration_s for clip in clips if clip.coding is Coding.BY_MODE)


def lengths_agree(one_s: float, other_s: float) -> bool:
    """Whether two files can be the same footage: at most half a second or 1 % apart."""
    return abs(one_s - other_s) <= max(0.5, 0.01 * max(one_s, other_s))


def plan_batch(request: PrepareRequest, given: Sequence[GivenClip]) -> PreparePlan | BatchRefusal:
    """Plan to copy or encode, at which rate, under which names; or say every reason why the batch is refused."""
    clips, warnings = without_repeats(given)
    problems = [
        f"{clip.source}: {problem}" for clip in clips for problem in problems_of(clip, build_dir=request.build_dir)
    ]
    if all(clip.why_left_out for clip in clips):
        problems = problems or [f"{clip.source}: {clip.why_left_out}" for clip in clips]
    if problems or not clips:
        return BatchRefusal(tuple(problems or ["no input files"]))
    total_bytes = sum(clip.size_bytes for clip in clips)
    mode = choose_mode(total_bytes=total_bytes, limit_bytes=request.budget.usable_bytes)
    codings = _codings(request, clips) if mode is Mode.ENCODE else [Coding.BY_MODE] * len(clips)
    kbps = _rate(request, clips, codings) if mode is Mode.ENCODE else None
    if isinstance(kbps, TooLong):
        return BatchRefusal((str(kbps), *_most_of_it(clips, codings)))
    records, renamed = _records(clips, mode, codings, audio_kbps=request.options.audio_kbps)
    return PreparePlan(
        build_dir=request.build_dir,
        progress_file=request.build_dir / PROGRESS_NAME,
        progress=BatchRecord(
            disc_bytes=request.budget.disc_bytes,
            safety_bytes=request.budget.safety_bytes,
            mode=mode,
            kbps=kbps,
            clips=records,
            options=attrs.evolve(
                request.options,
                min_kbps=max(1, request.min_kbps),
                rate_search=_rate_search(mode, request.options),
            ),
        ),
        total_bytes=total_bytes,
        total_s=totals(records)[1],
        warnings=(*warnings, *outlook_of(clips, codings, mode=mode), *renamed),
    )


def _rate_search(mode: Mode, options: EncodeOptions) -> RateSearch:
    is_constant = mode is Mode.ENCODE and options.allocation is Allocation.CONSTANT
    return RateSearch.OPEN if is_constant else RateSearch.NONE


def _codings(request: PrepareRequest, clips: Sequence[GivenClip]) -> list[Coding]:
    """How each clip of a batch that is encoded becomes its output."""
    odd = [place for place, clip in enumerate(clips) if clip.why_not_encoded]
    small = {place for place, clip in enumerate(clips) if _is_small(clip, request)}
    least = sum(_bytes_at_least(clip, request) for clip in clips if not clip.why_not_encoded)
    sizes = [clips[place].size_bytes for place in odd]
    taken = {odd[place] for place in admitted(sizes, room_bytes=request.budget.usable_bytes - least)} | small
    by_place = {place: Coding.AS_IS if place in taken else Coding.IF_ROOM for place in (*odd, *small)}
    return [by_place.get(place, Coding.BY_MODE) for place in range(len(clips))]


def _is_small(clip: GivenClip, request: PrepareRequest) -> bool:
    """Whether a clip that can be encoded takes less as it is. Its length may be wrong: clocks step, headers lie."""
    return not clip.why_not_encoded and clip.size_bytes == _bytes_at_least(clip, request)


def _bytes_at_least(clip: GivenClip, request: PrepareRequest) -> int:
    """What the output of a clip that can be encoded takes, whichever way is the smaller one."""
    min_kbps, audio_kbps = max(1, request.min_kbps), request.options.audio_kbps
    return min(clip.size_bytes, clip.least_encode_bytes(min_kbps=min_kbps, audio_kbps=audio_kbps))


def _rate(request: PrepareRequest, clips: Sequence[GivenClip], codings: Sequence[Coding]) -> int | TooLong:
    pairs = list(zip(clips, codings, strict=True))
    copied = [clip for clip, coding in pairs if coding is Coding.AS_IS]
    encoded = [clip for clip, coding in pairs if coding is Coding.BY_MODE]
    odd_bytes = sum(clip.size_bytes for clip in copied if clip.why_not_encoded)
    extra_bytes = sum(clip.extra_bytes(audio_kbps=request.options.audio_kbps) for clip in encoded)
    planned = plan_rate(
        [clip.info.duration_s for clip in encoded if clip.info],
        limit_bytes=request.budget.usable_bytes - odd_bytes - extra_bytes,
        min_kbps=request.min_kbps,
        audio_kbps=request.options.audio_kbps,
        safety_bytes=request.budget.safety_bytes,
        copied_sizes=[clip.size_bytes for clip in copied if not clip.why_not_encoded],
    )
    return planned if isinstance(planned, TooLong) else planned.video_kbps


def _most_of_it(clips: Sequence[GivenClip], codings: Sequence[Coding]) -> list[str]:
    """Which clip of several is more than half of the footage that is to be encoded."""
    pairs = zip(clips, codings, strict=True)
    lengths = [(clip.info.duration_s, clip) for clip, coding in pairs if clip.info and coding is Coding.BY_MODE]
    total_s = math.fsum(length for length, _ in lengths)
    return [
        f"{clip.source} alone is said to be {hours(length)} long"
        for length, clip in lengths
        if len(lengths) > 1 and length > total_s / 2
    ]


def _records(
    clips: Sequence[GivenClip], mode: Mode, codings: Sequence[Coding], *, audio_kbps: int
) -> tuple[tuple[ClipRecord, ...], list[str]]:
    copied = [place for place, coding in enumerate(codings) if coding is not Coding.BY_MODE]
    names = clip_names([clip.source.name for clip in clips], mode=mode, copied=frozenset(copied))
    records = tuple(
        ClipRecord(
            key=name.key,
            source=clip.source,
            source_identity=clip.entry.identity if clip.entry and not clip.why_left_out else None,
            duration_s=clip.info.duration_s if clip.info else 0.0,
            has_audio=clip.info.has_audio if clip.info else True,
            extra_bytes=clip.extra_bytes(audio_kbps=audio_kbps) if mode is Mode.ENCODE else 0,
            coding=coding,
            output_name=name.output,
        )
        for clip, name, coding in zip(clips, names, codings, strict=True)
    )
    taken = "another clip has its name (letter case does not count)"
    renamed = [f"{r.source} becomes {r.output_name}: {taken}" for r in records if r.source and r.key != r.source.name]
    return records, renamed
