"""Workflow, private part: one run at a time works in a root.

The folder itself is locked; where a folder cannot be locked (some network file systems), a file in it is. A text beside
says which process holds it.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import PurePath

import attrs

from camvault.core.workflows.steps.target_claim import remove_leftover
from camvault.ports.errors import BusyError, StorageError
from camvault.ports.files import Storage

HOLDER_NAME = ".camvault-archiver.pid"
_LOCK_NAME = ".camvault-archiver.lock"


@attrs.define(str=False)
class RootHeldError(BusyError):
    """Another run works in a root; `holder` says which."""

    holder: str = ""

    def __str__(self) -> str:
        return f"Another camera_archiver is at work in {self.path}" + (f" ({self.holder})" if self.holder else "")


@contextmanager
def held(root: PurePath, *, storage: Storage, holder: str) -> Iterator[None]:
    """Inside, no other run works in `root`, which is there.

    Raises:
        RootHeldError: Another one does.
        StorageError: It cannot be locked in any way.
    """
    with ExitStack() as stack:
        try:
            try:
                stack.enter_context(storage.lock(root))
            except StorageError:
                stack.enter_context(storage.lock(root / _LOCK_NAME))
        except BusyError as error:
            raise RootHeldError(root, _holder_of(root, storage)) from error
        with suppress(StorageError):  # a full disk
            storage.write_text(root / HOLDER_NAME, f"{holder}\n")
        try:
            yield
        finally:
            for name in (HOLDER_NAME, _LOCK_NAME):  # the holder of a lock may remove its name
                with suppress(StorageError):
                    _forget(root / name, storage)


def _holder_of(root: PurePath, storage: Storage) -> str:
    try:
        return (storage.read_text(root / HOLDER_NAME) or "").strip()
    except StorageError:
        return ""


def _forget(path: PurePath, storage: Storage) -> None:
    entry = storage.entry(path)
    if entry is not None:
        remove_leftover(entry, marker=HOLDER_NAME, records=(HOLDER_NAME, _LOCK_NAME), storage=storage)
