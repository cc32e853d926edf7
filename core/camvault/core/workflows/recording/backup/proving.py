"""Workflow, private part: look what stands at the target, and compare it with the file here."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import attrs

from camvault.core.segments.ledger import ProofKind
from camvault.core.segments.lifecycle import SegmentEvent, state_now, step
from camvault.core.workflows.recording.backup.ports import BackupFolders, BackupPorts
from camvault.core.workflows.recording.backup.results import Results
from camvault.core.workflows.steps.apart_check import ApartCheck
from camvault.core.workflows.steps.target_answer import here_or_raise
from camvault.ports.entries import FileEntry
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.transfer import Evidence, EvidenceKind, Here, Sendable, TargetError

_OTHER_CONTENT, _NOT_THERE = "what stands at the target has other content", "it is not at the target"
NOT_ARRIVED = frozenset({_OTHER_CONTENT, _NOT_THERE})
"""The reasons that say that the target has not got this content: maybe a damaged copy of the same size and time."""


@attrs.frozen
class Proving:
    """Proves files to be at the target, and has that written down.

    Attributes:
        apart: Makes sure that what stands at the target is not the footage itself.
    """

    folders: BackupFolders
    ports: BackupPorts
    results: Results
    apart: ApartCheck

    def sendables(self, batch: Sequence[FileEntry]) -> Sequence[Sendable]:
        """The files as the target names them."""
        return [Sendable(self.folders.relative(file), file.identity) for file in batch]

    def prove(
        self,
        batch: Sequence[FileEntry],
        here: Here,
        *,
        problems: Mapping[PurePosixPath, str] | None = None,
        is_followed: bool = False,
    ) -> int:
        """Look at the target, compare, write down; return how many files are proven.

        Args:
            batch: What to look for.
            here: What the target said of itself before anything was sent.
            problems: What the sending tool said of single files: the reason to give when there is no evidence.
            is_followed: Whether what did not arrive is sent once more at once: nothing is told of it yet.

        Raises:
            TargetError: The target is not the one that said so any more, or shows files of this machine.
        """
        transfer, results = self.ports.transfer, self.results
        untold = self.apart.untold(self.sendables(batch))
        found = transfer.prove(self.sendables(batch), root=self.folders.ready, cancel=self.ports.cancel)
        if here_or_raise(transfer, transfer.ask()) != here:
            raise TargetError(transfer.where, "it was exchanged meanwhile; what was sent is not believed")
        count = 0
        for file in batch:
            path = self.folders.relative(file)
            evidence = found.get(path)
            doubt = untold.get(path.parent) or untold.get(path)
            if evidence and doubt:
                reason = doubt
            else:
                reason = self._judge(file, evidence) if evidence else (problems or {}).get(path) or _NOT_THERE
            if reason in NOT_ARRIVED:
                results.lives.step(path, SegmentEvent.DISPROVEN)
            if reason:
                results.keep(path, reason, is_told=not is_followed or reason not in NOT_ARRIVED)
            else:
                count += 1
        return count

    def _judge(self, file: FileEntry, evidence: Evidence) -> str:
        """Why the evidence does not do; "" once the proof is recorded."""
        path, storage = self.folders.relative(file), self.ports.storage
        if evidence.kind is EvidenceKind.IN_MEMORY:
            return "at the target it is in the memory of this machine, and gone with its power: no second copy"
        try:
            here = storage.digest(file.path, on_bytes=lambda _: None, cancel=self.ports.cancel)
            now = storage.entry(file.path)
        except NotFoundError:
            here, now = "", None
        except StorageError as error:
            return str(error)
        found = None if now is None else now.identity
        state = state_now(self.results.lives.state(path), seen=file.identity, found=found)
        refusal = step(state, SegmentEvent.PROVEN).refusal
        if refusal or now is None:
            self.results.refuse(path, f"it changed meanwhile: {refusal}")
            return f"it changed meanwhile: {refusal}"
        if evidence.sha256 not in ("", here):
            return _OTHER_CONTENT
        return self.results.prove(now, here, ProofKind(evidence.kind.value))
