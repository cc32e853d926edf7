"""The canary: a word that every password of the tests holds, and that may be found nowhere.

    PASSWORD = canary.password(':@/% "$')
    secret = canary.keep(tmp_path / "password")         # a file whose purpose is to hold it
    secret.write_text(PASSWORD)

The word is another one in each process that runs tests, so that what is found there was leaked there, and neither a
`grep` for it nor a second run on the machine is taken for a leak. Do not put it into the id of a test. It is letters
and digits only, which no quoting, escaping or percent-encoding changes: whatever stands around it, it is found.
`tests.canary_watch` looks for it in every process, file and message of the run.
"""

import base64
import hashlib
import secrets
from pathlib import Path
from typing import Final

import attrs

_USERS: Final = ("viewer", "cam@example.org", "u")
_REALMS: Final = ("camera", "GStreamer RTSP Server")
_ALIGNMENTS: Final = 3


def _base64_cores(word: bytes) -> dict[str, bytes]:
    """What every base64 text that holds the word has in it, wherever the word begins: of `user:password`, say."""
    cores = {}
    for shift in range(_ALIGNMENTS):
        text = base64.b64encode(b"\0" * shift + word)
        begins, ends = -(-shift * 4 // 3), (shift + len(word)) * 4 // 3
        cores[f"base64, shifted by {shift}"] = text[begins:ends]
    return cores


WORD: Final = f"c4n4ry{secrets.token_hex(7)}"
NEEDLES: Final = {"plain": WORD.encode(), "hexadecimal": WORD.encode().hex().encode(), **_base64_cores(WORD.encode())}
"""What is looked for everywhere, by the name of the encoding."""

digests: Final[dict[str, bytes]] = {}
"""What is as good as a password where a camera asks for digest authentication; looked for in texts."""


def password(rest: str = "") -> str:
    """A password: the word, and what makes it hard to handle."""
    made = WORD + rest
    for user in _USERS:
        for realm in _REALMS:
            secret = hashlib.md5(f"{user}:{realm}:{made}".encode(), usedforsecurity=False).hexdigest()
            digests[f"digest for {user} at {realm}, password {len(digests)}"] = secret.encode()
    return made


PASSWORD: Final = password()


@attrs.frozen(order=True)
class Hit:
    """A leak: of which kind, where, and in which encoding; never the text itself."""

    kind: str
    place: str
    encoding: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.place} ({self.encoding})"


hits: Final[set[Hit]] = set()
"""What was found and not yet reported."""

keepers: Final[set[Path]] = set()


def keep(path: Path) -> Path:
    """Name a file, or a folder, whose purpose is to hold a password. It is not searched."""
    keepers.add(path.absolute())
    return path


def found_in(data: str | bytes) -> list[str]:
    """The encodings in which the word is in there."""
    raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
    return [name for name, needle in NEEDLES.items() if needle in raw]


def note(kind: str, place: str, encoding: str) -> None:
    """Remember a leak; the place may be one itself."""
    hits.add(Hit(kind, hidden(place), encoding))


def hidden(text: str) -> str:
    """The text without the word."""
    return text.replace(WORD, "***")


def look(kind: str, place: str, data: str | bytes) -> None:
    """Look whether the word, or a digest of a password, is in what a product said; the run fails if it is."""
    raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
    found = [*found_in(raw), *(name for name, digest in digests.items() if digest in raw)]
    for name in found:
        note(kind, place, name)
