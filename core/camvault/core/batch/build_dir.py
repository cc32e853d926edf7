"""Pure: what makes a folder one of our build directories, and which folders are never removed.

A build directory is recognised by a marker file that `prepare_bodycam` (or the pipeline) writes into a folder that was
new or empty. The marker never goes onto a disc. Without it nothing is removed, whatever the user typed.
"""

from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePath

import attrs

from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.progress import ClipRecord, Progress

MARKER_NAME = ".camvault-build"
"""The file that says: everything in this folder was put here by camvault and may be removed with it."""

PROGRESS_NAMES = ("progress.json", "progress.completed.json")
"""The progress file of an unfinished and of a finished job."""

LEFTOVER_SUFFIX = ".camvault-part"
"""What every unfinished file of ours ends with."""

ASIDE_PREFIX = ".camvault-aside-"
"""What the name of a file begins with that stood where an output goes and that nobody can prove to be ours."""

MARKER_TEXT = "camvault build directory 1\nEverything in this folder may be removed by `cleanup --build-dir`.\n"


def is_marker(text: str | None) -> bool:
    """Whether the text of a file named `MARKER_NAME` is ours (None: no such file). A torn text is not."""
    return text is not None and text.startswith("camvault build directory ") and "\n" in text


_ON_DISC = "on a verified disc: "


def marker_text(on_disc: Collection[str] = ()) -> str:
    """The marker's text; `on_disc` are the SHA-256 of outputs that a disc was found to hold when it was read back."""
    return MARKER_TEXT + "".join(f"{_ON_DISC}{digest}\n" for digest in sorted(on_disc))


def content_on_disc(text: str | None) -> frozenset[str]:
    """The digests in a marker's text. A torn last line says nothing."""
    lines = (text or "").split("\n")[:-1]
    return frozenset(line.removeprefix(_ON_DISC) for line in lines if line.startswith(_ON_DISC))


@attrs.frozen
class FolderFacts:
    """What is known of a folder that somebody wants to remove.

    Attributes:
        entry: The folder itself, links not followed.
        resolved: Its path with every link followed.
        is_marked: Whether the marker is in it.
        is_mount_point: Whether it is on another file system than its parent.
        is_empty: Whether nothing is in it.
    """

    entry: FileEntry
    resolved: PurePath
    is_marked: bool = False
    is_mount_point: bool = False
    is_empty: bool = False


def reason_to_keep(facts: FolderFacts, *, guarded: Collection[PurePath]) -> str | None:
    """Why this folder must not be removed as a build directory; None if it may be.

    `guarded` are resolved paths (home, the workspace, the current folder, the log file) that must survive: neither they
    nor a folder around them may go.
    """
    return next(_reasons_to_keep(facts, guarded), None)


def _reasons_to_keep(facts: FolderFacts, guarded: Collection[PurePath]) -> Iterator[str]:
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
        yield f"it is not a build directory of camvault (it has no {MARKER_NAME}){hint}"


def foreign_entries(entries: Iterable[FileEntry], *, root: PurePath, progress: Progress | None) -> list[FileEntry]:
    """What is in a build directory and is not recorded as put there by camvault: it may be somebody's only copy.

    Ours are the marker, the progress files, unfinished files, and the outputs whose size and mtime the progress file
    records; a file that was replaced since is foreign (INV-2). The name of a clip alone proves nothing: of one that is
    pending, or of a progress file in the plain format, no output is recorded. Folders hold nothing by themselves.
    """
    outputs = {clip.output_name or clip.key: clip.output for clip in progress.clips} if progress else {}

    def is_ours(entry: FileEntry) -> bool:
        if entry.kind is not FileKind.FILE:
            return entry.kind is FileKind.FOLDER
        if entry.path.parent != root:
            return False  # we never write deeper, also no unfinished file
        name = entry.path.name
        if name.endswith(LEFTOVER_SUFFIX) or name in (MARKER_NAME, *PROGRESS_NAMES):
            return True
        recorded = outputs.get(name)
        return recorded is not None and recorded.identity == entry.identity

    return [entry for entry in entries if not is_ours(entry)]


def unrecorded_clip(entry: FileEntry, *, root: PurePath, progress: Progress | None) -> ClipRecord | None:
    """The clip under whose output's name a file stands although no output of it is recorded.

    A copy that was cut off between its last byte and its record is such a file, and so is one that somebody put there:
    only its content can tell whether it is needed.
    """
    if entry.kind is not FileKind.FILE or entry.path.parent != root or progress is None:
        return None
    clips = (clip for clip in progress.clips if (clip.output_name or clip.key) == entry.path.name)
    return next((clip for clip in clips if clip.output is None), None)
