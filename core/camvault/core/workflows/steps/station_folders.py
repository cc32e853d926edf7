"""Workflow, shared part: the names of the folders below the roots of stations, as `stations.site` takes them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import PurePath

from camvault.ports.entries import FileKind
from camvault.ports.errors import StorageError
from camvault.ports.files import FolderReader


def folders_seen(
    roots: Iterable[PurePath],
    storage: FolderReader,
    *,
    are_links_followed: bool = False,
    on_problem: Callable[[StorageError], None] | None = None,
) -> Mapping[PurePath, tuple[str, ...]]:
    """By root, the names of the folders in it.

    Args:
        roots: The folders to list.
        storage: Lists them.
        are_links_followed: Whether a link to a folder counts as one. Only for workflows that do not move or remove
            footage: a link may lead to the footage of another station.
        on_problem: Told of each root that cannot be listed, and is then taken for empty; without it, that is raised.

    Raises:
        StorageError: A root does not exist, or cannot be listed.
    """
    seen: dict[PurePath, tuple[str, ...]] = {}
    for root in roots:
        try:
            seen[root] = _names(root, storage, are_links_followed=are_links_followed)
        except StorageError as error:
            if on_problem is None:
                raise
            on_problem(error)
            seen[root] = ()
    return seen


def _names(root: PurePath, storage: FolderReader, *, are_links_followed: bool) -> tuple[str, ...]:
    listing = storage.listing(root)
    links = listing.others if are_links_followed else ()
    return (*listing.folders, *(name for name in links if _is_folder(storage.resolve(root / name), storage)))


def _is_folder(path: PurePath, storage: FolderReader) -> bool:
    entry = storage.entry(path)
    return entry is not None and entry.kind is FileKind.FOLDER


def unknown_links(root: PurePath, known: Collection[PurePath], storage: FolderReader) -> tuple[PurePath, ...]:
    """The links in `root` that lead to a folder, or to nothing, and that stand for no known station.

    Such a link may be the folder of a station that was put on another disk. A link is known if it is configured as the
    folder of a station, or leads to one.

    Args:
        root: The folder to list.
        known: The folders of the known stations.
        storage: Lists it.

    Raises:
        StorageError: `root` cannot be listed.
    """
    resolved = {storage.resolve(folder) for folder in known}
    links = (root / name for name in storage.listing(root).others if not name.startswith("."))
    return tuple(link for link in links if link not in known and _is_unknown(link, resolved, storage))


def _is_unknown(link: PurePath, known: Collection[PurePath], storage: FolderReader) -> bool:
    behind = storage.resolve(link)
    entry = storage.entry(link)
    if entry is None or entry.kind is not FileKind.SYMLINK or behind in known:
        return False
    return storage.entry(behind) is None or _is_folder(behind, storage)
