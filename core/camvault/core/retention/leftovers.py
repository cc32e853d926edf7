"""Pure: what camvault made itself, never was footage, and is needed no more.

A verdict is no removal yet: `removals` makes one of it.
"""

from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.removal import Leftover

Verdict = Leftover | str
"""Why the file may go; a text says why it stays."""

UNFINISHED_SUFFIX = ".camvault-part"
"""Every unfinished file has it, and no file under its final name."""


def judge_leftover(entry: FileEntry, *, marker: str, records: tuple[str, ...] = ()) -> Verdict:
    """Whether a file that the caller knows to be ours by `marker` may go; folders are pruned once they are empty.

    `records` are names of files that hold no footage.
    """
    if not marker:
        return "nothing proves that camvault made it"
    if entry.kind is FileKind.FOLDER:
        return "it is a folder"
    if not entry.path.name.endswith(UNFINISHED_SUFFIX) and entry.path.name not in (marker, *records):
        return "it may be footage, and no witness of it was seen"
    return Leftover(marker)
