"""Workflow, private part: what is staged is what was copied; what is at the server is that; then it may leave here.

The order for each clip is: its digest here, what the server has, which server it is once more, the line of the ledger,
the removal, the line about that. If one fails, the clip is kept.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.dashcam.clip_book import KnownClip
from camvault.core.dashcam.clip_life import WAITING, ClipEvent, clip_step, is_spoiled, state_of_clip
from camvault.core.dashcam.clip_notes import ClipNote, following_note
from camvault.core.power.table import Command
from camvault.core.retention.removals import Proven, plan_proven
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.dashcam.actions import ActionTaken
from camvault.core.workflows.dashcam.records import ClipRecords, StagedClip
from camvault.core.workflows.dashcam.send_report import ClipKept, ClipProven, SendPorts
from camvault.core.workflows.steps.apart_check import ApartCheck
from camvault.core.workflows.steps.target_answer import here_or_raise
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileEntry
from camvault.ports.errors import NoSpaceError, StorageError
from camvault.ports.removal import Proof
from camvault.ports.transfer import Evidence, EvidenceKind, Here, Sendable, TargetError

_FOUND_HERE = "found in the staging without a record"
_NO_COPY = {
    EvidenceKind.IN_MEMORY: "at the target it is in the memory of this machine, and gone with its power",
    EvidenceKind.READ_CACHED: "it was read from a cache of this machine: what the target holds was not seen",
}
OTHER_CONTENT = "what stands at the server has other content"
NOT_THERE = "it is not at the server"
NOT_ARRIVED = frozenset({OTHER_CONTENT, NOT_THERE})


def not_as_copied(sha256: str, *, expected: str) -> str:
    """What is said of a staged file that is not the one that was copied."""
    return f"it is not what was copied: its SHA-256 is {sha256}, expected {expected}"


@attrs.frozen(kw_only=True)
class ProvenClip:
    """A clip of which the server has a copy, seen in this run."""

    clip: StagedClip
    proof: Proof


@attrs.define
class ClipProofs:
    """Proves clips, and lets them go.

    Attributes:
        cancel: Ends reading and looking.
        kept: The clips that stay, each with the last reason that was told.
        unrecorded: What could not be written down of clips that went, a sentence each.
    """

    ports: SendPorts
    records: ClipRecords
    apart: ApartCheck
    cancel: Cancellation
    kept: dict[PurePosixPath, str] = attrs.field(factory=dict)
    unrecorded: list[str] = attrs.field(factory=list)

    @property
    def root(self) -> PurePath:
        """The staging."""
        return self.records.folders.staging

    def sendables(self, clips: Sequence[StagedClip]) -> Sequence[Sendable]:
        """The clips as the server names them."""
        return [Sendable(clip.path, clip.identity) for clip in clips]

    def keep(self, clip: StagedClip, reason: str) -> None:
        """The clip stays; the reason is told once."""
        if self.kept.get(clip.path) != reason:
            self.ports.reporter.emit(ClipKept(clip.path, reason))
        self.kept[clip.path] = reason

    def sound(self, clip: StagedClip) -> StagedClip | None:
        """The clip, if the staged file has the digest that was recorded of it; one without a record gets one.

        None: it is kept, and told. What was spoiled here is written down, so that it is copied from the card again.
        """
        if clip.entry is not None and is_spoiled(clip.entry):
            self.keep(clip, "it was found spoiled before; the camera's card may still have it")
            return None
        try:
            sha256 = _digest(self, clip)
            if clip.sha256 == sha256:
                return clip
            if not clip.sha256:
                cut = _waiting_under(self.records, clip.path)
                if cut is None:
                    return attrs.evolve(clip, sha256=sha256, entry=self._record_found(clip, sha256))
                _keep_cut(self, clip, cut)
                return None
            found = not_as_copied(sha256, expected=clip.sha256)
            self.keep(clip, found)
            _add(self, clip, ProofKind.WITHDRAWN, where="", remark=found)
        except StorageError as error:
            self.keep(clip, str(error))
        return None

    def proven(
        self, clips: Sequence[StagedClip], here: Here, *, problems: Mapping[PurePosixPath, str]
    ) -> tuple[list[ProvenClip], dict[PurePosixPath, str]]:
        """Look at the server, compare, and write down; the clips that it has, and why the others do not count.

        Args:
            clips: What to look for.
            here: What the target said of itself before anything was sent.
            problems: What the tool said of single files: the reason to give when there is no evidence.

        Raises:
            TargetError: The target is not the one that said so any more, or shows files of this machine.
            Cancelled: Asked to stop.
        """
        transfer, files = self.ports.transfer, self.sendables(clips)
        untold = self.apart.untold(files)
        self.ports.reporter.emit(ActionTaken(Command.VERIFY, f"{len(clips)} clips at {transfer.where}"))
        found = transfer.prove(files, root=self.root, cancel=self.cancel)
        # before the lines: they would say of another target that it has the clips
        if here_or_raise(transfer, transfer.ask()) != here:
            raise TargetError(transfer.where, "it was exchanged meanwhile; what was sent is not believed")
        proven: list[ProvenClip] = []
        reasons: dict[PurePosixPath, str] = {}
        for clip in clips:
            evidence = found.get(clip.path)
            if evidence is None:
                reasons[clip.path] = problems.get(clip.path) or NOT_THERE
                continue
            doubt = untold.get(clip.path) or untold.get(clip.path.parent) or self._doubt_of(clip, evidence)
            taken = doubt or self._taken(clip, ProofKind(evidence.kind.value), here)
            if isinstance(taken, str):
                reasons[clip.path] = taken
            else:
                proven.append(taken)
        return proven, reasons

    def let_go(self, proven: Sequence[ProvenClip]) -> int:
        """Remove what was proven just now; how many went."""
        if not proven:
            return 0
        self.ports.reporter.emit(ActionTaken(Command.REMOVE_STAGED, f"{len(proven)} clips that are proven"))
        count = sum(self._removed(one) for one in proven)
        for folder in {self.root / one.clip.path.parent for one in proven} - {self.root}:
            _prune(self, folder)
        return count

    def note_damaged(self, clip: StagedClip, here: Here) -> None:
        """It arrived damaged twice: it is not sent again on this day, or the server fills with damaged copies.

        Its line has no digest, which tells it from a proof that did not hold later.
        """
        remark = f"{self.ports.transfer.where}: it arrived damaged twice"
        try:
            _add(self, attrs.evolve(clip, sha256=""), ProofKind.WITHDRAWN, where=here.number, remark=remark)
        except StorageError as error:
            self.keep(clip, f"it arrived damaged, and that cannot be written down: {error}")

    def was_damaged_today(self, clip: StagedClip) -> bool:
        """Whether `note_damaged` was said of it today."""
        entry = clip.entry
        if entry is None or entry.kind is not ProofKind.WITHDRAWN or entry.sha256:
            return False
        return entry.when[:10] == _when(self)[:10]

    def _doubt_of(self, clip: StagedClip, evidence: Evidence) -> str:
        """Why the evidence does not do; "" if it does."""
        if evidence.kind in _NO_COPY:
            return _NO_COPY[evidence.kind]
        if evidence.sha256:
            return "" if evidence.sha256 == clip.sha256 else OTHER_CONTENT
        try:  # the server has what is here: is that what was copied?
            return "" if _digest(self, clip) == clip.sha256 else "it changed while it was sent"
        except StorageError as error:
            return str(error)

    def _taken(self, clip: StagedClip, kind: ProofKind, here: Here) -> ProvenClip | str:
        """Write the proof down; why that cannot be. On a full disk the removal that follows makes the room for it."""
        refusal = clip_step(state_of_clip(clip.entry, is_staged=True), ClipEvent.PROVEN).refusal
        entry = _line(self, clip, kind, where=here.number)
        proof = entry.proof_at(here.number)
        if refusal or proof is None:
            return refusal or "the server could not be marked: nothing can be recorded of it"
        try:
            self.records.add(entry)
        except NoSpaceError:
            pass
        except StorageError as error:
            return f"it is at the server, but that cannot be written down: {error}"
        # power fails here: it is proven by its line, and still staged; the next visit looks for it once more
        self.kept.pop(clip.path, None)
        self.ports.reporter.emit(ClipProven(clip.path, kind, clip.sha256))
        return ProvenClip(clip=clip, proof=attrs.evolve(proof, where=self.ports.transfer.where))

    def _removed(self, proven: ProvenClip) -> bool:
        clip, storage = proven.clip, self.ports.storage
        path = self.root / clip.path
        try:
            now = storage.entry(path)
            if now is None or not now.identity.is_same_file(clip.identity):
                self.keep(clip, "it is not the file any more that was proven")
                return False
            is_gone = _go(self, now, proven)
        except StorageError as error:
            self.keep(clip, str(error))
            return False
        try:  # power fails here: the line of the proof says where it is
            _add(self, clip, ProofKind.UNSTAGED, where=proven.proof.number)
        except StorageError as error:
            words = f"{clip.path} is at {proven.proof.where} (SHA-256 {clip.sha256}) and was removed here"
            self.unrecorded.append(f"{words}, which cannot be written down: {error}")
        return is_gone

    def _record_found(self, clip: StagedClip, sha256: str) -> LedgerEntry:
        note = str(ClipNote(remark=_FOUND_HERE))
        entry = LedgerEntry(clip.path, clip.identity, sha256, ProofKind.STAGED, _when(self), "", note)
        self.records.add(entry)
        return entry


def _waiting_under(records: ClipRecords, path: PurePosixPath) -> KnownClip | None:
    """The clip that was staged under this name and is not proven: what stands there with another size or time is it."""
    if not records.is_taken(path):
        return None
    under = (clip for clip in records.clips() if clip.staged_path == path)
    return next((clip for clip in under if is_spoiled(clip.last) or clip.state(staged=clip.as_copied) in WAITING), None)


def _keep_cut(proofs: ClipProofs, found: StagedClip, clip: KnownClip) -> None:
    """What was cut, emptied or edited since it was copied is kept, and told; the card may still have the clip."""
    here, copied = found.identity, clip.as_copied
    reason = "it is not what was copied: its time is another one"
    if here.size_bytes != copied.size_bytes:
        reason = f"it is not what was copied: it has {here.size_bytes:,} bytes, expected {copied.size_bytes:,}"
    proofs.keep(found, reason)
    if not is_spoiled(clip.last):
        note = following_note(clip.last.note, remark=reason)
        proofs.records.add(attrs.evolve(clip.last, kind=ProofKind.WITHDRAWN, when=_when(proofs), where="", note=note))


def _go(proofs: ClipProofs, now: FileEntry, proven: ProvenClip) -> bool:
    plan = plan_proven([now], proofs={now.path: Proven(proven.clip.identity, proven.proof)})
    return any(proofs.ports.storage.remove(removal) for removal in plan.removals)


def _prune(proofs: ClipProofs, folder: PurePath) -> None:
    try:
        proofs.ports.storage.prune(folder, is_root_included=True)
    except StorageError as error:
        proofs.ports.reporter.emit(ClipKept(PurePosixPath(folder.relative_to(proofs.root)), str(error)))


def _digest(proofs: ClipProofs, clip: StagedClip) -> str:
    return proofs.ports.storage.digest(proofs.root / clip.path, on_bytes=lambda _: None, cancel=proofs.cancel)


def _line(proofs: ClipProofs, clip: StagedClip, kind: ProofKind, *, where: str, remark: str = "") -> LedgerEntry:
    said = clip.entry.note if clip.entry is not None else ""
    note = following_note(said, remark=remark or proofs.ports.transfer.where)
    return LedgerEntry(clip.path, clip.identity, clip.sha256, kind, _when(proofs), where, note)


def _add(proofs: ClipProofs, clip: StagedClip, kind: ProofKind, *, where: str, remark: str = "") -> None:
    proofs.records.add(_line(proofs, clip, kind, where=where, remark=remark))


def _when(proofs: ClipProofs) -> str:
    return proofs.ports.clock.now().astimezone(UTC).isoformat(timespec="seconds")
