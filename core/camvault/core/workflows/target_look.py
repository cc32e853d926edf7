"""Workflow, shared part: does what shall be removed here still stand at the target?

A proof says that a file was at the target once. Right before the file is removed here, the target is asked whether it
still has it, by size; by content too, if the proof was no read-back of this target. What is gone or different there is
kept, and its proof withdrawn: the next backup sends it again (INV-13).

A target that cannot be asked (it is off, not mounted, was never used) leaves the recorded proofs as they are: a card
must be able to free itself with the NAS offline. Where something else stands in the target's place, its proofs are
doubted: what is proven is kept, until the disk is so full that recording is in danger.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC
from pathlib import PurePath, PurePosixPath
from typing import TypeVar

import attrs

from camvault.core.sync_log import Ledger, LedgerEntry, ProofKind
from camvault.core.workflows.sync_records import SyncRecords, day_of
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.files import Storage
from camvault.ports.removal import Proof, Removal
from camvault.ports.transfer import Sendable, Sight, TargetError, Transfer

T = TypeVar("T")

BATCH_FILES = 256
_BATCH_BYTES = 2 * 1024**3
SHORT_PERCENT = 5
"""With less of the disk free, a target in whose place something else stands keeps nothing here."""
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
    batch: list[Removal] = []
    size_bytes = 0
    for removal in removals:
        if batch and (len(batch) >= BATCH_FILES or size_bytes + removal.identity.size_bytes > _BATCH_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(removal)
        size_bytes += removal.identity.size_bytes
    if batch:
        yield batch


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
    _word: str | None = None
    _ledgers: dict[str, Ledger] = attrs.field(factory=dict)

    def at(self, removals: Sequence[Removal]) -> Look:
        """Look at these; what is not proven is none of the target's."""
        proven = {removal: removal.proof for removal in removals if removal.proof is not None}
        if proven and self._word is None and not self.unseen and not self.doubt:
            self._ask(self._begin)
        if self.doubt:
            return self._doubted(proven)
        if self.unseen or not proven:
            return Look()
        found = self._ask(lambda: self._seen(proven))
        if found is None:
            return self._doubted(proven)
        return self._judged(proven, found)

    def _doubted(self, proven: Mapping[Removal, Proof]) -> Look:
        return Look(doubted=tuple(removal.path for removal in proven) if self.doubt else ())

    def _ask(self, question: Callable[[], T]) -> T | None:
        """The answer; None if it turns out that this is not the target, or that nobody answers."""
        try:
            return question()
        except TargetError as error:
            if error.is_other and not self._is_short():
                self.doubt = str(error)
            else:
                self.unseen = str(error)
            return None

    def _is_short(self) -> bool:
        storage = self.ports.storage
        return storage.free_bytes(self.ready) * 100 < storage.total_bytes(self.ready) * SHORT_PERCENT

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
        if not found:
            raise TargetError(target.where, "it says nothing of its files")
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
