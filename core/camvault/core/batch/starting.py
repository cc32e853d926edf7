"""Pure: whether a new job may begin in a folder, and which files of earlier jobs of ours make room for it.

A folder is ours if it is new or empty, carries the marker, or holds a progress file that can be read. An output of an
earlier job goes only if it is the file that was recorded, or equal to its original, and the original is still there as
it was: once originals were deleted, outputs are footage like any other.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePath

import attrs

from camvault.core.batch.build_dir import ASIDE_PREFIX, MARKER_NAME, PROGRESS_NAMES
from camvault.core.batch.names import COMPLETED_NAME, PROGRESS_NAME, folded, is_temporary
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.progress import ClipRecord, Progress


@attrs.frozen(kw_only=True)
class FolderFacts:
    """What is known of the folder in which a job is to begin.

    Attributes:
        root: The folder.
        entries: Everything below it.
        log_file: The log of this run.
        is_marked: Whether our marker is in it.
        previous: The job that was done or begun there; None if there was none, or its file is unreadable.
        originals: What stands where the clips of `previous` came from, by key.
        copied: Keys of `previous` of which no output is recorded, and whose output is equal to its original; in the
            plain format, which says nothing of that, to the given clip so named.
    """

    root: PurePath
    entries: Sequence[FileEntry]
    log_file: PurePath | None = None
    is_marked: bool = False
    previous: Progress | None = None
    originals: Mapping[str, FileEntry | None] = attrs.field(factory=dict)
    copied: Collection[str] = ()


@attrs.frozen(kw_only=True)
class FolderPlan:
    """What goes first, what speaks against it, and what the user should know."""

    leftovers: tuple[FileEntry, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def plan_folder(facts: FolderFacts, *, progress: Progress) -> FolderPlan:
    """Whether the new job `progress` may begin there."""
    top = {entry.path.name: entry for entry in facts.entries if entry.path.parent == facts.root}
    if not _is_ours(facts):
        return FolderPlan(problems=(f"{facts.root} is not empty and is no build directory of camvault",))
    wanted = {folded(clip.output_name or clip.key) for clip in progress.clips}
    old = {clip.output_name or clip.key: clip for clip in facts.previous.clips} if facts.previous else {}
    leftovers: list[FileEntry] = []
    problems: list[str] = []
    warnings = list(_restart_warnings(top))
    for entry in facts.entries:
        name = entry.path.name
        if _is_control(entry, facts.root):
            leftovers += [entry] if name == COMPLETED_NAME or is_temporary(name) else []
        elif entry.path.parent == facts.root and name in old:
            reason = _reason_to_keep(entry, old[name], facts.originals.get(old[name].key), copied=facts.copied)
            if reason is None:
                leftovers.append(entry)
            else:
                problems.append(f"{entry.path} is of an earlier job and {reason}; choose another build directory")
        elif entry.path.parent == facts.root and folded(name) in wanted:
            problems.append(f"{entry.path} is in the way and was not made by camvault")
        elif entry.kind is not FileKind.FOLDER and not name.startswith(ASIDE_PREFIX):
            warnings.append(f"{entry.path} is not of this job and will be on the disc as well")
    # The record of the finished job goes after its outputs: until then it says what they are.
    leftovers.sort(key=lambda entry: entry.path.name == COMPLETED_NAME)
    return FolderPlan(leftovers=tuple(leftovers), problems=tuple(problems), warnings=tuple(warnings))


def _is_ours(facts: FolderFacts) -> bool:
    if facts.is_marked or facts.previous is not None:
        return True
    strangers = [entry for entry in facts.entries if entry.path != facts.log_file]
    return all(_is_control(entry, facts.root) and entry.path.name not in PROGRESS_NAMES for entry in strangers)


def _is_control(entry: FileEntry, root: PurePath) -> bool:
    name = entry.path.name
    if entry.path.parent != root:
        return False
    if is_temporary(name):  # also a link, which goes itself and not what it points to
        return entry.kind is not FileKind.FOLDER
    return name in (MARKER_NAME, *PROGRESS_NAMES) and entry.kind is FileKind.FILE


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
    if clip.source is None:  # the plain format: the name is all there is
        return None if clip.key in copied else "nothing proves that its original is there"
    if original is None or original.kind is not FileKind.FILE or original.identity != clip.source_identity:
        return "its original is gone or was changed"
    if clip.output is None:
        return None if clip.key in copied else "nothing proves that camvault made it"
    return None if entry.identity == clip.output.identity else "was changed since it was made"
