"""Pure: which files may go, and why. The only place that constructs a `Removal` (INV-1).

A file goes for one of three reasons: it is proven to exist elsewhere, the user's rule says so, or camvault made it
itself. Whatever does not clearly meet its policy is kept, with the reason. Every policy holds for the identity it was
given, not for the name (INV-2): storage refuses another file of the same name.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath

import attrs

from camvault.core.retention.rules import Victim
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.removal import Leftover, Proof, Removal, RetentionReason

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

    A proof is for a file (size, mtime), not for a name: a name that comes back is a new file and is kept (INV-2). A
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


def plan_leftovers(entries: Iterable[FileEntry], *, marker: str) -> RemovalPlan:
    """Remove what camvault made itself and needs no more, as these entries were seen.

    `marker` is what proves that they are ours: a suffix only camvault gives, or the marker file of their folder. It is
    for the caller to have looked; without a marker all are kept. Folders are kept: they are pruned once empty.
    """

    def judge(entry: FileEntry) -> Leftover | str:
        if not marker:
            return "nothing proves that camvault made it"
        if entry.kind is FileKind.FOLDER:
            return "it is a folder"
        return Leftover(marker)

    return _plan(entries, judge)


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


def plan_build_dir_removal(entries: Iterable[FileEntry], *, marker: str) -> RemovalPlan:
    """Remove everything in a build directory, of which `entries` is a complete scan; the marker itself goes last.

    The folder is the one that holds the file named `marker` (the outermost one). What is not below it is kept, and so
    is everything if there is no such file. With the marker as the last removal, a run that is cut off can be repeated.
    """
    seen = tuple(entries)
    markers = [entry for entry in seen if entry.path.name == marker and entry.kind is FileKind.FILE]
    root = min(markers, key=lambda entry: len(entry.path.parts)).path.parent if markers else None

    def judge(entry: FileEntry) -> Leftover | str:
        if root is None:
            return f"its folder has no {marker}"
        if root not in entry.path.parents:
            return f"it is not in the folder of {marker}"
        if entry.kind is FileKind.FOLDER:
            return "it is a folder"
        return Leftover(marker)

    plan = _plan(seen, judge)
    is_last = {entry.path for entry in markers}
    return attrs.evolve(plan, removals=tuple(sorted(plan.removals, key=lambda removal: removal.path in is_last)))


def _plan(entries: Iterable[FileEntry], judge: Callable[[FileEntry], Proof | Leftover | str]) -> RemovalPlan:
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
