"""Workflow, private part: the roots with their links resolved, and whether they can be used together."""

from pathlib import PurePath

import attrs

from camvault.core.archive.dated_names import is_of_dates
from camvault.core.mounts import missing_mount, spot_of
from camvault.core.workflows.archive.job import ArchiveRoots
from camvault.ports.entries import FileEntry, FileKind
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
    table = table or MountTable()
    roots = _by_their_places(roots, table, storage)
    problem = _problem(roots, table, storage) or _unmounted(roots, table)
    if problem:
        raise UsageError(problem)
    if roots.trash is None:
        return roots
    return attrs.evolve(roots, mounts_in_trash=None if table.is_unreadable else _mounts_in(roots.trash, table))


def _by_their_places(roots: ArchiveRoots, table: MountTable, storage: FolderReader) -> ArchiveRoots:
    """The roots by the paths at which they lie in one another.

    Of one that lies in another by a second mount only, no path would say that nothing in it is work.
    """
    trash, unused = roots.trash, roots.unused_trash
    output = _within(roots.output, roots.input, table, storage)
    return ArchiveRoots(
        input=_within(roots.input, output, table, storage),
        output=output,
        trash=None if trash is None else _trash_within(trash, roots.input, output, table, storage),
        unused_trash=None if unused is None else _trash_within(unused, roots.input, output, table, storage),
    )


def _trash_within(
    trash: PurePath, input_root: PurePath, output: PurePath, table: MountTable, storage: FolderReader
) -> PurePath:
    found = _within(trash, input_root, table, storage)
    return _within(trash, output, table, storage) if found == trash else found


def _within(root: PurePath, other: PurePath, table: MountTable, storage: FolderReader) -> PurePath:
    """The path of `root` below `other`, if it is to be seen there; else its own."""
    if root.is_relative_to(other):
        return root
    spot, around = spot_of(root, table=table), spot_of(other, table=table)
    if spot is None or around is None or spot[0] != around[0] or not spot[1].is_relative_to(around[1]):
        return root
    below = other / spot[1].relative_to(around[1])
    # something else may be mounted there
    return below if _numbers(storage.entry(root)) == _numbers(storage.entry(below)) else root


def _numbers(entry: FileEntry | None) -> tuple[str, int | None] | None:
    return None if entry is None else (entry.identity.device, entry.identity.inode)


def _unmounted(roots: ArchiveRoots, table: MountTable) -> str:
    """Which root is an empty mount point: what is written there fills another disk; "" if none is."""
    for root in roots.all:
        missing = missing_mount(root, table=table)
        if missing is not None:
            return f"nothing is mounted at {missing}, where {root} should be"
    return ""


def _problem(roots: ArchiveRoots, table: MountTable, storage: FolderReader) -> str:
    """Why the roots cannot be used together; "" if they can."""
    if roots.input.is_relative_to(roots.output):
        return f"the input {roots.input} lies in the archive {roots.output}, expected the archive elsewhere or below"
    for name, root in (("archive", roots.output), ("trash", roots.trash or roots.unused_trash)):
        if root is not None and root != roots.input and root.is_relative_to(roots.input) and is_of_dates(root.parts):
            return f"the {name} {root} is a folder that cameras upload into, expected another name"
    if roots.trash is None:
        return ""
    for name, root in (("input", roots.input), ("archive", roots.output)):
        if _within(root, roots.trash, table, storage).is_relative_to(roots.trash):
            return f"the {name} {root} lies in the trash {roots.trash}, expected the trash elsewhere or below"
        for mount in _mounts_in(roots.trash, table):
            if _within(mount, root, table, storage).is_relative_to(root) and not mount.is_relative_to(root):
                return f"the {name} {root}, or a part of it, is mounted in the trash at {mount}, expected it elsewhere"
    return ""


def _mounts_in(trash: PurePath, table: MountTable) -> frozenset[PurePath]:
    return frozenset(each for each in table.mounted if trash in each.parents)
