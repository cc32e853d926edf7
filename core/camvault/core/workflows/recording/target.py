"""Workflow, shared part: does what shall be removed here still stand at the target?

A proof says that a file was at the target once. Right before the file is removed here, the target is asked whether it
still has it, by size; by content too, if the proof was no read-back of this target. What is gone or different there is
kept, and its proof withdrawn: the next backup sends it again (INV-13).

A target that cannot be asked (it is off, not mounted, was never used) leaves the recorded proofs as they are: a card
must be able to free itself with the NAS offline. Where something else stands in the target's place, its proofs are
doubted: what is proven is kept, until the disk is so full that recording is in danger; then the recorded proofs do for
as much as is missing. So is a target that answers, and tells nothing of any of its files: its disk may be failing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC
from pathlib import PurePath, PurePosixPath
from typing import TypeVar

import attrs

from camvault.core.chunks import in_pieces
from camvault.core.segments.ledger import Ledger, LedgerEntry, ProofKind
from camvault.core.workflows.recording.records import SyncRecords, day_of
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.files import Storage
from camvault.ports.removal import Proof, Removal
from camvault.ports.transfer import Sendable, Sight, TargetError, Transfer

T = TypeVar("T")

BATCH_FILES = 256
_BATCH_BYTES = 2 * 1024**3
SHORT_PERCENT = 5
"""With less of the disk free, what is proven goes until so much is free, though something else stands at the target."""
_PROBLEMS = {Sight.GONE: "it is not at the target any more", Sight.OTHER: "something else stands there at the target"}


@attrs.frozen
class Look:
    """What came of it.

    Attributes:
        kept: Why each of these is not to be removed.
        withdrawn: The proofs that are none any more, as the ledger shall say it; each is in `kept` too.
        doubted: Kept too, as something else stands in the target's place.
    """

    kept: Mapping[PurePath, str] = attrs.field(factory=dict)
    withdrawn: Mapping[PurePath, LedgerEntry] = attrs.field(factory=dict)
    doubted: tuple[PurePath, ...] = ()


@attrs.frozen(kw_only=True)
class LookPorts:
    """What a look needs of the world."""

    target: Transfer
    storage: Storage
    clock: Clock
    cancel: Cancellation


def batches(removals: Sequence[Removal]) -> Iterator[Sequence[Removal]]:
    """In their order, so few at once that what is looked at is soon removed."""
    return in_pieces(removals, most_files=BATCH_FILES, most_bytes=_BATCH_BYTES)


@attrs.define
class TargetLook:
    """Looks at the target, the first time only when something is to be removed.

    Attributes:
        unseen: Why nobody can look, and the recorded proofs stand.
        doubt: Why no proof of this target is believed at the moment.
    """

    ready: PurePath
    records: SyncRecords
    ports: LookPorts
    unseen: str = ""
    doubt: str = ""
    _missing_bytes: int | None = None
    _word: str | None = None
    _ledgers: dict[str, Ledger] = attrs.field(factory=dict)

    def at(self, removals: Sequence[Removal]) -> Look:
        """Look at these; what is not proven is none of the target's."""
        proven = {removal: removal.proof for removal in removals if removal.proof is not None}
        if proven and self._word is None and not self.unseen and not self.doubt:
            self._ask(self._begin)
        if self.unseen or not proven:
            return Look()
        found = None if self.doubt else self._ask(lambda: self._seen(proven))
        if found is None:
            return self._doubted(proven) if self.doubt else Look()
        return self._judged(proven, found)

    def _doubted(self, proven: Mapping[Removal, Proof]) -> Look:
        """Keep them, except for what recording needs now."""
        if self._missing_bytes is None:
            storage = self.ports.storage
            least_bytes = storage.total_bytes(self.ready) * SHORT_PERCENT // 100
            self._missing_bytes = least_bytes - storage.free_bytes(self.ready)
        doubted = []
        for removal in proven:
            if self._missing_bytes > 0:
                self._missing_bytes -= removal.identity.size_bytes
            else:
                doubted.append(removal.path)
        return Look(doubted=tuple(doubted))

    def _ask(self, question: Callable[[], T]) -> T | None:
        """The answer; None if it turns out that this is not the target, or that nobody answers."""
        try:
            return question()
        except TargetError as error:
            if error.is_other:
                self.doubt = str(error)
            else:
                self.unseen = str(error)
            return None

    def _begin(self) -> None:
        self._word = self.ports.target.check(must_be_known=True)

    def _seen(self, proven: Mapping[Removal, Proof]) -> Mapping[PurePosixPath, Sight]:
        by_content: dict[bool, list[Sendable]] = {False: [], True: []}
        for removal, proof in proven.items():
            path = self._relative(removal)
            by_content[self._is_weak(path, removal, proof)].append(Sendable(path, removal.identity))
        target, cancel = self.ports.target, self.ports.cancel
        found: dict[PurePosixPath, Sight] = {}
        for is_read, files in by_content.items():
            if files:
                found.update(target.look(files, root=self.ready, by_content=is_read, cancel=cancel))
        if target.check(must_be_known=True) != self._word:
            raise TargetError(target.where, "it was exchanged meanwhile")
        if not found and any(self.ports.storage.entry(removal.path) is not None for removal in proven):
            raise TargetError(target.where, "it answers, and says nothing of its files", is_other=True)
        return found

    def _is_weak(self, path: PurePosixPath, removal: Removal, proof: Proof) -> bool:
        day = day_of(path)
        if day not in self._ledgers:
            self._ledgers[day] = self.records.ledger_of_day(day)
        known = self._ledgers[day].known(path, removal.identity)
        is_read_back = known is not None and known.kind is ProofKind.READ_BACK
        return not is_read_back or proof.where != self.ports.target.where

    def _judged(self, proven: Mapping[Removal, Proof], found: Mapping[PurePosixPath, Sight]) -> Look:
        kept: dict[PurePath, str] = {}
        withdrawn: dict[PurePath, LedgerEntry] = {}
        when = self.ports.clock.now().astimezone(UTC).isoformat(timespec="seconds")
        for removal, proof in proven.items():
            path = self._relative(removal)
            sight = found.get(path)
            if sight is None:
                kept[removal.path] = "nobody can tell whether it is still at the target"
            elif sight is not Sight.SAME:
                kept[removal.path] = _PROBLEMS[sight]
                withdrawn[removal.path] = LedgerEntry(
                    path, removal.identity, proof.sha256, ProofKind.WITHDRAWN, when, self.ports.target.where
                )
        return Look(kept, withdrawn)

    def _relative(self, removal: Removal) -> PurePosixPath:
        return PurePosixPath(removal.path.relative_to(self.ready))
