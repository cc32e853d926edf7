"""Workflow: a build directory is held from the first look at it to the last record: no two runs plan the same one."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import PurePath

from camvault.ports.entries import FileKind
from camvault.ports.errors import StorageError
from camvault.ports.files import Storage


@contextmanager
def claimed(folder: PurePath, *, storage: Storage, is_made: bool) -> Iterator[bool]:
    """Hold the lock of a build directory inside the context; yields whether it is held.

    With `is_made` a folder that is missing is made first; it goes again if nothing was put into it. No lock is held
    where there is no folder, or where none can be made: whoever plans or works there says what is wrong with it.

    Raises:
        BusyError: Another run holds it.
    """
    folder = storage.resolve(folder)
    made = _made(folder, storage) if is_made else ()
    try:
        found = storage.entry(folder)
        if found is None or found.kind is not FileKind.FOLDER:
            yield False
            return
        with storage.lock(folder):
            try:
                yield True
            finally:
                _remove_unused(made, storage)
                made = ()
    finally:
        _remove_unused(made, storage)


def _made(folder: PurePath, storage: Storage) -> tuple[PurePath, ...]:
    """The folders that were missing and are made now, the deepest first."""
    missing = tuple(takewhile(lambda each: storage.entry(each) is None, (folder, *folder.parents)))
    with suppress(StorageError):
        storage.make_folder(folder)
    return missing


def _remove_unused(made: tuple[PurePath, ...], storage: Storage) -> None:
    with suppress(StorageError):
        for folder in made:
            if storage.children(folder):
                return
            storage.prune(folder, is_root_included=True)
