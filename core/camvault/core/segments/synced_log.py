r"""Pure: the `.synced` log of a day, and how a path is written as one field of a line.

`YYYY-MM-DD.synced` is as specified: one path a line, relative to the folder that is backed up. It says that a name was
sent, not which file of that name, so nothing is removed because of it; which file it was is in the ledger.

A name is written as it is, unless it holds a newline, carriage return or tab, or begins with a backslash: then the
field begins with a backslash, and `\\`, `\n`, `\r`, `\t` stand for these characters.
Source of the rule: the output of GNU sha256sum. A log without any escapes is read the same way.
"""

import re
from pathlib import PurePosixPath

LOG_SUFFIX = ".synced"

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CHARACTERS = {escape: character for character, escape in _ESCAPES.items()}
_ESCAPED = re.compile(r"(?:[^\\\n\r\t]|\\[\\nrt])*")


def escaped(text: str) -> str:
    """`text` as one field of a line."""
    if text.startswith("\\") or any(character in text for character in "\n\r\t"):
        return "\\" + "".join(_ESCAPES.get(character, character) for character in text)
    return text


def unescaped(field: str) -> str | None:
    """The text that the field stands for; None if `escaped` never writes such a field."""
    if not field.startswith("\\"):
        return field
    if _ESCAPED.fullmatch(field, 1) is None:
        return None
    return re.sub(r"\\.", lambda match: _CHARACTERS[match[0]], field[1:])


def synced_line(path: PurePosixPath) -> str:
    """A line of the day's log, without its newline."""
    return escaped(str(path))


def parse_synced(text: str) -> frozenset[PurePosixPath]:
    """The paths of a day's log. A last line without its newline is torn and not believed; blank lines mean nothing."""
    lines = (line.removesuffix("\r") for line in text.split("\n")[:-1])
    return frozenset(PurePosixPath(name) for line in lines if line.strip() and (name := unescaped(line)) is not None)
