r"""Pure: the ledger of footage: which file was proven to be elsewhere, or lost, and how that is known.

One line for each thing that became known of a file, for all systems:

    path size mtime_ns sha256 kind when where device inode ctime_ns note crc32

with a tab between the fields:

| field           | meaning                                                                                        |
|-----------------|------------------------------------------------------------------------------------------------|
| path            | relative to the folder that is backed up                                                       |
| size, mtime_ns  | which file it is (`FileIdentity`), with device, inode and ctime_ns; empty if that is not known  |
| sha256          | of the content, hex; `-` where content was not compared                                        |
| kind            | how it is known (`ProofKind`)                                                                  |
| when            | ISO 8601, UTC                                                                                  |
| where           | the number in the marker of the target; empty for a target without one, and for what is lost   |
| note            | for people: the target's address then; for what is lost, the rule of the user                  |
| crc32           | of the line before the last tab, hex                                                           |

A line torn by a power cut, or merged with another one, is not believed, because of its CRC (INV-18). The last line
about a path counts. Fields are escaped as in `synced_log`.

A line of 8 fields is of a version before this one: it ends after `where`, which was the target's address. Its number is
not known then, so it is no proof (the file was sent to some target), and its address is the note. Versions before this
one take a line of 12 fields for a damaged one.
"""

import enum
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from zlib import crc32

import attrs

from camvault.core.segments.synced_log import escaped, unescaped
from camvault.ports.entries import FileIdentity, Recognition
from camvault.ports.removal import Proof

_SIZE_AND_MTIME = re.compile(r"-?[0-9]{1,30}\t-?[0-9]{1,30}", re.ASCII)
_INODE_AND_CTIME = re.compile(r"(?:-?[0-9]{1,30})?\t(?:-?[0-9]{1,30})?|", re.ASCII)
"""Neither need be known; an old line has no such fields."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NO_SHA256 = "-"
_FIELD_COUNTS = frozenset({7, 11})
"""Of an old line and of a new one, without the CRC."""


class ProofKind(enum.Enum):
    """How it is known that a file is elsewhere."""

    READ_BACK = "read-back"
    """The content was read from the target, past this machine's cache, and hashed here."""
    READ_CACHED = "read-cached"
    """The content was read from the target and hashed here, but it may have come from this machine's cache."""
    REMOTE_HASH = "remote-hash"
    """The target hashed the content."""
    COMPARED = "compared"
    """Both ends read all of the content and compared checksums."""
    SIZE = "size"
    """Name and size only: no reason to remove anything."""
    SENT = "sent"
    """The program that sent the file reported success: no reason to remove anything."""
    WITHDRAWN = "withdrawn"
    """A later look found the file missing or different; without a digest: it was sent anew, and differed at once."""
    LOST = "lost"
    """A rule of the user removed it here without proof that it is elsewhere."""
    ENCODED = "encoded"
    """It is an archive, made of a file whose SHA-256 is in `where`; see `archive.records`."""
    ARCHIVED = "archived"
    """An archive was made of it, whose path is in `where`."""
    TRASHED = "trashed"
    """It was moved to the trash."""
    SEEN = "seen"
    """It is on a camera's card, whose number is in `where`; it is nowhere else yet."""
    STAGED = "staged"
    """It was copied from a camera's card to this machine, with this SHA-256: no proof that it is elsewhere."""
    UNSTAGED = "unstaged"
    """It was removed from the staging of this machine, as proven to be at the target in `where`."""
    OVERWRITTEN = "overwritten"
    """It is gone from a camera's card, and was not copied before."""

    @property
    def is_proof(self) -> bool:
        """Whether the file may be removed here because of it."""
        return self in (ProofKind.READ_BACK, ProofKind.READ_CACHED, ProofKind.REMOTE_HASH, ProofKind.COMPARED)


_KINDS = {kind.value: kind for kind in ProofKind}


