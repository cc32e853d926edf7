"""Workflow, private part: a target that one run at a time may make, under a temporary name until it is proven."""

import contextlib
from collections.abc import Iterator
from pathlib import PurePath

from camvault.core.batch.build_dir import LEFTOVER_SUFFIX
from camvault.core.batch.names import temporary_name
from camvault.core.retention.removals import plan_leftovers
from camvault.ports.entries import FileEntry
from camvault.ports.errors import BusyError, StorageError
from camvault.ports.files import Storage


def temporary_path(target: PurePath) -> PurePath:
    """The path at which the content of `target` is written before it is complete; in the same folder."""
    return target.with_name(temporary_name(target.name))


@contextlib.contextmanager
def claimed(target: PurePath, *, storage: Storage, failure: str) -> Iterator[None]:
    """Inside the context no other run makes `target`, whose folder is made. `failure` begins the message of an error.

    The claim is a lock on an empty file beside the target. That file is removed while the lock is held: a run that
    opened it before looks again once it has the lock, as `Storage.lock` promises, and finds no file or that of the
    next run.

    Raises:
        BusyError: Another run makes this target.
        StorageError: The folder or the lock cannot be made.
    """
    lock = temporary_path(target.with_name(f"lock.{target.name}"))
    with contextlib.ExitStack() as stack:
        try:
            storage.make_folder(target.parent)
            stack.enter_context(storage.lock(lock))
        except BusyError as error:
            raise BusyError(target) from error
        except StorageError as error:
            raise type(error)(target, f"{failure}: {error.problem}") from error
        try:
            yield
        finally:
            # Power fails before this: an empty file is left, which the next run on this target locks and removes
            discard_temporary(lock, storage=storage)


def discard_temporary(path: PurePath, *, storage: Storage) -> bool:
    """Remove the file at a `temporary_path`; False if there is none."""
    entry = storage.entry(path)
    if entry is None:
        return False
    remove_leftover(entry, marker=LEFTOVER_SUFFIX, storage=storage)
    return True


def remove_leftover(leftover: FileEntry, *, marker: str, storage: Storage, records: tuple[str, ...] = ()) -> bool:
    """Remove one file that camvault made and needs no more; False if it stayed, or was gone already.

    `marker` is what proves that camvault made the file; the caller has looked. `records` are as for `plan_leftovers`.
    """
    removals = plan_leftovers((leftover,), marker=marker, records=records).removals
    return any(storage.remove(removal) for removal in removals)
