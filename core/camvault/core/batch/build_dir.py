"""Pure: what makes a folder a build directory of camvault, and which folders and files are never removed.

A build directory is recognised by a marker file that `prepare_bodycam` (or the pipeline) writes into a folder that was
new or empty. The marker never goes onto a disc. A folder without the marker is not removed, whatever the user typed.
"""

from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePath

import attrs

from camvault.core.batch.marker import BUILD_MARKER_NAME
from camvault.ports.batch_record import BatchRecord, ClipRecord
from camvault.ports.entries import FileEntry, FileKind

PROGRESS_NAMES = ("progress.json", "progress.completed.json")
"""The progress file of an unfinished and of a completed job."""

LEFTOVER_SUFFIX = ".camvault-part"
"""The suffix of every unfinished file that camvault writes."""

ASIDE_PREFIX = ".camvault-aside-"
"""The beginning of the name that a file gets which stood where an output goes, and which camvault may not have made."""


@attrs.frozen
class BuildDirFacts:
    """What is known of a folder that the user wants to remove.

    Attributes:
        entry: The folder itself, links not followed.
        resolved: Its path with every link followed.
        is_marked: Whether the marker is in it.
        is_mount_point: Whether the folder is on another file system than its parent.
        is_empty: Whether the folder holds nothing.
    """

    entry: FileEntry
    resolved: PurePath
    is_marked: bool = False
    is_mount_point: bool = False
    is_empty: bool = False


def reason_to_keep(facts: BuildDirFacts, *, guarded: Collection[PurePath]) -> str | None:
    """Why this folder must not be removed as a build directory; None if it may be.

    `guarded` are resolved paths (home, the workspace, the current folder, the log file) that must stay: neither one of
    them nor a folder around one may be removed.
    """
    return next(_reasons_to_keep(facts, guarded), None)


def _reasons_to_keep(facts: BuildDirFacts, guarded: Collection[PurePath]) -> Iterator[str]:
    if facts.entry.kind is FileKind.SYMLINK:
        yield "it is a symbolic link"
    if facts.entry.kind is not FileKind.FOLDER:
        yield "it is not a directory"
    if facts.resolved == facts.resolved.parent:
        yield "it is the root of the file system"
    yield from (f"{path} is never removed" for path in guarded if path == facts.resolved)
    yield from (f"{path} lies in it" for path in guarded if path.is_relative_to(facts.resolved))
    if facts.is_mount_point:
        yield "it is a mount point"
    if not facts.is_marked:
        hint = "; it is empty, so rmdir removes it" if facts.is_empty else ""
        yield f"it is not a build directory of camvault (it has no {BUILD_MARKER_NAME}){hint}"


def foreign_entries(entries: Iterable[FileEntry], *, root: PurePath, progress: BatchRecord | None) -> list[FileEntry]:
    """The entries of a build directory that are not recorded as made by camvault: one may be somebody's only copy.

    Made by camvault are the marker, the progress files, unfinished files, and the outputs whose size and mtime the
    progress file records; a file that was replaced since is foreign (INV-2). The name of a clip alone proves nothing:
    a pending clip, or one of a progress file in the plain format, has no recorded output. A folder itself is never
    foreign.
    """
    outputs = {clip.output_file: clip.output for clip in progress.clips} if progress else {}

    def is_made_by_camvault(entry: FileEntry) -> bool:
        if entry.kind is not FileKind.FILE:
            return entry.kind is FileKind.FOLDER
        if is_control(entry, root=root):
            return True
        recorded = outputs.get(entry.path.name) if entry.path.parent == root else None
        return recorded is not None and recorded.identity == entry.identity

    return [entry for entry in entries if not is_made_by_camvault(entry)]


def is_control(entry: FileEntry, *, root: PurePath) -> bool:
    """Whether this file of a build directory holds no footage: the marker, a progress file, an unfinished file.

    Camvault writes nothing into folders below, no unfinished file either.
    """
    name = entry.path.name
    is_ours = name.endswith(LEFTOVER_SUFFIX) or name in (BUILD_MARKER_NAME, *PROGRESS_NAMES)
    return is_ours and entry.kind is FileKind.FILE and entry.path.parent == root


def unrecorded_clip(entry: FileEntry, *, root: PurePath, progress: BatchRecord | None) -> ClipRecord | None:
    """The clip under whose output's name a file stands although no output of it is recorded.

    A copy that was cut off between its last byte and its record is such a file, and so is a file that the user put
    there: only the content can tell whether it is needed.
    """
    if entry.kind is not FileKind.FILE or entry.path.parent != root or progress is None:
        return None
    clips = (clip for clip in progress.clips if clip.output_file == entry.path.name)
    return next((clip for clip in clips if clip.output is None), None)
