r"""Pure: what the note of a ledger's line says of a clip, beyond the other fields.

`key=value` with tabs between them, each value escaped as a field of a ledger is. What has no such keys is a remark of
others (the address of a server), and says nothing of these.

| key        | meaning                                                                                     |
|------------|---------------------------------------------------------------------------------------------|
| `sample`   | what `ContentSampler.sample` gave for the content                                            |
| `staged`   | the mtime_ns of the staged file, if the file system of the staging does not keep that of the card |
| `card`     | the path on the card, if the clip is staged under another name                               |
| `remark`   | for people                                                                                  |
"""

import re
from pathlib import PurePosixPath

import attrs

from camvault.core.segments.synced_log import escaped, unescaped

STILL_RECORDING = "still recording"
OF_ANOTHER = "another server is used now"
_KEYS = ("sample", "staged", "card", "remark")
_WHOLE = re.compile(r"-?[0-9]{1,30}", re.ASCII)


@attrs.frozen(kw_only=True)
class ClipNote:
    """The values, "" or None where there is none."""

    sample: str = ""
    staged_mtime_ns: int | None = None
    card_path: PurePosixPath | None = None
    remark: str = ""

    def __str__(self) -> str:
        staged = "" if self.staged_mtime_ns is None else str(self.staged_mtime_ns)
        card = "" if self.card_path is None else str(self.card_path)
        values = zip(_KEYS, (self.sample, staged, card, self.remark), strict=True)
        return "\t".join(f"{key}={escaped(value)}" for key, value in values if value)


def following_note(note: str, *, remark: str) -> str:
    """The note of a later line about the same clip: the same values, and a remark of its own."""
    return str(attrs.evolve(read_note(note), remark=remark))


def read_note(text: str) -> ClipNote:
    """What a note says; what it does not say, and what cannot be read, is missing."""
    found = dict(part.split("=", 1) for part in text.split("\t") if part.partition("=")[0] in _KEYS and "=" in part)
    values = {key: unescaped(value) or "" for key, value in found.items()}
    staged, card = values.get("staged", ""), values.get("card", "")
    return ClipNote(
        sample=values.get("sample", ""),
        staged_mtime_ns=int(staged) if _WHOLE.fullmatch(staged) else None,
        card_path=PurePosixPath(card) if card else None,
        remark=values.get("remark", ""),
    )
