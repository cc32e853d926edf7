"""Pure: how many clips were in each folder when the card was looked at last: none where there were some is told.

A card that lost its power, and a camera that starts anew with an empty card, both look so.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath

import attrs

from camvault.core.segments.synced_log import escaped, unescaped

_FIELDS = 4


@attrs.frozen(kw_only=True)
class FolderLook:
    """The last look at a folder that had clips.

    Attributes:
        folder: Below the root of the card.
        card_number: Of the card; "" if that is not known.
        count: How many files.
        when: An ISO time.
    """

    folder: PurePosixPath
    card_number: str
    count: int
    when: str


def read_looks(text: str) -> Mapping[PurePosixPath, FolderLook]:
    """What was written down; a line that cannot be read is no look."""
    fields = [line.split("\t") for line in text.splitlines()]
    looks = [_look(each) for each in fields if len(each) == _FIELDS and each[0].isascii() and each[0].isdecimal()]
    return {look.folder: look for look in looks}


def _look(fields: list[str]) -> FolderLook:
    count, when, number, folder = (unescaped(field) or "" for field in fields)
    return FolderLook(folder=PurePosixPath(folder), card_number=number, count=int(count), when=when)


def looks_text(looks: Mapping[PurePosixPath, FolderLook]) -> str:
    """The same as text, a line each."""
    rows = ((str(look.count), look.when, look.card_number, str(look.folder)) for look in looks.values())
    return "".join("\t".join(map(escaped, row)) + "\n" for row in rows)


def emptied(before: FolderLook | None, *, count: int, card_number: str) -> str:
    """What is wrong with a folder that has no clips now; "" if it has some, or never had any on this card."""
    if count or before is None or before.card_number != card_number:
        return ""
    name = "the card" if before.folder == PurePosixPath() else str(before.folder)
    return f"{name} has no clips, where there were {before.count:,} at {before.when}; nothing is concluded from that"
