"""Workflow, private part: send files in batches, so that one bad file, or a target that hangs, costs little."""

from collections.abc import Iterable, Iterator, Sequence

import attrs

from camvault.core.chunks import in_chunks
from camvault.core.segments.lifecycle import SegmentEvent
from camvault.core.workflows.recording.backup.proving import NOT_ARRIVED, Proving
from camvault.core.workflows.recording.backup.results import Results
from camvault.core.workflows.steps.target_answer import here_or_raise
from camvault.ports.entries import FileEntry
from camvault.ports.events import Failed, Warned
from camvault.ports.transfer import Pushed

_BATCH_FILES = 32
_BATCH_BYTES = 2 * 1024**3
_PATIENCE = 2
"""After so many pushes in a row that failed as a whole, the target is left alone until the next run."""


def batches(files: Iterable[FileEntry]) -> Iterator[list[FileEntry]]:
    """The files in batches so small that little is sent again after a fault."""
    return in_chunks(files, most_files=_BATCH_FILES, most_bytes=_BATCH_BYTES)


@attrs.define
class Sending:
    """Sends files, and has each one proven.

    Attributes:
        exit_code: The last exit code of the sending tool that was not 0.
        failures: How many pushes in a row failed as a whole.
    """

    proving: Proving
    results: Results
    exit_code: int = 0
    failures: int = 0

    def send_all(self, files: Iterable[FileEntry]) -> None:
        """Send these, batch by batch; what is not proven afterwards is kept with its reason.

        Raises:
            TargetError: The target is gone, or is another one.
            Cancelled: Asked to stop.
        """
        waiting = list(batches(files))
        for number, batch in enumerate(waiting):
            if self.failures >= _PATIENCE:
                for file in (file for rest in waiting[number:] for file in rest):
                    self._keep(file, "the target takes nothing at the moment")
                return
            pushed = self._send(batch)
            is_cut_off = pushed.is_hung or (pushed.exit_code and not pushed.is_partial)
            if is_cut_off and len(batch) > 1:
                # the tool may hang on, or end at, one file of the batch: that one must not stop the others
                for file in batch:
                    if self.failures <= _PATIENCE and self._is_kept(file):
                        self._send([file])

    def _send(self, batch: Sequence[FileEntry], *, by_content: bool = False) -> Pushed:
        ports, folders = self.proving.ports, self.proving.folders
        batch = [file for file in batch if self._may_be_sent(file)]
        if not batch:
            return Pushed()
        ports.cancel.check()
        here = here_or_raise(ports.transfer, ports.transfer.ask())
        sendables = self.proving.sendables(batch)
        pushed = ports.transfer.push(sendables, root=folders.ready, by_content=by_content, cancel=ports.cancel)
        if pushed.exit_code or pushed.problem:
            self.exit_code = pushed.exit_code or self.exit_code
        self._step_on(batch, pushed)
        is_followed = not pushed.exit_code and not by_content
        proven = 0
        if not pushed.is_hung:
            proven = self.proving.prove(batch, here, problems=pushed.problems, is_followed=is_followed)
        self._tell(pushed, is_all_there=proven == len(batch))
        if pushed.is_hung:
            for file in batch:
                self._keep(file, "the target did not answer in time")
        is_whole = bool(pushed.exit_code or pushed.is_hung) and not pushed.is_partial and not proven
        self.failures = self.failures + 1 if is_whole else 0
        if not pushed.exit_code and not pushed.is_hung:
            self._send_left_alone(batch, was_by_content=by_content)
        return pushed

    def _send_left_alone(self, batch: Sequence[FileEntry], *, was_by_content: bool) -> None:
        """Send what the tool took for the same once more, by its content.

        Each push leaves the damaged copy beside the new one. A file that arrives damaged again is written down, and
        waits for the next day: a target that damages all it receives must not be filled with damaged copies.
        """
        kept = self.results.kept
        left_alone = [file for file in batch if kept.get(self.proving.folders.relative(file)) in NOT_ARRIVED]
        if was_by_content:
            for file in left_alone:
                self.results.note_damaged(file)
            return
        again = [file for file in left_alone if not self.results.was_damaged_today(file)]
        for file in left_alone:
            if file not in again:
                self._keep(file, kept[self.proving.folders.relative(file)])
        if again:
            self._send(again, by_content=True)

    def _tell(self, pushed: Pushed, *, is_all_there: bool) -> None:
        """Say what the tool said; of a target that takes the content and refuses an owner, that this is all."""
        if not (pushed.exit_code or pushed.problem):
            return
        said = f"[backup] rsync failed with code {pushed.exit_code}: {pushed.problem}"
        if is_all_there:
            self.proving.ports.reporter.emit(Warned(f"{said}; all that it sent is at the target"))
        else:
            self.proving.ports.reporter.emit(Failed(said))

    def _may_be_sent(self, file: FileEntry) -> bool:
        """False if this run already removed the file, to make room for its record; that is reported."""
        path = self.proving.folders.relative(file)
        refusal = self.results.lives.refusal(path, SegmentEvent.SENT)
        if refusal:
            self.results.refuse(path, refusal)
        return not refusal

    def _step_on(self, batch: Sequence[FileEntry], pushed: Pushed) -> None:
        """A file of which the sending tool reports no problem is SENT; the target was not looked at yet."""
        if pushed.is_hung or (pushed.exit_code and not pushed.is_partial):
            return
        for path in map(self.proving.folders.relative, batch):
            if path not in pushed.problems:
                self.results.lives.step(path, SegmentEvent.SENT)

    def _keep(self, file: FileEntry, reason: str) -> None:
        self.results.keep(self.proving.folders.relative(file), reason)

    def _is_kept(self, file: FileEntry) -> bool:
        return self.proving.folders.relative(file) in self.results.kept
