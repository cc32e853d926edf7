"""Pure: which files may go, and why. The only place that constructs a `Removal` (INV-1).

A file goes for one of four reasons: a witness of it survives (`survivors`), it is proven to exist elsewhere, a rule of
the user says so (`rules`), or it never was footage and camvault made it itself (`leftovers`). Whatever does not clearly
meet its policy is kept, with the reason. Every policy holds for the identity that it was given, not for the name
(INV-2): storage refuses another file of the same name.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath

import attrs

from camvault.core.retention.leftovers import judge_leftover
from camvault.core.retention.rules import Victim
from camvault.core.retention.survivors import Survivor, doubt_of
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.removal import Leftover, Proof, Removal, RetentionReason
from camvault.ports.witness import FileRead, Witness

_SHA256 = re.compile(r"[0-9a-f]{64}")


@attrs.frozen
class Proven:
    """A proof, and which file it is for: the one of this identity that stood under the path when it was proven."""

    identity: FileIdentity
    proof: Proof


@attrs.frozen
class Kept:
    """A file that stays, and why."""

    entry: FileEntry
    reason: str

    def __str__(self) -> str:
        return f"{self.entry.path} is kept: {self.reason}"


@attrs.frozen
class RemovalPlan:
    """What goes and what stays, each with its reason; printing it is the dry run (INV-7)."""

    removals: tuple[Removal, ...] = ()
    kept: tuple[Kept, ...] = ()

    @property
    def size_bytes(self) -> int:
        """What the removals free."""
        return sum(removal.identity.size_bytes for removal in self.removals)


def plan_proven(entries: Iterable[FileEntry], *, proofs: Mapping[PurePath, Proven]) -> RemovalPlan:
    """Remove the files that are proven to exist elsewhere, keep the rest.

    A proof is for a file (`FileIdentity`), not for a name: a name that comes back is a new file and is kept (INV-2). A
    proof without a digest proves nothing. Links and whatever else is no regular file are kept.
    """

    def judge(entry: FileEntry) -> Proof | str:
        proven = proofs.get(entry.path)
        if entry.kind is not FileKind.FILE:
            return f"it is not a regular file but a {entry.kind.value}"
        if proven is None:
            return "nothing proves that it exists elsewhere"
        if proven.identity != entry.identity:
            return "it is not the file that was proven: its size or its time differ"
        if _sound(proven.proof) is None:
            return "its proof has no SHA-256"
        return proven.proof

    return _plan(entries, judge)


def plan_witnessed(going: FileEntry, *, content: FileRead, survivor: Survivor, reason: Proof | Leftover) -> RemovalPlan:
    """Remove one file of which a copy survives: both were read in this run, and are two files (INV-1).

    The only way out for an original, an output, and whatever was left of one. A doubt keeps the file.
    """
    doubt = doubt_of(going, content, survivor)
    if doubt is not None:
        return RemovalPlan(kept=(Kept(going, doubt),))
    witness = Witness(survivor.path, survivor.read.identity, survivor.read.sha256, survivor.stands_for)
    return RemovalPlan((Removal(going.path, content.identity, reason, witness),))


def plan_only_copies(entries: Iterable[FileEntry], *, flag: str) -> RemovalPlan:
    """Remove files of which no other copy was seen, because the user said so with `flag`. Folders are kept."""
    reason = RetentionReason(flag, "the user allows that only copies are removed")
    return _plan(entries, lambda entry: "it is a folder" if entry.kind is FileKind.FOLDER else reason)


def plan_by_rule(entries: Iterable[FileEntry], *, reason: RetentionReason) -> RemovalPlan:
    """Remove these files because a rule of the user, which `reason` names, says so. What is no regular file is kept."""
    return _plan(
        entries,
        lambda entry: reason if entry.kind is FileKind.FILE else f"it is not a regular file but a {entry.kind.value}",
    )


def plan_leftovers(entries: Iterable[FileEntry], *, marker: str, records: tuple[str, ...] = ()) -> RemovalPlan:
    """Remove what camvault made itself, never was footage, and is needed no more, as these entries were seen.

    `marker` is what proves that they are ours: a suffix that only camvault gives, or the marker file of their folder.
    The caller has looked for it; without a marker all are kept. Kept are also files whose name is not one that camvault
    gives only to what is unfinished, or to one of its `records`: only a witness lets these go (`plan_witnessed`).
    Folders are kept: they are pruned once they are empty.
    """
    return _plan(entries, lambda entry: judge_leftover(entry, marker=marker, records=records))


def plan_victims(victims: Iterable[Victim]) -> RemovalPlan:
    """Remove what the rules of the user chose, in their order; a proof without a digest proves nothing.

    A removal by a rule carries the proof too if there is one: only without any is the footage lost.
    """
    removals: list[Removal] = []
    kept: list[Kept] = []
    for victim in victims:
        segment, reason = victim.segment, victim.reason
        if isinstance(reason, RetentionReason):
            removals.append(Removal(segment.path, segment.identity, attrs.evolve(reason, proof=_sound(segment.proof))))
        elif _sound(reason) is None:
            kept.append(Kept(FileEntry(segment.path, segment.identity), "its proof has no SHA-256"))
        else:
            removals.append(Removal(segment.path, segment.identity, reason))
    return RemovalPlan(tuple(removals), tuple(kept))


def _sound(proof: Proof | None) -> Proof | None:
    """The proof, if it has a digest."""
    return proof if proof is not None and _SHA256.fullmatch(proof.sha256) else None


def _plan(
    entries: Iterable[FileEntry], judge: Callable[[FileEntry], Proof | RetentionReason | Leftover | str]
) -> RemovalPlan:
    """One decision for each entry, in their order."""
    removals: list[Removal] = []
    kept: list[Kept] = []
    for entry in entries:
        verdict = judge(entry)
        if isinstance(verdict, str):
            kept.append(Kept(entry, verdict))
        else:
            removals.append(Removal(entry.path, entry.identity, verdict))
    return RemovalPlan(tuple(removals), tuple(kept))
