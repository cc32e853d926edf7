r"""Pure: what was backed up: the `.synced` log of a day, and the ledger beside it.

`YYYY-MM-DD.synced` is as specified: one path a line, relative to the folder that is backed up. It says that a name was
sent, not which file of that name, so nothing is removed because of it. The ledger says which file, and what is known:

    path TAB size TAB mtime_ns TAB sha256 TAB kind TAB when TAB where TAB crc32

`sha256` is `-` where content was not compared. The CRC is that of the line before the last tab: a line torn by a power
cut, or merged with another one, is not believed (INV-18). The last line about a path counts.

In both a name is written as it is, unless it holds a newline, carriage return or (in the ledger) tab, or begins with a
backslash: then the field begins with a backslash, and `\\`, `\n`, `\r`, `\t` stand for these characters.
Source of the rule: the output of GNU sha256sum. A plain old log is read the same way.
"""

import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import PurePosixPath
from zlib import crc32

import attrs

from camvault.core.segments.names import SUFFIX
from camvault.ports.entries import FileEntry, FileIdentity, FileKind, ListedFile, Listing
from camvault.ports.removal import Proof

LOG_SUFFIX = ".synced"

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CHARACTERS = {escape: character for character, escape in _ESCAPES.items()}
_ESCAPED = re.compile(r"(?:[^\\\n\r\t]|\\[\\nrt])*")
_NUMBER = re.compile(r"-?[0-9]{1,30}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FIELD_COUNT = 8


class ProofKind(enum.Enum):
    """How it is known that a file is elsewhere."""

    READ_BACK = "read-back"
    """Its content was read from the target, past this machine's cache, and hashed here."""
    READ_CACHED = "read-cached"
    """Its content was read from the target and hashed here, but it may have come from this machine's cache."""
    REMOTE_HASH = "remote-hash"
    """The target hashed its content."""
    COMPARED = "compared"
    """Both ends read all of it and compared checksums."""
    SIZE = "size"
    """Name and size only: no reason to remove anything."""
    SENT = "sent"
    """The program that sent it reported success: no reason to remove anything."""
    WITHDRAWN = "withdrawn"
    """A later look found it missing or different; without a digest: it was sent anew, and was different at once."""
    LOST = "lost"
    """A rule of the user removed it here without proof that it is elsewhere."""

    @property
    def is_proof(self) -> bool:
        """Whether the file may be removed here because of it."""
        return self in (ProofKind.READ_BACK, ProofKind.READ_CACHED, ProofKind.REMOTE_HASH, ProofKind.COMPARED)


_KINDS = {kind.value: kind for kind in ProofKind}


@attrs.frozen
class LedgerEntry:
    """What is known of one file. `when` is an ISO time as written; `path` is relative to the backed-up folder."""

    path: PurePosixPath
    identity: FileIdentity
    sha256: str
    kind: ProofKind
    when: str
    where: str


@attrs.frozen
class Ledger:
    """The last word on each path; `damaged` holds the lines that were not believed, numbered from 1."""

    entries: Mapping[PurePosixPath, LedgerEntry] = attrs.field(factory=dict)
    damaged: tuple[int, ...] = ()

    def proof_of(self, path: PurePosixPath, identity: FileIdentity, /) -> Proof | None:
        """The proof for this file; None for another one of the same name, or without a digest (INV-2, INV-13)."""
        entry = self.known(path, identity)
        if entry is None or not entry.kind.is_proof or _SHA256.fullmatch(entry.sha256) is None:
            return None
        return Proof(entry.where, entry.sha256)

    def known(self, path: PurePosixPath, identity: FileIdentity, /) -> LedgerEntry | None:
        """What is known of this file."""
        entry = self.entries.get(path)
        return entry if entry is not None and entry.identity == identity else None


def escaped(text: str) -> str:
    """`text` as one field of a line."""
    if text.startswith("\\") or any(character in text for character in "\n\r\t"):
        return "\\" + "".join(_ESCAPES.get(character, character) for character in text)
    return text


def unescaped(field: str) -> str | None:
    """What the field stands for; None if it is none of ours."""
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


def ledger_line(entry: LedgerEntry) -> str:
    """A line of the ledger, without its newline."""
    size, mtime = str(entry.identity.size_bytes), str(entry.identity.mtime_ns)
    fields = (str(entry.path), size, mtime, entry.sha256 or "-", entry.kind.value, entry.when, entry.where)
    line = "\t".join(escaped(field) for field in fields)
    return f"{line}\t{_crc(line)}"


def parse_ledger(text: str) -> Ledger:
    """The ledger as far as it can be believed."""
    entries: dict[PurePosixPath, LedgerEntry] = {}
    damaged = []
    for number, line in enumerate(text.split("\n"), start=1):
        entry = _parsed(line)
        if entry is not None:
            entries[entry.path] = entry
        elif line.strip():
            damaged.append(number)
    return Ledger(entries, tuple(damaged))


def ledger_names(text: str) -> tuple[frozenset[tuple[str, int, int]], int]:
    """Name, size and mtime_ns of each file in a ledger, and how many lines were not believed: a report needs no more.

    As `parse_ledger`, of which it is the cheap part: the last line about a path counts.
    """
    found: dict[str, tuple[str, int, int]] = {}
    damaged = 0
    for line in text.split("\n"):
        fields = _fields(line)
        if fields is not None:
            path, name = fields[0], fields[0].rpartition("/")[2]
            if "//" in path or "/." in path or path.startswith(".") or not name:  # two spellings of one path
                path, name = str(PurePosixPath(path)), PurePosixPath(path).name
            found[path] = name, int(fields[1]), int(fields[2])
        elif line.strip():
            damaged += 1
    return frozenset(found.values()), damaged


def _parsed(line: str) -> LedgerEntry | None:
    fields = _fields(line)
    if fields is None:
        return None
    path, size, mtime, sha256, kind, when, where = fields
    identity = FileIdentity(int(size), int(mtime))
    return LedgerEntry(PurePosixPath(path), identity, "" if sha256 == "-" else sha256, _KINDS[kind], when, where)


def _fields(line: str) -> Sequence[str] | None:
    """The fields of a line as they were before they were escaped; None if it is not to be believed."""
    body, _, crc = line.rpartition("\t")
    written = body.split("\t")
    fields = [unescaped(field) for field in written] if "\\" in body else written
    if crc != _crc(body) or len(fields) != _FIELD_COUNT - 1:
        return None
    said = [field for field in fields if field is not None]
    if len(said) != len(fields) or said[4] not in _KINDS:
        return None
    return said if _NUMBER.fullmatch(said[1]) and _NUMBER.fullmatch(said[2]) else None


def _crc(line: str) -> str:
    return f"{crc32(line.encode('utf-8', 'surrogateescape')):08x}"


def proven_mark(folder: PurePosixPath, listing: Listing, *, ledger: ListedFile | None, today: str) -> str:
    """A digest of all that decides whether every file of a folder is proven: the same again is the same answer.

    It is of the files as they are listed and of the ledger's file as it is listed, so that a line of that ledger need
    not be parsed for each file in each run. The day is in it, so that once a day everything is read anew: bits that
    fell over on the disk change no listing. Nothing is ever removed because of it (INV-21).
    """
    facts = str(folder), [tuple(file) for file in listing.files], ledger and tuple(ledger), today
    return sha256(ascii(facts).encode("ascii")).hexdigest()


def is_footage(name: str) -> bool:
    """Whether it is named like a recording, of whatever origin."""
    return name.endswith(SUFFIX) and name != SUFFIX


@attrs.frozen
class BackupPlan:
    """What to send, oldest first, and what needs no sending because this very file is proven already."""

    to_send: tuple[FileEntry, ...]
    proven: tuple[FileEntry, ...]


def plan_backup(
    entries: Iterable[FileEntry], *, root: PurePosixPath, today: frozenset[PurePosixPath], ledger: Ledger
) -> BackupPlan:
    """What is not yet in today's log, or is there as another file.

    Args:
        entries: Everything below `root`; only regular `.mkv` files count.
        root: The folder that is backed up.
        today: The paths of today's log.
        ledger: What is known of which file.
    """
    to_send, proven = [], []
    for entry in entries:
        if entry.kind is not FileKind.FILE or entry.path.suffix != SUFFIX:
            continue
        path = PurePosixPath(entry.path.relative_to(root))
        if ledger.proof_of(path, entry.identity) is not None:
            proven.append(entry)
        elif path not in today or _is_unsettled(ledger.entries.get(path), entry.identity):
            to_send.append(entry)
    return BackupPlan(tuple(sorted(to_send, key=lambda entry: entry.identity.mtime_ns)), tuple(proven))


def _is_unsettled(known: LedgerEntry | None, identity: FileIdentity) -> bool:
    """A name of today's log that stands for another file, or that was found missing at the target since."""
    return known is not None and (known.identity != identity or known.kind is ProofKind.WITHDRAWN)
