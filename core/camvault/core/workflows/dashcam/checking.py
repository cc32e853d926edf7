"""Workflow: what is staged, and what was proven to be at the server, is read again and compared with the ledger.

What cannot be told is said, and is neither taken for sound nor for lost. What does not hold any more is taken back in
the ledger, so that it is sent or copied again if it is still here or on the card (INV-45). No file is changed.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import PurePosixPath

import attrs

from camvault.core.dashcam.clip_life import CardClipState, ClipEvent, clip_step, state_of_clip, was_lost_there
from camvault.core.dashcam.clip_notes import following_note
from camvault.core.dashcam.subset import Subset
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.dashcam.clip_proofs import not_as_copied
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords, StagedClip
from camvault.core.workflows.dashcam.server_check import SentClip, check_server
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import StorageError
from camvault.ports.files import Storage
from camvault.ports.transfer import TargetError, Transfer

_WAITING = (CardClipState.STAGED, CardClipState.SENT)


@attrs.frozen(kw_only=True)
class CheckPorts:
    """The world of `check_clips`."""

    storage: Storage
    transfer: Transfer
    clock: Clock
    cancel: Cancellation


@attrs.frozen(kw_only=True)
class CheckReport:
    """What was found.

    Attributes:
        staged_count: Files of the staging that are what was copied.
        staged_bytes: Their size.
        server_count: Clips that the server has as they were copied.
        server_bytes: Their size.
        damaged: What is missing or different, by its path below the staging.
        withdrawn_count: How many of these were taken back in the ledger just now.
        untold: Of what nothing can be told now, and why.
        seconds: How long it took.
    """

    staged_count: int = 0
    staged_bytes: int = 0
    server_count: int = 0
    server_bytes: int = 0
    damaged: Mapping[PurePosixPath, str] = attrs.field(factory=dict)
    withdrawn_count: int = 0
    untold: Mapping[PurePosixPath, str] = attrs.field(factory=dict)
    seconds: float = 0


def check_clips(*, ports: CheckPorts, folders: BoxFolders, subset: Subset) -> CheckReport:
    """Read again what is in this part of all clips, and take back what does not hold.

    Args:
        ports: The world.
        folders: Where the staging and the records are. The caller holds the lock of the staging.
        subset: Which part.

    Raises:
        StorageError: The records, or a folder of the staging, cannot be read.
        MissingToolError: There is nothing to look at the server with.
        Cancelled: Asked to stop.
    """
    begin_s = ports.clock.monotonic_s()
    check = _Check(ports, folders, subset, ClipRecords(folders, ports.storage))
    check.run()
    return CheckReport(
        staged_count=len(check.staged_sizes),
        staged_bytes=sum(check.staged_sizes.values()),
        server_count=len(check.server_sizes),
        server_bytes=sum(check.server_sizes.values()),
        damaged=check.damaged,
        withdrawn_count=len(check.withdrawn),
        untold=check.untold,
        seconds=ports.clock.monotonic_s() - begin_s,
    )


@attrs.define
class _Check:
    ports: CheckPorts
    folders: BoxFolders
    subset: Subset
    records: ClipRecords
    staged_sizes: dict[PurePosixPath, int] = attrs.field(factory=dict, init=False)
    server_sizes: dict[PurePosixPath, int] = attrs.field(factory=dict, init=False)
    spoiled: list[StagedClip] = attrs.field(factory=list, init=False)
    lost_before: set[PurePosixPath] = attrs.field(factory=set, init=False)
    """What the server was seen to have lost, and nobody has staged since."""
    withdrawn: set[PurePosixPath] = attrs.field(factory=set, init=False)
    damaged: dict[PurePosixPath, str] = attrs.field(factory=dict, init=False)
    untold: dict[PurePosixPath, str] = attrs.field(factory=dict, init=False)

    def run(self) -> None:
        staged = {clip.path: clip for clip in self.records.staged() if self.subset.has(clip.path)}
        self.untold |= dict.fromkeys(self.records.strange, "it is a link, or no file: what it shows is not looked at")
        for clip in staged.values():
            self.ports.cancel.check()
            self._read_again(clip)
        sent = self._look_for_missing(staged)
        try:
            self._ask_server(sent)
        except TargetError as error:
            self.untold |= {one.path: f"the server was not looked at: {error}" for one in sent}
        for clip in self.spoiled:
            if clip.path not in self.server_sizes:  # else the server has the clip, whatever became of the file here
                self._withdraw_staged(clip)

    def _read_again(self, clip: StagedClip) -> None:
        try:
            path = self.folders.staging / clip.path
            sha256 = self.ports.storage.digest(path, on_bytes=lambda _: None, cancel=self.ports.cancel)
        except StorageError as error:
            self.damaged[clip.path] = f"it cannot be read: {error}"
            return
        if not clip.sha256:
            self.untold[clip.path] = "nothing is recorded of it, so that nobody knows what it should be"
        elif clip.sha256 != sha256:
            self.damaged[clip.path] = not_as_copied(sha256, expected=clip.sha256)
            self.spoiled.append(clip)
        else:
            self.staged_sizes[clip.path] = clip.identity.size_bytes

    def _look_for_missing(self, staged: Mapping[PurePosixPath, StagedClip]) -> Sequence[SentClip]:
        """Which clips should be at the server; what should be in the staging, and is not, is damage."""
        sent = []
        for clip in self.records.clips():
            path = clip.staged_path
            if path is None or not self.subset.has(path):
                continue
            latest = self.records.book(()).latest_staged(path)
            if latest is not None and latest is not clip and latest.sha256 == clip.sha256:
                continue  # copied again, with a time that is only alike: what is said of that copy is said of it
            as_copied = FileIdentity(clip.size_bytes, clip.staged_mtime_ns)
            found = staged.get(path)
            now = clip.state(staged=None if found is None else found.identity)
            if now not in _WAITING and clip.state(staged=as_copied) in _WAITING:
                self.untold.pop(path, None)
                self.damaged[path] = (
                    "it was copied to this box, is not proven to be at the server, and is not here any more"
                )
            if now in (CardClipState.VERIFIED, CardClipState.UNSTAGED):
                is_staged = now is CardClipState.VERIFIED
                identity = found.identity if found is not None and is_staged else as_copied
                sent.append(SentClip(path=path, clip=clip, identity=identity, is_staged=is_staged))
            elif found is None and latest is clip and was_lost_there(clip.last):  # somebody may have brought it back
                self.lost_before.add(path)
                sent.append(SentClip(path=path, clip=clip, identity=as_copied, is_staged=False))
        return sent

    def _ask_server(self, sent: Sequence[SentClip]) -> None:
        if not sent:
            return
        found = check_server(
            sent,
            transfer=self.ports.transfer,
            root=self.folders.staging,
            sound_here=self.staged_sizes,
            cancel=self.ports.cancel,
        )
        self.server_sizes |= {one.path: one.clip.size_bytes for one in sent if one.path in found.sound}
        self.untold |= {path: words for path, words in found.untold.items() if path not in self.lost_before}
        for one in sent:
            if one.path in self.lost_before:
                if one.path in found.sound:
                    self._prove_again(one, ProofKind(found.sound[one.path].value), number=found.number)
            elif one.path in found.lost:
                words = found.lost[one.path]
                self.damaged[one.path] = "; ".join(filter(None, (self.damaged.get(one.path), words)))
                self._withdraw_proof(one, words, number=found.number)

    def _prove_again(self, one: SentClip, kind: ProofKind, *, number: str) -> None:
        """The server lost it, and has it again, as it was copied: the card need not have it any more."""
        note = following_note(one.clip.last.note, remark=self.ports.transfer.where)
        line = LedgerEntry(one.path, one.identity, one.clip.sha256, kind, self._when(), number, note)
        if self._write(line, CardClipState.ON_CARD, ClipEvent.FOUND_AGAIN):
            del self.damaged[one.path]

    def _withdraw_proof(self, one: SentClip, words: str, *, number: str) -> None:
        state = CardClipState.VERIFIED if one.is_staged else CardClipState.UNSTAGED
        note = following_note(one.clip.last.note, remark=f"{self.ports.transfer.where}: {words}")
        line = LedgerEntry(one.path, one.identity, one.clip.sha256, ProofKind.WITHDRAWN, self._when(), number, note)
        self._withdraw(line, state, ClipEvent.DISPROVEN)

    def _withdraw_staged(self, clip: StagedClip) -> None:
        state = state_of_clip(clip.entry, is_staged=True)
        note = following_note("" if clip.entry is None else clip.entry.note, remark=self.damaged[clip.path])
        line = LedgerEntry(clip.path, clip.identity, clip.sha256, ProofKind.WITHDRAWN, self._when(), "", note)
        self._withdraw(line, state, ClipEvent.SPOILED)

    def _withdraw(self, line: LedgerEntry, state: CardClipState, event: ClipEvent) -> None:
        if self._write(line, state, event):
            self.withdrawn.add(line.path)

    def _write(self, line: LedgerEntry, state: CardClipState, event: ClipEvent) -> bool:
        """Write a line, if that is a step of its clip; whether it is written."""
        if clip_step(state, event).refusal:
            return False  # it was written before
        try:
            self.records.add(line)
            # power fails here: the next check, or the next upload, finds the same
        except StorageError as error:
            self.damaged[line.path] += f"; that cannot be written down: {error}"
            return False
        return True

    def _when(self) -> str:
        return self.ports.clock.now().astimezone(UTC).isoformat(timespec="seconds")
