"""Pure: which archive belongs to which source: two lines of a ledger (`segments.ledger`) for each.

| path          | identity, sha256 | kind       | where                      | note                                |
|---------------|------------------|------------|----------------------------|-------------------------------------|
| `input/PATH`  | of the source    | `archived` | the path of the archive    | its doubts: `doubt=...;...`         |
| `output/PATH` | of the archive   | `encoded`  | the SHA-256 of the source  | how it was made: `key=value;...`    |

The line of the source is written first, and counts only together with that of its archive: the archive's last line must
name the content of this source. The doubts stand in both, so that none is lost with one of them. `PATH` is relative to
the root of the input or of the archive. There is a ledger for each day of the stamps.
"""

from pathlib import PurePosixPath

import attrs

from camvault.core.segments.ledger import Ledger, LedgerEntry, ProofKind
from camvault.ports.entries import FileIdentity, Recognition

INPUT, OUTPUT = "input", "output"
_DOUBT = "doubt"


@attrs.frozen
class ArchiveFacts:
    """How an archive was made.

    Attributes:
        encoder: The name of the encoder; "remux" for streams taken as they are, "" if that is not known.
        settings: The settings of the encode in words.
        duration_s: Its length; 0 if that is not known.
        quality: How near the picture is to that of the source, with its measure; "" if that was not measured.
        doubts: Why it may lack something of its source.
    """

    encoder: str = ""
    settings: str = ""
    duration_s: float = 0.0
    quality: str = ""
    doubts: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class ArchiveRecord:
    """What is known of a source and its archive.

    Attributes:
        source: Below the root of the input.
        archive: Below the root of the archive.
        archive_identity: As it was before it got its name: a rename gives it another ctime.
        when: An ISO time, as written.
    """

    source: PurePosixPath
    source_identity: FileIdentity
    source_sha256: str
    archive: PurePosixPath
    archive_identity: FileIdentity
    archive_sha256: str
    when: str
    facts: ArchiveFacts

    def entries(self) -> tuple[LedgerEntry, LedgerEntry]:
        """The two lines, in the order in which they are written."""
        made = LedgerEntry(
            OUTPUT / self.archive,
            attrs.evolve(self.archive_identity, ctime_ns=None),
            self.archive_sha256,
            ProofKind.ENCODED,
            self.when,
            self.source_sha256,
            note_of(self.facts),
        )
        source = LedgerEntry(
            INPUT / self.source,
            self.source_identity,
            self.source_sha256,
            ProofKind.ARCHIVED,
            self.when,
            str(self.archive),
            note_of(ArchiveFacts(doubts=self.facts.doubts)),
        )
        return source, made


def record_of(ledger: Ledger, source: PurePosixPath, identity: FileIdentity) -> ArchiveRecord | None:
    """What is known of this very source; None if no archive of it is.

    A source that is recognized with doubt is taken for it: whether it has the recorded content is seen when it is read,
    before it goes.
    """
    found = ledger.entries.get(INPUT / source)
    if found is None or found.kind is not ProofKind.ARCHIVED:
        return None
    if found.identity.recognized_in(identity) is Recognition.OTHER:
        return None
    archive = PurePosixPath(found.where)
    made = ledger.entries.get(OUTPUT / archive)
    if made is None or made.kind is not ProofKind.ENCODED or made.where != found.sha256:
        return None
    return ArchiveRecord(
        source=source,
        source_identity=found.identity,
        source_sha256=found.sha256,
        archive=archive,
        archive_identity=made.identity,
        archive_sha256=made.sha256,
        when=found.when,
        facts=facts_of(made.note),
    )


def is_doubted_alone(ledger: Ledger, source: PurePosixPath, identity: FileIdentity) -> bool:
    """Whether the line of this very source says that its archive has doubts; it counts also without the other line."""
    found = ledger.entries.get(INPUT / source)
    if found is None or found.kind is not ProofKind.ARCHIVED:
        return False
    is_other = found.identity.recognized_in(identity) is Recognition.OTHER
    return not is_other and bool(facts_of(found.note).doubts)


def lost_entry(
    path: PurePosixPath, identity: FileIdentity, when: str, rule: str, *, known: LedgerEntry | None = None
) -> LedgerEntry:
    """The line about a file that a rule deleted; of a source with an archive it still says which one, and of what.

    `known` is the last line about its path.
    """
    is_archived = known is not None and known.kind is ProofKind.ARCHIVED
    if known is None or not is_archived or known.identity.recognized_in(identity) is Recognition.OTHER:
        return LedgerEntry(path, identity, "", ProofKind.LOST, when, "", rule)
    return LedgerEntry(path, identity, known.sha256, ProofKind.LOST, when, known.where, rule)


def is_recorded(ledger: Ledger, archive: PurePosixPath, identity: FileIdentity) -> bool:
    """Whether the record knows of what source the archive at this path is."""
    made = ledger.entries.get(OUTPUT / archive)
    if made is None or made.kind is not ProofKind.ENCODED:
        return False
    return made.identity.recognized_in(identity) is not Recognition.OTHER


def note_of(facts: ArchiveFacts) -> str:
    """The facts as one field of a line."""
    pairs = [
        ("encoder", facts.encoder),
        ("settings", facts.settings),
        ("duration_s", f"{facts.duration_s:.3f}" if facts.duration_s else ""),
        ("quality", facts.quality),
        *((_DOUBT, doubt) for doubt in facts.doubts),
    ]
    return ";".join(f"{key}={_escaped(value)}" for key, value in pairs if value)


def facts_of(note: str) -> ArchiveFacts:
    """The facts behind such a field; what is not known of it is left out."""
    pairs = [(key, _plain(value)) for key, _, value in (piece.partition("=") for piece in note.split(";"))]
    found = dict(pairs)
    return ArchiveFacts(
        encoder=found.get("encoder", ""),
        settings=found.get("settings", ""),
        duration_s=_seconds(found.get("duration_s", "")),
        quality=found.get("quality", ""),
        doubts=tuple(value for key, value in pairs if key == _DOUBT),
    )


def _seconds(text: str) -> float:
    return float(text) if text.replace(".", "", 1).isdecimal() else 0.0


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace(";", "%3B")


def _plain(text: str) -> str:
    return text.replace("%3B", ";").replace("%25", "%")
