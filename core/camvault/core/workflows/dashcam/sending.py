"""Workflow: staged clips to the server, each with its own proof, and from the staging once it is proven.

What the tool says of its success is not believed. Between batches, while a tool runs, and while a wait goes on it is
asked whether to end here; what arrived until then is continued the next time. See `clip_proofs` for the order of steps.
"""

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

import attrs

from camvault.core.chunks import in_chunks
from camvault.core.dashcam.clip_order import in_order
from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.dashcam.retry_policy import next_try
from camvault.core.power.table import Command
from camvault.core.workflows.dashcam.actions import ActionTaken
from camvault.core.workflows.dashcam.clip_proofs import NOT_ARRIVED, ClipProofs
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords, StagedClip
from camvault.core.workflows.dashcam.send_report import SendPorts, SendReport
from camvault.core.workflows.dashcam.stop_asked import StopAsked
from camvault.core.workflows.steps.alias_check import AliasCheck
from camvault.core.workflows.steps.apart_check import ApartCheck
from camvault.core.workflows.steps.target_answer import here_or_raise, no_second_disk
from camvault.ports.errors import Cancelled
from camvault.ports.events import Failed, Note, Warned
from camvault.ports.transfer import Here, PushCause, Pushed, TargetError

_BATCH_FILES = 16
_BATCH_BYTES = 512 * 1024**2
_PATIENCE = 3
"""After so many clips or batches in a row that were given up, the server is left alone until the next visit."""
_UNTOUCHED = (PushCause.REFUSED, PushCause.NO_NETWORK)
"""After these nothing new can be at the server."""
_OF_ONE_CLIP = (PushCause.CUT_OFF, PushCause.UNKNOWN)
"""These may be because of one clip."""


def clips_to_send(records: ClipRecords) -> tuple[StagedClip, ...]:
    """What is staged and is a clip.

    Raises:
        StorageError: The staging or the records cannot be read.
    """
    return tuple(staged for staged in records.staged() if staged.is_clip)


def send_clips(
    *,
    ports: SendPorts,
    folders: BoxFolders,
    config: BoxConfig,
    stop: Callable[[], str],
    may_begin: bool = False,
    is_looked: bool = False,
) -> SendReport:
    """Send what is staged, in the order of the configuration; nothing that is proven waits for what is not.

    Args:
        ports: The world.
        folders: Where the staging and the records are. The caller holds the lock of the staging.
        config: The order, and how often is tried again.
        stop: Asked often for a reason to end here; "" to go on.
        may_begin: The user says that what stands there is the target: it gets a new number, also if nothing waits.
        is_looked: Whether the server is looked at, and marked, also if nothing waits.

    Raises:
        StorageError: The staging or the records cannot be read.
        MissingToolError: There is no such tool.
        Cancelled: The whole program was asked to stop; what was proven until then is written down.
    """
    return _Sending.of(ports, folders, config, stop).run(may_begin=may_begin, is_looked=is_looked)


class _EndedError(Exception):
    """No further clip makes sense in this visit; why is among the problems."""


@attrs.frozen(kw_only=True)
class _Tried:
    """What one push brought.

    Attributes:
        left: The clips that are not proven.
        is_over: Whether each of those has a reason of its own, so that another push makes no sense.
        cause: Why the push failed as a whole.
        problem: The same in words.
    """

    left: Sequence[StagedClip]
    is_over: bool = False
    cause: PushCause = PushCause.UNKNOWN
    problem: str = ""


