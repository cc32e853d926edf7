"""Workflow, shared part: does what shall be removed here still stand at the target?

A proof says that a file was at the target once. Right before the file is removed here, the target is asked which one it
is, and whether it still has the file: by its content, unless it was read back there not long ago, and else by its size.
What is gone or different there is kept, and its proof withdrawn: the next backup sends it again (INV-13,
INV-25).

| the target                        | what is proven at its number                                                     |
|-----------------------------------|----------------------------------------------------------------------------------|
| is here                           | goes, file by file, as it is found there                                         |
| is offline, and there is evidence | goes by the recorded proof: a card must be able to free itself with the NAS off  |
| is another one                    | stays                                                                            |
| cannot be told to be one of these | stays: a folder that is gone, a marker that is lost, an error                    |

What is proven at another number stays in each case. An answer that is not "here" holds for the rest of the run. A file
that was seen to be gone is withdrawn, also if the target went offline just then. A doubt is remembered, and each
"offline" is looked at in its light: `target_doubt`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePath, PurePosixPath
from typing import assert_never

import attrs

from camvault.core.chunks import in_chunks
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.steps.alias_check import AliasAnswer, AliasCheck, NoAliasCheck, still_here, told_apart
from camvault.core.workflows.steps.date_tree import Day, days_below
from camvault.core.workflows.steps.ledger_files import LedgersInUse, SyncRecords
from camvault.core.workflows.steps.target_doubt import believed, doubt_before, end_doubt, keep_doubt
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.entries import FileEntry, FileIdentity, Recognition
from camvault.ports.errors import StorageError
from camvault.ports.files import Storage
from camvault.ports.removal import Proof, Removal
from camvault.ports.transfer import Another, Here, Offline, Sendable, Sight, TargetAnswer, Transfer, Unsure

BATCH_FILES = 256
_BATCH_BYTES = 2 * 1024**3
RECHECK_DAYS = 30.0
_PROBLEMS = {Sight.GONE: "it is not at the target any more", Sight.OTHER: "something else stands there at the target"}
_UNSEEN = {
    Sight.CACHED: "it was read from a cache now, not seen on the target's medium (--trust-cache takes that for a copy)",
    Sight.HELD: "another program holds it in this machine's cache: it was not seen on the target's medium",
}
_UNTOLD = "the target does not tell whether it still has the file, as one of its own"
_OTHER_NUMBER = "it was proven at another target than the one that is meant now; backup_video proves it here"
_DAMAGED = "the target is offline, and its ledger has damaged lines: one may say that the target lost the file"
OF_CACHE = (
    "it was read from this machine's cache, not seen on the target's medium (--trust-cache takes that for a copy)"
)
_MUTE = "it answers, and says nothing of its files: its disk may be failing"


@attrs.frozen
class Look:
    """The outcome of a look at the target.

    Attributes:
        kept: The files that must not be removed, each with the reason.
        withdrawn: The lines for the ledger that withdraw proofs which do not hold any more; each path is in `kept` too.
        doubted: Files that are kept because it is not known what became of the target, or because it is another one.
    """

    kept: Mapping[PurePath, str] = attrs.field(factory=dict)
    withdrawn: Mapping[PurePath, LedgerEntry] = attrs.field(factory=dict)
    doubted: tuple[PurePath, ...] = ()


@attrs.frozen(kw_only=True)
class LookPorts:
    """The world of a look."""

    target: Transfer
    storage: Storage
    clock: Clock
    cancel: Cancellation


def batches(removals: Sequence[Removal]) -> Iterator[Sequence[Removal]]:
    """The removals in their order, in batches so small that little time passes between look and removal."""
    return in_chunks(removals, most_files=BATCH_FILES, most_bytes=_BATCH_BYTES)


@attrs.define
class TargetLook:
    """Looks at the target, the first time only when something is to be removed.

    Attributes:
        aliases: Makes sure that what stands at the target is not the footage itself; `NoAliasCheck` in a dry run.
        recheck_days: What was read back within so many days is looked for by its size; 0: everything by its content.
        is_cache_trusted: The user says that what was read from this machine's cache was read at the target.
        answer: What the target said last; None before it was asked. Given if the user says that it is left alone.
    """

    ready: PurePath
    ledgers: LedgersInUse
    ports: LookPorts
    aliases: AliasCheck | NoAliasCheck
    recheck_days: float = RECHECK_DAYS
    is_cache_trusted: bool = False
    answer: TargetAnswer | None = None
    _doubt_before: str = ""
    _untold: dict[PurePosixPath, str] = attrs.field(factory=dict, init=False)

    @property
    def unseen(self) -> str:
        """Why the target cannot be looked at, so that the recorded proofs stand; "" if that is not so."""
        return f"{self.ports.target.where}: {self.answer}" if isinstance(self.answer, Offline) else ""

    @property
    def doubt(self) -> str:
        """Why no proof is believed; "" if they are."""
        return f"{self.ports.target.where}: {self.answer}" if isinstance(self.answer, Another | Unsure) else ""

    def at(self, removals: Sequence[Removal]) -> Look:
        """Look at the target for the proven ones of these files; it has nothing to say of the others."""
        proven = {removal: removal.proof for removal in removals if removal.proof is not None}
        if not proven:
            return Look()
        self._doubt_before = self._doubt_before or doubt_before(self.ledgers.records.folder, self.ports.storage)
        if self.answer is None:
            self.answer = self.ports.target.ask()
        asked = {
            PurePosixPath(removal.path.relative_to(self.ready)): (removal.identity, proof)
            for removal, proof in proven.items()
        }
        found = self._seen(asked, self.answer) if isinstance(self.answer, Here) else {}
        lost = next((path for path, sight in found.items() if sight in _PROBLEMS), None)
        if lost is not None:
            self._note_doubt(f"{lost}: {_PROBLEMS[found[lost]]}")
        said, self.answer = self.answer, self._believed(self.answer)
        match self.answer:
            case Here(number):
                return self._judged(proven, found, number, is_here=True)
            case Offline(number):
                return self._judged(proven, found, number, is_here=False)
            case Unsure() if isinstance(said, Offline):  # what was seen to be gone just before is gone all the same
                gone = self._judged(proven, found, said.number, is_here=False).withdrawn
                kept = {path: _PROBLEMS[found[entry.path]] for path, entry in gone.items()}
                return Look(kept, gone, tuple(removal.path for removal in proven if removal.path not in gone))
            case Another() | Unsure():
                self._note_doubt(str(self.answer))
                return Look(doubted=tuple(removal.path for removal in proven))
            case _:  # pragma: no cover - the type checkers see that there is no other case
                assert_never(self.answer)

    def end(self) -> Mapping[PurePath, str]:
        """The run is through: a doubt ends if all that is proven and still here is found at the target, by its content.

        Returns what is not there any more, with what was found; its proofs are withdrawn.
        """
        lost: dict[PurePath, str] = {}
        if not (isinstance(self.answer, Here) and self._doubt_before and not self.aliases.is_dry_run):
            return lost
        records, storage, number = self.ledgers.records, self.ports.storage, self.answer.number
        problems: list[StorageError] = []
        is_settled = True
        try:
            for day in days_below(self.ready, storage, on_problem=problems.append):
                files = _proven(day, records, self.ready, number)
                for batch in in_chunks(files, most_files=BATCH_FILES, most_bytes=_BATCH_BYTES):
                    is_settled = self._is_settled(batch, lost) and is_settled
        except StorageError as error:
            problems.append(error)
        if is_settled and not problems:
            end_doubt(records.folder, storage)
        return lost

    def _is_settled(self, batch: Sequence[FileEntry], lost: dict[PurePath, str]) -> bool:
        """Look for these, and withdraw what is lost; whether it is known of all of them."""
        self.ports.cancel.check()
        paths = {PurePosixPath(file.path.relative_to(self.ready)): file for file in batch}
        proofs = {path: known.proof for path in paths if (known := self.ledgers.known(path)) is not None}
        asked = {path: (paths[path].identity, proof) for path, proof in proofs.items() if proof is not None}
        here = self.answer
        found = self._seen(asked, here) if isinstance(here, Here) else {}
        for path, (identity, proof) in asked.items():
            if (sight := found.get(path)) in _PROBLEMS:
                self.ledgers.records.add(_withdrawal(self.ports, path, identity, proof))
                lost[self.ready / path] = _PROBLEMS[sight]
        self.answer = self._believed(self.answer) if self.answer is not None else None
        return self.answer == here and all(path in found and not self._unseen(found[path]) for path in paths)

    def _unseen(self, sight: Sight | None) -> str:
        """Why a file that is read as the same may be lost at the target; "" if it was seen, or not read."""
        is_trusted = sight is Sight.CACHED and self.is_cache_trusted
        return "" if sight is None or is_trusted else _UNSEEN.get(sight, "")

    def _note_doubt(self, doubt: str) -> None:
        if not self.aliases.is_dry_run and not self._doubt_before:
            keep_doubt(self.ledgers.records.folder, self.ports.storage, doubt)
        self._doubt_before = self._doubt_before or doubt

    def _believed(self, answer: TargetAnswer) -> TargetAnswer:
        folder, storage, is_dry_run = self.ledgers.records.folder, self.ports.storage, self.aliases.is_dry_run
        return believed(answer, doubt=self._doubt_before, records=folder, storage=storage, is_dry_run=is_dry_run)

    def _seen(
        self, proven: Mapping[PurePosixPath, tuple[FileIdentity, Proof]], here: Here
    ) -> Mapping[PurePosixPath, Sight]:
        """How the files stand there; `answer` says afterwards whether that is believed."""
        groups: dict[bool, list[Sendable]] = {False: [], True: []}
        for path, (identity, proof) in proven.items():
            groups[self._must_be_read(path, identity, proof)].append(Sendable(path, identity))
        target, cancel = self.ports.target, self.ports.cancel
        found: dict[PurePosixPath, Sight] = {}
        folders = [path.parent for path in proven]
        apart = AliasAnswer()
        if not self.aliases.is_dry_run:
            apart = told_apart([*groups[False], *groups[True]], ready=self.ready, target=target, cancel=cancel)
            self._untold.update(apart.untold)
        with self.aliases.nonces(folders) as nonces:
            asked = list(nonces.files)
            for is_read, files in groups.items():
                if files:
                    found.update(target.look([*files, *asked], root=self.ready, by_content=is_read, cancel=cancel))
                    asked = []
            told = nonces.answer(found, here=still_here(nonces, self.ready, self.ports.storage))
        sights = {file.path: found[file.path] for files in groups.values() for file in files if file.path in found}
        is_mute = not sights and any(self.ports.storage.entry(self.ready / path) is not None for path in proven)
        self.answer = self._still(here, told.alias or apart.alias or (_MUTE if is_mute else ""))
        # on a full disk: as it was told when they were proven
        untold = (told.untold.keys() - nonces.no_room) | apart.untold.keys()
        return {
            path: sight
            for path, sight in sights.items()
            if sight in _PROBLEMS or untold.isdisjoint((path, path.parent))
        }

    def _still(self, here: Here, problem: str) -> TargetAnswer:
        """What the target says after the look."""
        now = self.ports.target.ask()
        if now == here:
            return Unsure(problem) if problem else here
        return Unsure("it was exchanged meanwhile") if isinstance(now, Here) else now

    def _must_be_read(self, path: PurePosixPath, identity: FileIdentity, proof: Proof) -> bool:
        """Whether only the content tells that it is there: not read back lately, or the target was in doubt since."""
        known = self.ledgers.known(path)
        if self._doubt_before or known is None or known.kind is not ProofKind.READ_BACK or known.where != proof.number:
            return True
        is_of_file = known.identity.recognized_in(identity) is Recognition.SAME
        return not (is_of_file and _is_recent(known.when, self.ports.clock.now(), self.recheck_days))

    def _judged(
        self, proven: Mapping[Removal, Proof], found: Mapping[PurePosixPath, Sight], number: str, *, is_here: bool
    ) -> Look:
        kept: dict[PurePath, str] = {}
        withdrawn: dict[PurePath, LedgerEntry] = {}
        for removal, proof in proven.items():
            path = PurePosixPath(removal.path.relative_to(self.ready))
            sight = found.get(path)
            try:
                if not number or proof.number != number:
                    kept[removal.path] = _OTHER_NUMBER
                elif sight in _PROBLEMS:
                    kept[removal.path] = _PROBLEMS[sight]
                    withdrawn[removal.path] = _withdrawal(self.ports, path, removal.identity, proof)
                elif not self.is_cache_trusted and is_of_cache(self.ledgers.known(path)):
                    kept[removal.path] = OF_CACHE
                elif unseen := self._unseen(sight):
                    kept[removal.path] = unseen
                elif sight is None and is_here:
                    kept[removal.path] = self._untold.get(path, _UNTOLD)
                elif sight is None and not self.ledgers.is_whole(path):
                    kept[removal.path] = _DAMAGED
            except StorageError as error:  # its ledger went bad since the plan was made
                kept[removal.path] = str(error)
        return Look(kept, withdrawn)


def is_of_cache(known: LedgerEntry | None) -> bool:
    """Whether all that is known of a file at the target may be what this machine remembers of sending it."""
    return known is not None and known.kind is ProofKind.READ_CACHED


def _withdrawal(ports: LookPorts, path: PurePosixPath, identity: FileIdentity, proof: Proof) -> LedgerEntry:
    when = ports.clock.now().astimezone(UTC).isoformat(timespec="seconds")
    return LedgerEntry(path, identity, proof.sha256, ProofKind.WITHDRAWN, when, proof.number, ports.target.where)


def _proven(day: Day, records: SyncRecords, ready: PurePath, number: str) -> Sequence[FileEntry]:
    ledger = records.ledger_of_day(day.name)
    return [file for path, file in day.files(ready) if ledger.proof_of(path, file.identity, number=number) is not None]


def _is_recent(when: str, now: datetime, days: float) -> bool:
    """A time in the future is none: the clock was wrong once."""
    try:
        read_at = datetime.fromisoformat(when)
    except ValueError:
        return False
    return read_at.tzinfo is not None and timedelta() <= now - read_at < timedelta(days=days)
