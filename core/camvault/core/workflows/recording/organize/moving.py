"""Workflow: a file under a free name into another folder, which may be on another file system."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.free_names import folded, free_names
from camvault.core.segments.numbered_names import footage_names
from camvault.core.workflows.recording.organize.ports import OrganizePorts
from camvault.core.workflows.steps.crossing import Crossing
from camvault.core.workflows.steps.date_tree import LINKED
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import ExistsError, NotFoundError, OtherVolumeError, StorageError

_ATTEMPTS = 5


@attrs.define
class Mover:
    """Moves files, never over another one; `ready` is the folder that is backed up.

    Attributes:
        closed: Why nothing may be written below a folder.
        is_cache_trusted: As `organize`.
    """

    ready: PurePath
    ports: OrganizePorts
    closed: Mapping[PurePath, str] = attrs.field(factory=dict)
    is_cache_trusted: bool = False
    _taken: dict[PurePath, set[str]] = attrs.field(factory=dict, init=False)
    """The names in use in each folder, folded."""
    _crossing: Crossing = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._crossing = Crossing(self.ports.storage, self.ports.cancel, self.is_cache_trusted)

    def move_to_free(
        self, file: FileEntry, folder: PurePath, *, before: Callable[[PurePath], None] = lambda _: None
    ) -> PurePath:
        """Move `file` under the first name that is free in `folder` and at the target; return its new path.

        Args:
            file: The file as it was listed.
            folder: Where it goes; it is made if it does not exist.
            before: Called with each path that is tried, before the file is moved there.

        Raises:
            StorageError: The file stays where it is.
        """
        self._make_folder(folder)
        wanted = folder / file.path.name
        if self._finish_interrupted(file, wanted):
            return wanted
        taken = self._taken_in(folder)
        names = free_names(footage_names(file.path.name), taken=taken)
        while True:
            name = next(names)
            taken.add(folded(name))
            before(folder / name)
            with suppress(ExistsError):
                self._move(file, folder / name)
                return folder / name

    def _make_folder(self, folder: PurePath) -> None:
        """Make a date folder, or a station's folder in quarantine, where every job finds what is in it."""
        for around in folder.parents:
            if around in self.closed:
                raise StorageError(folder, self.closed[around])
        for part in (folder.parent, folder) if folder.is_relative_to(self.ready) else (folder,):
            entry = self.ports.storage.entry(part)
            if entry is not None and entry.kind is FileKind.SYMLINK:
                raise StorageError(part, LINKED)
        self.ports.storage.make_folder(folder)

    def _finish_interrupted(self, file: FileEntry, target: PurePath) -> bool:
        """Whether a run that was cut off copied this very file to `target`; the original is removed then."""
        here, there = self.ports.storage.entry(file.path), self.ports.storage.entry(target)
        if here is None or there is None or (there.kind, there.identity) != (FileKind.FILE, file.identity):
            return False
        return self._crossing.finish_interrupted(file, target)

    def _taken_in(self, folder: PurePath) -> set[str]:
        """The names in use in `folder`: there now, or at the target for a file that is gone from here (INV-10)."""
        if folder not in self._taken:
            here = {folded(entry.path.name) for entry in self.ports.storage.scan(folder)}
            below = folder.relative_to(self.ready) if folder.is_relative_to(self.ready) else None
            there = self.ports.ledger_of_day(folder.name).entries if below is not None else {}
            sent = {folded(path.name) for path in there if path.parent == PurePosixPath(below or "")}
            self._taken[folder] = here | sent
        return self._taken[folder]

    def _move(self, file: FileEntry, target: PurePath) -> None:
        for _ in range(_ATTEMPTS):
            try:
                return self._move_once(file, target)
            except NotFoundError:
                if self.ports.storage.entry(file.path) is None:
                    raise
                self._make_folder(target.parent)  # a cleanup pruned it, empty as it was
        raise NotFoundError(target.parent, "it vanishes again and again")

    def _move_once(self, file: FileEntry, target: PurePath) -> None:
        try:
            self.ports.storage.move(file.path, target=target)
        except OtherVolumeError:
            self._crossing.copy_away(file, target)
