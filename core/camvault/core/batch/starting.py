"""Pure: whether a new job may begin in a folder, and which files of earlier jobs are set aside before it begins.

A job may begin in a folder that is new or empty, carries the marker, or holds a progress file that can be read. An
output of an earlier job is set aside, and goes once its replacement is proven, only if it is the file that was
recorded, or equal to its original, and that original is still there as it was: once the originals were deleted, the
outputs may be the only copies.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePath

import attrs

from camvault.core.batch.build_dir import ASIDE_PREFIX, PROGRESS_NAMES
from camvault.core.batch.marker import BUILD_MARKER_NAME
from camvault.core.batch.names import COMPLETED_NAME, PROGRESS_NAME, is_temporary
from camvault.core.free_names import folded
from camvault.ports.batch_record import BatchRecord, ClipRecord
from camvault.ports.entries import FileEntry, FileKind


@attrs.frozen(kw_only=True)
class StartFacts:
    """What is known of the folder in which a job is to begin.

    Attributes:
        root: The folder.
        entries: Everything below it.
        log_file: The log of this run.
        is_marked: Whether the marker of camvault is in it.
        previous: The job that was done or begun there; None if there was none, or if its progress file is unreadable.
        originals: What stands where the clips of `previous` came from, by key.
        copied: Keys of `previous` that have no recorded output, but a file under its name that is equal to the original
            (for the plain format, which does not name originals: to the given clip of that key).
        aliases: Clips of this job that are files of the folder by another name, with what they are there.
    """

    root: PurePath
    entries: Sequence[FileEntry]
    log_file: PurePath | None = None
    is_marked: bool = False
    previous: BatchRecord | None = None
    originals: Mapping[str, FileEntry | None] = attrs.field(factory=dict)
    copied: Collection[str] = ()
    aliases: Mapping[PurePath, PurePath] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class StartPlan:
    """Which files are removed or set aside first, why the job may not begin, and what the user should know.

    `made_of` are the clips of the earlier job that those were made of which are set aside, by their paths.
    """

    leftovers: tuple[FileEntry, ...] = ()
    replaced: tuple[FileEntry, ...] = ()
    made_of: Mapping[PurePath, ClipRecord] = attrs.field(factory=dict)
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def plan_start(facts: StartFacts, *, progress: BatchRecord) -> StartPlan:
    """Decide whether the new job `progress` may begin in the folder."""
    top = {entry.path.name: entry for entry in facts.entries if entry.path.parent == facts.root}
    if not _is_allowed(facts):
        return StartPlan(problems=(f"{facts.root} is not empty and is no build directory of camvault",))
    wanted = {folded(clip.output_file) for clip in progress.clips}
    old = {clip.output_file: clip for clip in facts.previous.clips} if facts.previous else {}
    leftovers: list[FileEntry] = []
    replaced: list[FileEntry] = []
    made_of: dict[PurePath, ClipRecord] = {}
    problems = [
        f"{clip} is {output} by another name: a build directory holds copies, choose another one"
        for clip, output in facts.aliases.items()
    ]
    warnings = list(_restart_warnings(top))
    for entry in facts.entries:
        name = entry.path.name
        if _is_control(entry, facts.root):
            leftovers += [entry] if name == COMPLETED_NAME or is_temporary(name) else []
        elif entry.path.parent == facts.root and name in old:
            reason = _reason_to_keep(entry, old[name], facts.originals.get(old[name].key), copied=facts.copied)
            if reason is None:
                replaced.append(entry)
                made_of[entry.path] = old[name]
            else:
                problems.append(f"{entry.path} is of an earlier job and {reason}; choose another build directory")
        elif entry.path.parent == facts.root and folded(name) in wanted:
            problems.append(f"{entry.path} is in the way and was not made by camvault")
        elif entry.kind is not FileKind.FOLDER and not name.startswith(ASIDE_PREFIX):
            warnings.append(f"{entry.path} is not of this job and will be on the disc as well")
    return StartPlan(
        leftovers=tuple(leftovers),
        replaced=tuple(replaced),
        made_of=made_of,
        problems=tuple(problems),
        warnings=tuple(warnings),
    )


def _is_allowed(facts: StartFacts) -> bool:
    if facts.is_marked or facts.previous is not None:
        return True
    others = [entry for entry in facts.entries if entry.path != facts.log_file]
    return all(_is_control(entry, facts.root) and entry.path.name not in PROGRESS_NAMES for entry in others)


def _is_control(entry: FileEntry, root: PurePath) -> bool:
    """Whether this is a file that camvault keeps for itself: marker, progress file, unfinished file."""
    name = entry.path.name
    if entry.path.parent != root:
        return False
    if is_temporary(name):  # a link as well: removing it leaves its target
        return entry.kind is not FileKind.FOLDER
    return name in (BUILD_MARKER_NAME, *PROGRESS_NAMES) and entry.kind is FileKind.FILE


def _restart_warnings(top: Collection[str]) -> Iterator[str]:
    if PROGRESS_NAME in top:
        yield "A progress file exists and --resume was not given: it is overwritten, processing restarts"
    if COMPLETED_NAME in top:
        yield "The finished job in this build directory is replaced"


def _reason_to_keep(
    entry: FileEntry, clip: ClipRecord, original: FileEntry | None, *, copied: Collection[str]
) -> str | None:
    if entry.kind is not FileKind.FILE:
        return "is not a regular file"
    if clip.source is None:  # the plain format has only the name
        return None if clip.key in copied else "nothing proves that its original is there"
    if original is None or original.kind is not FileKind.FILE or original.identity != clip.source_identity:
        return "its original is gone or was changed"
    if clip.output is None:
        return None if clip.key in copied else "nothing proves that camvault made it"
    return None if entry.identity == clip.output.identity else "was changed since it was made"
