"""Workflow, shared part: a tree of date folders, seen day by day, so that memory is bounded by one day."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.segments.names import is_footage
from camvault.core.segments.sessions import LIVE_FOLDER
from camvault.ports.entries import FileEntry, FileKind, Listing
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.files import FolderReader

OTHER_DAY = "other"
_LOST_AND_FOUND = "lost+found"
_UNFINISHED = ".rsync-partial"
"""Where rsync keeps what did not arrive completely: it is the beginning of the next file of its name, and then gone."""
LINKED = (
    "it is a link, and no job follows links below ready_for_backup_dir. Put there what it leads to, or mount the disk"
    " there"
)
_LEFT_OUT = {
    _UNFINISHED: "at the target, rsync uses up what has this name",
    LIVE_FOLDER: "a recorder writes into it, so that it is no folder of finished segments",
}
_NO_FILE = "it is neither a file nor a folder"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def day_of(path: PurePosixPath) -> str:
    """The date folder that the file is in; "other" if it is in none."""
    return day_of_folder(path.parent.name)


def day_of_folder(name: str) -> str:
    """Which ledger the files of a folder of this name are in."""
    return name if _DAY.fullmatch(name) else OTHER_DAY


@attrs.frozen
class Day:
    """The folders whose files are in one ledger, by their path below the root, in the order of `FolderReader.scan`."""

    name: str
    folders: Mapping[PurePosixPath, Listing]

    def files(self, root: PurePath) -> Iterator[tuple[PurePosixPath, FileEntry]]:
        """The files that are named like a recording, each with its path below `root`."""
        for folder, listing in self.folders.items():
            for file in filter(lambda file: is_footage(file.name), listing.files):
                yield folder / file.name, FileEntry(root / folder / file.name, listing.identity_of(file))


def refuse_dead_link(root: PurePath, storage: FolderReader) -> None:
    """A folder that is missing was never made; a link that leads nowhere is one of which the disk is away.

    Raises:
        StorageError: It is such a link.
    """
    if storage.entry(root) is not None:
        raise StorageError(root, f"it is a link to {storage.resolve(root)}, which is not there: is its disk mounted?")


def days_below(
    root: PurePath, storage: FolderReader, *, on_problem: Callable[[StorageError], None] | None = None
) -> Iterator[Day]:
    """Everything below `root`, day by day: first what is in no date folder, then the days, the oldest first.

    Every folder comes once, but a day comes again if some of its folders lie in other date folders, where
    organize_video puts none. `lost+found` is left out: it belongs to the file system, only root may list it, and it
    stays when it is empty. Left out, and reported as folders that cannot be listed, are

    - a folder of unfinished files of rsync, and one that a recorder writes into (`LIVE_FOLDER`);
    - a link to a folder, or to nothing: its disk may be away. Links are not followed, by no job;
    - whatever is named like a recording, and is no regular file.

    Args:
        root: Where to begin.
        storage: Lists the folders.
        on_problem: Told of each folder below `root` that cannot be listed, and is skipped; without it, an error of
            storage is raised.

    Raises:
        NotFoundError: There is no `root`. A folder below it that vanishes is skipped.
        StorageError: Something cannot be listed.
    """
    waiting: dict[str, list[PurePosixPath]] = {OTHER_DAY: [PurePosixPath()]}
    while waiting:
        name = OTHER_DAY if OTHER_DAY in waiting else min(waiting)
        listed: dict[PurePosixPath, Listing] = {}
        for folder in sorted(waiting.pop(name), key=_bytewise):
            try:
                listed[folder] = storage.listing(root / folder)
            except NotFoundError:
                if folder == PurePosixPath():
                    raise
                continue
            except StorageError as error:
                if folder == PurePosixPath() or on_problem is None:
                    raise
                on_problem(error)
                continue
            for below in listed[folder].folders:
                if folder == PurePosixPath() and below == _LOST_AND_FOUND:
                    continue
                if below in _LEFT_OUT:
                    (on_problem or _ignore)(StorageError(root / folder / below, _LEFT_OUT[below]))
                    continue
                waiting.setdefault(day_of_folder(below), []).append(folder / below)
            for other in listed[folder].others:
                problem = _problem_of_other(root / folder / other, storage)
                if problem:
                    (on_problem or _ignore)(StorageError(root / folder / other, problem))
        yield Day(name, listed)


def _problem_of_other(path: PurePath, storage: FolderReader) -> str:
    """Why footage may be hidden by what is neither a file nor a folder; "" if it hides none."""
    try:
        entry = storage.entry(path)
        if entry is not None and entry.kind is FileKind.SYMLINK:
            behind = storage.entry(storage.resolve(path))
            is_hiding = behind is None or behind.kind is FileKind.FOLDER or is_footage(path.name)
            return LINKED if is_hiding else ""
    except StorageError as error:
        return f"{LINKED} ({error.problem})"
    return _NO_FILE if is_footage(path.name) else ""


def _ignore(problem: StorageError) -> None:
    """Report the problem to no one."""


def _bytewise(path: PurePosixPath) -> list[bytes]:
    return [part.encode("utf-8", "surrogateescape") for part in path.parts]
