"""Workflow, shared part: the workspace drive: whether it is there and has room, and the names of a run in it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath

from camvault.core.batch.marker import BUILD_MARKER_NAME, MARKER_TEXT
from camvault.core.batch.run_names import RunNames, run_names
from camvault.core.batch.space_outlook import Outlook, SpaceNeed, shortages
from camvault.core.mounts import missing_mount
from camvault.ports.entries import FileKind
from camvault.ports.errors import ExistsError, UsageError
from camvault.ports.files import Storage
from camvault.ports.mounts import MountTable

_ATTEMPTS = 1000


_HOW_TO_NAME_IT = "--root or CAMVAULT_ROOT names the workspace"


def check_workspace(root: PurePath, *, storage: Storage, mounts: MountTable, is_made_if_missing: bool = False) -> None:
    """Make sure that the workspace is there. A drive is never created: that would fill the system disk.

    The place where a drive should be mounted and is not is no drive. `is_made_if_missing`: it is no drive but a folder
    for the user's data, which the run makes.

    Raises:
        UsageError: It is not.
    """
    resolved = storage.resolve(root)
    entry = storage.entry(resolved)
    if entry is None and not is_made_if_missing:
        raise UsageError(f"No such path: {root} (check ROOT): {_HOW_TO_NAME_IT}")
    missing = missing_mount(resolved, table=mounts)
    if missing is not None:
        raise UsageError(f"No such path: {root}: nothing is mounted at {missing} (check ROOT): {_HOW_TO_NAME_IT}")
    if entry is not None and entry.kind is not FileKind.FOLDER:
        raise UsageError(f"Not a directory: {root} (check ROOT): {_HOW_TO_NAME_IT}")


def space_needs(
    outlook: Outlook, *, images: PurePath, disc_file: PurePath | None, storage: Storage
) -> tuple[SpaceNeed, ...]:
    """The room that build directory, image and disc file may take. What cannot be seen is left to the first stage.

    `images` is the folder of the first two; `disc_file` is None where a drive is written.
    """
    found = [("image", images, outlook.image_bytes)]
    if not outlook.is_resumed:
        found.insert(0, ("build directory", images, outlook.outputs_bytes))
    if disc_file is not None and storage.entry(disc_file) is None:
        found.append(("disc file", disc_file, outlook.image_bytes))
    return tuple(SpaceNeed(what, place, storage.device_of(place), size_bytes) for what, place, size_bytes in found)


def check_room(needs: Sequence[SpaceNeed], *, storage: Storage) -> None:
    """Make sure before starting that there is room for everything together.

    Raises:
        UsageError: There is not, with both figures for each file system.
    """
    found = shortages(needs, free_bytes={need.device: storage.free_bytes(need.place) for need in needs})
    if found:
        raise UsageError("; ".join(found))


def expected_names(root: PurePath, *, at: datetime, unique: str, storage: Storage) -> RunNames:
    """The names that a run would take now; changes nothing."""
    candidates = (run_names(root, at=at, attempt=attempt, unique=unique) for attempt in range(1, _ATTEMPTS))
    for names in candidates:
        if storage.entry(names.image) is None and storage.entry(names.log) is None:
            return names
    raise UsageError(f"No free name for a log in {root / 'logs'}")


def reserve_names(root: PurePath, *, at: datetime, unique: str, storage: Storage) -> RunNames:
    """Take names that no other run has or will get, however many start in the same second.

    The log's name is the reservation: it is created empty under a name of its own and renamed, which fails if the name
    is taken. Power fails here: an empty log, or an empty file with our suffix, and nothing else.
    """
    storage.make_folder(root / "logs")
    storage.make_folder(root / "images")
    blank = root / "logs" / f".{unique}.camvault-part"
    storage.write_text(blank, "")
    for attempt in range(1, _ATTEMPTS):
        names = run_names(root, at=at, attempt=attempt, unique=unique)
        if storage.entry(names.image) is None and _is_taken_over(blank, names.log, storage):
            return names
    raise UsageError(f"No free name for a log in {root / 'logs'}")


def _is_taken_over(blank: PurePath, log: PurePath, storage: Storage) -> bool:
    try:
        storage.rename(blank, target=log)
    except ExistsError:
        return False
    return True


def make_build_dir(folder: PurePath, *, storage: Storage) -> None:
    """Make the folder, which must be new, and put the marker into it."""
    storage.make_folder(folder, must_be_new=True)
    # power fails here: an empty folder without a marker, which nobody takes for footage
    storage.write_text(folder / BUILD_MARKER_NAME, MARKER_TEXT)
