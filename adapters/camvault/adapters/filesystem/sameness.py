"""Adapter for the local file system: whether two paths lead to one file."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePath

from camvault.adapters._shared import unions
from camvault.adapters._shared.durable import TEMPORARY_SUFFIX, translated
from camvault.ports.errors import StorageError
from camvault.ports.witness import Sameness


def sameness(one: PurePath, other: PurePath) -> Sameness:
    """As `FolderReader.is_one_file`."""
    with _opened(one) as first, _opened(other) as second:
        if os.path.samestat(first, second):
            return Sameness.ONE
        places = [os.path.realpath(path) for path in (one, other)]
        if all(map(unions.is_plain, places)):
            return Sameness.TWO
        by_branches = unions.files_apart(*places)
        if by_branches == unions.ONE:
            return Sameness.ONE
        folders = [os.path.dirname(place) for place in places]  # noqa: PTH120 - as realpath gives it
        seen = [_shows(folders[0], folders[1]), _shows(folders[1], folders[0])]
        names = {os.path.basename(place).casefold() for place in places}  # noqa: PTH119
        if True in seen and folders[0] != folders[1] and len(names) == 1:
            return Sameness.ONE
        has_more_names = first.st_nlink > 1 or second.st_nlink > 1
        # two unions may share a branch that neither of them puts new files into
        may_share = first.st_dev != second.st_dev and all(map(unions.is_union, places))
        is_untold = None in seen or has_more_names or (may_share and by_branches == unions.UNSURE)
        is_untold = is_untold or unions.may_borrow(*places)
        return Sameness.UNSURE if is_untold else Sameness.TWO


@contextmanager
def _opened(path: PurePath) -> Iterator[os.stat_result]:
    """The status of a regular file, which stays open inside: numbers that are made up are not given anew meanwhile."""
    with translated(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise StorageError(path, "it is not a regular file")
        yield status
    finally:
        os.close(descriptor)


def _shows(folder: str, other: str) -> bool | None:
    """Whether an empty file that is put into a folder appears in another one too; None if that cannot be tried."""
    name = f".{secrets.token_hex(8)}{TEMPORARY_SUFFIX}"
    probe = os.path.join(folder, name)  # noqa: PTH118 - as realpath gives it
    try:
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError:
        return None
    try:
        os.stat(os.path.join(other, name))  # noqa: PTH116, PTH118
    except FileNotFoundError:
        return False
    except OSError:
        return None
    finally:
        with suppress(OSError):
            os.unlink(probe)  # noqa: PTH108 - the empty file that was made above
    return True
