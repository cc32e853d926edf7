"""Workflow, private part: the roots with their links resolved, and whether they can be used together."""

from pathlib import PurePath

from camvault.core.mounts import missing_mount
from camvault.core.workflows.archive.job import ArchiveRoots
from camvault.ports.entries import FileKind
from camvault.ports.errors import StorageError, UsageError
from camvault.ports.files import FolderReader
from camvault.ports.mounts import MountTable


def checked_roots(
    input_root: PurePath,
    *,
    output: PurePath,
    trash: PurePath | None,
    storage: FolderReader,
    unused_trash: PurePath | None = None,
    table: MountTable | None = None,
) -> ArchiveRoots:
    """The roots as they are; nothing is changed.

    Raises:
        UsageError: The input is missing, a root is a mount point at which nothing is mounted, or the roots lie in one
            another in such a way that what is in the trash or in the archive would be work.
    """
    try:
        roots = ArchiveRoots(
            input=storage.resolve(input_root),
            output=storage.resolve(output),
            trash=None if trash is None else storage.resolve(trash),
            unused_trash=None if unused_trash is None else storage.resolve(unused_trash),
        )
        entry = storage.entry(roots.input)
    except StorageError as error:
        raise UsageError(f"The input directory cannot be looked at: {error}") from error
    if entry is None:
        raise UsageError(f"Input directory {input_root} does not exist, expected a folder with dated footage")
    if entry.kind is not FileKind.FOLDER:
        raise UsageError(f"Input directory {input_root} is a {entry.kind.value}, expected a folder with dated footage")
    problem = _problem(roots) or _unmounted(roots, table or MountTable())
    if problem:
        raise UsageError(problem)
    return roots


def _unmounted(roots: ArchiveRoots, table: MountTable) -> str:
    """Which root is an empty mount point: what is written there fills another disk; "" if none is."""
    for root in roots.all:
        missing = missing_mount(root, table=table)
        if missing is not None:
            return f"nothing is mounted at {missing}, where {root} should be"
    return ""


def _problem(roots: ArchiveRoots) -> str:
    """Why the roots cannot be used together; "" if they can."""
    if roots.input.is_relative_to(roots.output):
        return f"the input {roots.input} lies in the archive {roots.output}, expected the archive elsewhere or below"
    if roots.trash is None:
        return ""
    for name, root in (("input", roots.input), ("archive", roots.output)):
        if root.is_relative_to(roots.trash):
            return f"the {name} {root} lies in the trash {roots.trash}, expected the trash elsewhere or below"
    return ""
