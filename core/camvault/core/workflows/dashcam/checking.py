"""Workflow: what is staged, and what was proven to be at the server, is read again and compared with the ledger.

Changes nothing. What cannot be told is said, and never taken for sound.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import attrs

from camvault.core.chunks import in_chunks
from camvault.core.dashcam.clip_book import KnownClip
from camvault.core.dashcam.clip_life import CardClipState
from camvault.core.dashcam.subset import Subset
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords, StagedClip
from camvault.core.workflows.steps.target_answer import here_or_raise
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import StorageError
from camvault.ports.files import Storage
from camvault.ports.transfer import Evidence, EvidenceKind, Here, Sendable, TargetError, Transfer

_MOST_FILES, _MOST_BYTES = 64, 4 * 1024**3
_NOT_FROM_A_MEDIUM = (EvidenceKind.READ_CACHED, EvidenceKind.IN_MEMORY)
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
        untold: Of what nothing can be told now, and why.
        seconds: How long it took.
    """

    staged_count: int = 0
    staged_bytes: int = 0
    server_count: int = 0
    server_bytes: int = 0
    damaged: Mapping[PurePosixPath, str] = attrs.field(factory=dict)
    untold: Mapping[PurePosixPath, str] = attrs.field(factory=dict)
    seconds: float = 0


def check_clips(*, ports: CheckPorts, folders: BoxFolders, subset: Subset) -> CheckReport:
    """Read again what is in this part of all clips.

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
        staged_bytes=sum(check.staged_sizes),
        server_count=len(check.server_sizes),
        server_bytes=sum(check.server_sizes),
        damaged=check.damaged,
        untold=check.untold,
        seconds=ports.clock.monotonic_s() - begin_s,
    )


@attrs.frozen(kw_only=True)
class _Sent:
    """A clip that was proven to be at the server."""

    path: PurePosixPath
    clip: KnownClip
    identity: FileIdentity
    is_staged: bool


@attrs.define
class _Check:
    ports: CheckPorts
    folders: BoxFolders
    subset: Subset
    records: ClipRecords
    staged_sizes: list[int] = attrs.field(factory=list, init=False)
    server_sizes: list[int] = attrs.field(factory=list, init=False)
    damaged: dict[PurePosixPath, str] = attrs.field(factory=dict, init=False)
    untold: dict[PurePosixPath, str] = attrs.field(factory=dict, init=False)

    def run(self) -> None:
        staged = {clip.path: clip for clip in self.records.staged() if self.subset.has(clip.path)}
        for clip in staged.values():
            self.ports.cancel.check()
            self._read_again(clip)
        sent = self._look_for_missing(staged)
        try:
            self._ask_server(sent)
        except TargetError as error:
            self.untold |= {one.path: f"the server was not looked at: {error}" for one in sent}

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
            self.damaged[clip.path] = f"it is not what was copied: its SHA-256 is {sha256}, expected {clip.sha256}"
        else:
            self.staged_sizes.append(clip.identity.size_bytes)

    def _look_for_missing(self, staged: Mapping[PurePosixPath, StagedClip]) -> Sequence[_Sent]:
        """Which clips should be at the server; what should be in the staging, and is not, is damage."""
        sent = []
        for clip in self.records.clips():
            path = clip.staged_path
            if path is None or not self.subset.has(path):
                continue
            as_copied = FileIdentity(clip.size_bytes, clip.staged_mtime_ns)
            found = staged.get(path)
            now = clip.state(staged=None if found is None else found.identity)
            if now not in _WAITING and clip.state(staged=as_copied) in _WAITING:
                self.untold.pop(path, None)
                self.damaged[path] = "it was copied to this box and not proven at the server, and is not here any more"
            if now in (CardClipState.VERIFIED, CardClipState.UNSTAGED):
                is_staged = now is CardClipState.VERIFIED
                identity = found.identity if found is not None and is_staged else as_copied
                sent.append(_Sent(path=path, clip=clip, identity=identity, is_staged=is_staged))
        return sent

    def _ask_server(self, sent: Sequence[_Sent]) -> None:
        if not sent:
            return
        transfer, found = self.ports.transfer, dict[PurePosixPath, Evidence]()
        here = here_or_raise(transfer, transfer.ask())
        for chunk in in_chunks(sent, most_files=_MOST_FILES, most_bytes=_MOST_BYTES):
            self.ports.cancel.check()
            files = [Sendable(one.path, one.identity) for one in chunk]
            found |= transfer.prove(files, root=self.folders.staging, cancel=self.ports.cancel)
        if here_or_raise(transfer, transfer.ask()) != here:
            raise TargetError(transfer.where, "it was exchanged meanwhile")
        is_hashing = any(evidence.sha256 for evidence in found.values())
        for one in sent:
            self._judge(one, found.get(one.path), here, is_hashing=is_hashing)

    def _judge(self, one: _Sent, evidence: Evidence | None, here: Here, *, is_hashing: bool) -> None:
        if one.clip.last.where != here.number:
            self.untold[one.path] = f"it was proven at another server (marker {one.clip.last.where})"
        elif evidence is None and not (one.is_staged or is_hashing):
            self.untold[one.path] = (
                "the server computes no SHA-256 for us, and there is nothing here to compare it with"
            )
        elif evidence is None:
            self.damaged[one.path] = "it is missing at the server, different, or cannot be read there"
        elif evidence.kind in _NOT_FROM_A_MEDIUM:
            self.untold[one.path] = "the server's copy was read from a cache"
        elif evidence.sha256 and evidence.sha256 != one.clip.sha256:
            words = f"its SHA-256 at the server is {evidence.sha256}, expected {one.clip.sha256}"
            self.damaged[one.path] = words
        elif evidence.sha256 or not (one.path in self.damaged or one.path in self.untold):
            self.server_sizes.append(one.clip.size_bytes)  # without a hash: it is as what is here, which is sound
