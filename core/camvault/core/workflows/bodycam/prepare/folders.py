"""Workflow, private part: a folder that is given stands for the files in it and below, as on a camera's card."""

from collections.abc import Iterable, Iterator
from pathlib import PurePath

import attrs

from camvault.core.batch.names import is_reserved
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import StorageError
from camvault.ports.files import Storage

_NOT_OF_THE_CAMERA = frozenset({"System Volume Information", "$RECYCLE.BIN"})
"""Folders that systems make on a card. What fsck put into `lost+found` is footage that it rescued."""


@attrs.frozen
class GivenFiles:
    """The files that were given, folders replaced by what is in them.

    `untaken` stand in given folders and are no files: links that lead nowhere or to folders outside, pipes, sockets.
    `unlisted` are those that could not be looked at, and `problems` say why; `warnings` say what of the others is not
    taken.
    """

    paths: tuple[PurePath, ...]
    untaken: tuple[PurePath, ...] = ()
    unlisted: tuple[PurePath, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def files_given(
    sources: Iterable[PurePath],
    *,
    storage: Storage,
    build_dir: PurePath | None = None,
    log_file: PurePath | None = None,
) -> GivenFiles:
    """Replace each folder of `sources` (absolute paths) by the files in it and below, in the order of their paths.

    Not taken are hidden files, what systems leave on a card, names that camvault keeps for itself, links to folders in
    the same one, the log of this run, and the build directory. A folder without files stays as it is.
    """
    paths: list[PurePath] = []
    untaken: list[PurePath] = []
    unlisted: list[PurePath] = []
    problems: list[str] = []
    warnings: list[str] = []
    for source in sources:
        try:
            found = dict(_below(source, storage, without=(build_dir, log_file)))
        except StorageError as error:
            unlisted.append(source)
            problems.append(str(error))
            continue
        below = [path for path, is_file in found.items() if is_file]
        no_files = sorted(found.keys() - set(below))
        untaken += no_files
        reserved = [path for path in below if is_reserved(path.name)]
        warnings += [f"{path} is not taken: camvault keeps names like this for its own files" for path in reserved]
        paths += sorted(set(below) - set(reserved)) or ([] if no_files else [source])
    return GivenFiles(tuple(paths), tuple(untaken), tuple(unlisted), tuple(problems), tuple(warnings))


def _below(
    source: PurePath, storage: Storage, *, without: tuple[PurePath | None, ...]
) -> Iterator[tuple[PurePath, bool]]:
    """What is below a folder and is no folder, and whether it is a file or leads to one."""
    root = storage.resolve(source)
    entry = storage.entry(root)
    if entry is None or entry.kind is not FileKind.FOLDER:
        return
    kept_out = [path for path in without if path is not None]
    for found in storage.scan(root):
        name = found.path.relative_to(root)
        if any(part.startswith(".") or part in _NOT_OF_THE_CAMERA for part in name.parts):
            continue
        if any(found.path.is_relative_to(path) for path in kept_out):
            continue
        if found.kind is not FileKind.FOLDER and not _leads_into(root, found, storage):
            yield source / name, found.kind is FileKind.FILE or _leads_to_a_file(found, storage)


def _leads_into(root: PurePath, link: FileEntry, storage: Storage) -> bool:
    """Whether this is a link to a folder whose files are taken anyway."""
    try:
        target = storage.resolve(link.path)
        found = storage.entry(target) if link.kind is FileKind.SYMLINK and target.is_relative_to(root) else None
    except StorageError:
        return False
    return found is not None and found.kind is FileKind.FOLDER


def _leads_to_a_file(link: FileEntry, storage: Storage) -> bool:
    try:
        target = storage.entry(storage.resolve(link.path)) if link.kind is FileKind.SYMLINK else None
    except StorageError:  # a link that leads to itself
        return False
    return target is not None and target.kind is FileKind.FILE