@attrs.define
class _Sending:
    ports: SendPorts
    config: BoxConfig
    proofs: ClipProofs
    stop: StopAsked
    problems: list[str] = attrs.field(factory=list)
    proven_count: int = 0
    proven_bytes: int = 0
    removed_count: int = 0
    sent_bytes: int = 0
    failures: int = 0
    """How often trying did not help, since something was proven."""
    here: Here | None = None
    """What the target said just now, if nothing happened since."""

    @classmethod
    def of(cls, ports: SendPorts, folders: BoxFolders, config: BoxConfig, stop: Callable[[], str]) -> "_Sending":
        asked = StopAsked(ports.cancel, stop, ports.clock)
        aliases = AliasCheck(folders.staging, folders.records, ports.storage, ports.clock)
        proofs = ClipProofs(
            ports=ports,
            records=ClipRecords(folders, ports.storage),
            apart=ApartCheck(aliases, ports.transfer, asked),
            cancel=asked,
        )
        return cls(ports, config, proofs, asked)

    def run(self, *, may_begin: bool, is_looked: bool) -> SendReport:
        begin_s = self.ports.clock.monotonic_s()
        aliases = self.proofs.apart.aliases
        aliases.clear()
        waiting = self._staged()
        for path in sorted(self.proofs.records.strange):
            _tell(self, f"{path} in the staging is a link, or no file: what it shows is not sent")
        try:
            if waiting or may_begin or is_looked:
                _begin(self, anew=may_begin)
            for batch in in_chunks(waiting, most_files=_BATCH_FILES, most_bytes=_BATCH_BYTES):
                self.stop.check()
                self._send(batch)
        except (TargetError, _EndedError) as error:
            _tell(self, str(error))
        except Cancelled:
            self.ports.cancel.check()
        if waiting:
            aliases.end()
        return _report(self, self._staged() if waiting else (), self.ports.clock.monotonic_s() - begin_s)

    def _staged(self) -> Sequence[StagedClip]:
        return in_order(clips_to_send(self.proofs.records), order=self.config.transfer.order)

    def _send(self, batch: Sequence[StagedClip]) -> None:
        """Send these until each is proven, or kept for a reason of its own.

        Raises:
            _EndedError: The target takes nothing more in this visit.
            TargetError: It is another one, or cannot be told to be the one.
        """
        clips = [clip for one in batch if (clip := self._ready(one)) is not None]
        if not clips:
            return
        size_mb = sum(clip.identity.size_bytes for clip in clips) / 1e6
        detail = f"{len(clips)} clips, {size_mb:,.1f} MB to {self.ports.transfer.where}"
        self.ports.reporter.emit(ActionTaken(Command.UPLOAD, detail))
        left = self._send_often(clips, retries=self.config.poll.upload_retries)
        for clip in left if len(left) > 1 else ():  # the tool may end at one of them, which must not stop the others
            self._send_often([clip], retries=0)

    def _ready(self, clip: StagedClip) -> StagedClip | None:
        if self.proofs.was_damaged_today(clip):
            self.proofs.keep(clip, "it arrived damaged twice today; it is sent again tomorrow")
            return None
        return self.proofs.sound(clip)

    def _send_often(self, clips: Sequence[StagedClip], *, retries: int) -> Sequence[StagedClip]:
        """Push, and again if that may help; the clips that were given up."""
        failed_count = 0
        while True:
            self.stop.check()
            tried = self._try(clips)
            if tried.is_over or not tried.left:
                return ()
            failed_count = failed_count + 1 if len(tried.left) == len(clips) else 1
            clips, chance = tried.left, self.ports.chance()
            following = next_try(tried.cause, failed_count=failed_count, retries=retries, chance=chance)
            if following.refusal:
                self._give_up(clips, tried, following.refusal)
                return clips
            words = f"[upload] {tried.problem}; it is tried again in {following.wait_s:.0f} s"
            self.ports.reporter.emit(Warned(words))
            self.stop.wait(following.wait_s)

    def _give_up(self, clips: Sequence[StagedClip], tried: _Tried, refusal: str) -> None:
        reason = f"{tried.problem}; {refusal}"
        for clip in clips:
            self.proofs.keep(clip, reason)
        self.failures += 1
        if tried.cause not in _OF_ONE_CLIP or self.failures >= _PATIENCE:
            raise _EndedError(f"the server takes nothing at the moment: {reason}")

    def _try(self, clips: Sequence[StagedClip]) -> _Tried:
        try:
            return self._try_there(clips)
        except TargetError as error:  # before anything was removed
            if not error.is_offline:
                raise
            return _Tried(left=clips, cause=PushCause.NO_NETWORK, problem=str(error))

    def _try_there(self, clips: Sequence[StagedClip]) -> _Tried:
        transfer, self.here, said = self.ports.transfer, None, self.here
        here = said or here_or_raise(transfer, transfer.ask())
        pushed = self._push(clips, by_content=False)
        is_failed = pushed.is_hung or bool(pushed.exit_code and not pushed.is_partial)
        if pushed.is_hung or pushed.cause in _UNTOUCHED:
            return _Tried(left=clips, cause=pushed.cause, problem=_words(pushed))
        reasons = self._prove(clips, here, pushed)
        left = [clip for clip in clips if clip.path in reasons]
        if is_failed and left:
            return _Tried(left=left, cause=pushed.cause, problem=_words(pushed))
        if not pushed.exit_code:
            reasons = self._send_left_alone(left, here, reasons)
        for clip in left:
            if clip.path in reasons:
                self.proofs.keep(clip, reasons[clip.path])
        return _Tried(left=left, is_over=True)

    def _send_left_alone(
        self, clips: Sequence[StagedClip], here: Here, reasons: dict[PurePosixPath, str]
    ) -> dict[PurePosixPath, str]:
        """Send what the tool took for the same once more, by its content; what became of it.

        A copy that is damaged, or another file of this size and time, stays beside the new one.
        """
        again = [clip for clip in clips if reasons[clip.path] in NOT_ARRIVED]
        if not again:
            return reasons
        found = self._prove(again, here, self._push(again, by_content=True))
        for clip in again:
            if found.get(clip.path) in NOT_ARRIVED:
                self.proofs.note_damaged(clip, here)
        sent = {clip.path for clip in again}
        return {path: reason for path, reason in reasons.items() if path not in sent} | found

    def _push(self, clips: Sequence[StagedClip], *, by_content: bool) -> Pushed:
        files, root = self.proofs.sendables(clips), self.proofs.root
        pushed = self.ports.transfer.push(files, root=root, by_content=by_content, cancel=self.stop)
        self.sent_bytes += pushed.sent_bytes
        return pushed

    def _prove(self, clips: Sequence[StagedClip], here: Here, pushed: Pushed) -> dict[PurePosixPath, str]:
        """Have these proven, and let go what is; why the others are not."""
        proven, reasons = self.proofs.proven(clips, here, problems=pushed.problems)
        self.removed_count += self.proofs.let_go(proven)
        self.proven_count += len(proven)
        self.proven_bytes += sum(one.clip.identity.size_bytes for one in proven)
        self.failures = 0 if proven else self.failures
        return reasons