@attrs.frozen
class LedgerEntry:
    """What is known of one file.

    Attributes:
        path: Relative to the folder that is backed up.
        identity: Which file it is.
        sha256: Of its content; "" if that was not compared.
        kind: How it is known.
        when: An ISO time, as written.
        where: The number in the marker of the target; "" if the target has none, or if that is not known.
        note: For people: the target's address then; for what is lost, the rule that took it.
    """

    path: PurePosixPath
    identity: FileIdentity
    sha256: str
    kind: ProofKind
    when: str
    where: str
    note: str = ""

    @property
    def proof(self) -> Proof | None:
        """That this file is elsewhere; None if that is not known, or without a digest (INV-13)."""
        if not self.kind.is_proof or _SHA256.fullmatch(self.sha256) is None:
            return None
        return Proof(self.note or self.where, self.sha256, self.where)

    def proof_at(self, number: str, /) -> Proof | None:
        """The proof, if it is of the target with this number; "" is the number of none."""
        return self.proof if number and self.where == number else None


@attrs.frozen
class Ledger:
    """The last word on each path.

    Attributes:
        entries: By path.
        damaged: The lines that were not believed, numbered from 1.
        is_torn_only: Whether no more is wrong than the last line, which was begun: a power cut leaves that.
    """

    entries: Mapping[PurePosixPath, LedgerEntry] = attrs.field(factory=dict)
    damaged: tuple[int, ...] = ()
    is_torn_only: bool = attrs.field(default=True, eq=False)

    def proof_of(self, path: PurePosixPath, identity: FileIdentity, /, *, number: str) -> Proof | None:
        """The proof for this file at the target of this number; None for another file of the same name (INV-2)."""
        entry = self.known(path, identity)
        return None if entry is None else entry.proof_at(number)

    def known(self, path: PurePosixPath, identity: FileIdentity, /) -> LedgerEntry | None:
        """What is known of this file; nothing of one that is recognized with doubt, which may be another one."""
        entry = self.entries.get(path)
        if entry is None or entry.identity.recognized_in(identity) is not Recognition.SAME:
            return None
        return entry


def ledger_line(entry: LedgerEntry) -> str:
    """A line of the ledger, without its newline."""
    file = entry.identity
    fields = (
        *(str(entry.path), str(file.size_bytes), str(file.mtime_ns), entry.sha256 or _NO_SHA256, entry.kind.value),
        *(entry.when, entry.where, file.device),
        *("" if number is None else str(number) for number in (file.inode, file.ctime_ns)),
        entry.note,
    )
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
    is_begun = damaged == [text.count("\n") + 1] and "\0" not in text.rpartition("\n")[2]
    return Ledger(entries, tuple(damaged), is_torn_only=is_begun or not damaged)


def ledger_lines(text: str) -> tuple[tuple[LedgerEntry, ...], tuple[int, ...]]:
    """All lines that can be believed, oldest first, and the numbers of those that cannot, from 1."""
    parsed = [(number, line, _parsed(line)) for number, line in enumerate(text.split("\n"), start=1)]
    entries = tuple(entry for _, _, entry in parsed if entry is not None)
    return entries, tuple(number for number, line, entry in parsed if entry is None and line.strip())


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
    path, size, mtime, sha256, kind, when, where, *further = fields
    device, inode, ctime, note = further or ("", "", "", where)
    identity = FileIdentity(int(size), int(mtime), device, _number(inode), _number(ctime))
    digest = "" if sha256 == _NO_SHA256 else sha256
    return LedgerEntry(PurePosixPath(path), identity, digest, _KINDS[kind], when, where if further else "", note)


def _number(field: str) -> int | None:
    return int(field) if field else None


def _fields(line: str) -> Sequence[str] | None:
    """The fields of a line as they were before they were escaped; None if it is not to be believed."""
    body, _, crc = line.rpartition("\t")
    fields = body.split("\t")
    if len(fields) not in _FIELD_COUNTS or crc != _crc(body):
        return None
    if "\\" in body:
        plain = [field for field in map(unescaped, fields) if field is not None]
        if len(plain) != len(fields):
            return None
        fields = plain
    is_ours = fields[4] in _KINDS and _SIZE_AND_MTIME.fullmatch("\t".join(fields[1:3]))
    return fields if is_ours and _INODE_AND_CTIME.fullmatch("\t".join(fields[8:10])) else None


def _crc(line: str) -> str:
    return f"{crc32(line.encode('utf-8', 'surrogateescape')):08x}"
