"""Workflow step: remember beyond the run that it was not known what became of the target, or that it lost a file.

A folder that was deleted at the target is no reason to believe that it is well as soon as the target is switched off.
So a doubt is written down beside the records, before anything that follows from it. It is one of the whole target:
what lost one file may have lost all. While it lasts, nothing goes because of the recorded proofs. It ends when all that
is here and proven was found at the target again, by its content, or when the target is marked anew.

What was lost is known by a file that exists, so where there is no room for words, an empty one does: `IN_DOUBT_NAME`.
Where not even that can be made, nothing goes in this run; nor in the next ones while the target is offline and the
records cannot be opened to be written (`unwritable`): a doubt of before would not be there either.
"""

from contextlib import suppress
from pathlib import PurePath

from camvault.core.retention.removals import plan_leftovers
from camvault.ports.errors import BusyError, StorageError
from camvault.ports.files import Storage
from camvault.ports.transfer import Offline, TargetAnswer, Unsure

DOUBT_NAME = ".camvault-doubt"
IN_DOUBT_NAME = ".camvault-in-doubt"


def doubt_before(records: PurePath, storage: Storage) -> str:
    """What was found when the target was seen last and was in doubt; "" if it was not. Unreadable is a doubt too."""
    try:
        words = (storage.read_text(records / DOUBT_NAME) or "").strip()
        if not words and storage.entry(records / IN_DOUBT_NAME) is not None:
            return "it was in doubt, and there was no room to write down why"
    except StorageError as error:
        return f"what was known of it cannot be read: {error}"
    return words


def unwritable(records: PurePath, storage: Storage) -> str:
    """Why no doubt could have been written down; "" if it could. Needs no room but for an empty file."""
    try:
        with storage.lock(records / DOUBT_NAME):
            return ""
    except BusyError:
        return ""
    except StorageError as error:
        return f"whether it was in doubt cannot be told, because nothing can be written down: {error}"


def believed(
    answer: TargetAnswer, *, doubt: str, records: PurePath, storage: Storage, is_dry_run: bool
) -> TargetAnswer:
    """The answer; "offline" is none beside a doubt, nor where a doubt could not have been written down."""
    if not isinstance(answer, Offline):
        return answer
    if doubt:
        return Unsure(f"{answer}; and when it was not, {doubt}")
    problem = "" if is_dry_run else unwritable(records, storage)
    return Unsure(f"{answer}; {problem}") if problem else answer


def keep_doubt(records: PurePath, storage: Storage, doubt: str) -> None:
    """Write the doubt down, if only that there is one. What cannot be written at all, `unwritable` finds later."""
    try:
        storage.write_text(records / DOUBT_NAME, f"{doubt}\n")
    except StorageError:
        with suppress(StorageError, BusyError), storage.lock(records / IN_DOUBT_NAME):
            pass


def end_doubt(records: PurePath, storage: Storage) -> None:
    """It is over; if that cannot be written down, it goes on."""
    with suppress(StorageError):
        storage.write_text(records / DOUBT_NAME, "")
        entry = storage.entry(records / IN_DOUBT_NAME)
        if entry is not None:
            for removal in plan_leftovers([entry], marker=IN_DOUBT_NAME, records=(IN_DOUBT_NAME,)).removals:
                storage.remove(removal)