def _begin(sending: _Sending, *, anew: bool) -> None:
    """Make sure that the target is there, and mark it if it was never used, or is to be another one.

    Raises:
        TargetError: It cannot be used.
    """
    transfer = sending.ports.transfer
    here = sending.here = here_or_raise(transfer, transfer.mark(anew=anew))
    if anew:
        sending.ports.reporter.emit(
            Note(f"[upload] {transfer.where} is the target now, and has the number {here.number}")
        )
    if here.shares_device:
        sending.ports.reporter.emit(Warned(f"[upload] {no_second_disk(transfer, sending.proofs.root)}"))


def _tell(sending: _Sending, problem: str) -> None:
    sending.ports.reporter.emit(Failed(f"[upload] {problem}"))
    sending.problems.append(problem)


def _report(sending: _Sending, waiting: Sequence[StagedClip], seconds: float) -> SendReport:
    kept = (f"{path}: {reason}" for path, reason in sending.proofs.kept.items())
    problems = (*sending.problems, *sending.proofs.unrecorded, *kept)
    return SendReport(
        proven_count=sending.proven_count,
        proven_bytes=sending.proven_bytes,
        removed_count=sending.removed_count,
        waiting_count=len(waiting),
        waiting_bytes=sum(clip.identity.size_bytes for clip in waiting),
        problems=problems,
        is_whole=not (waiting or problems or sending.stop.reason),
        stopped=sending.stop.reason,
        seconds=seconds,
        sent_bytes=sending.sent_bytes,
    )


def _words(pushed: Pushed) -> str:
    return pushed.problem or ("it does not answer in time" if pushed.is_hung else f"code {pushed.exit_code}")
