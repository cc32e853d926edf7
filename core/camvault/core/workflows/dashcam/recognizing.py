"""Workflow, private part: which clips on the card are known: by name, size and time, and by a look at their content.

FAT knows no more of a file than that, cameras use names again, and some forget the time whenever they lose their power.
So a clip is known only if a sample of it is that of the one that was copied; without one it is read whole (INV-37).
"""

from collections.abc import Mapping
from datetime import UTC
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.dashcam.camera_times import are_alike, months_around
from camvault.core.dashcam.clip_book import KnownClip
from camvault.core.dashcam.clip_life import CardClipState
from camvault.core.dashcam.clip_names import is_numbered_of
from camvault.core.dashcam.clip_notes import OF_ANOTHER, ClipNote, read_note
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.dashcam.copy_ports import CardClip, CopyPorts
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import StorageError

TO_BE_COPIED = (CardClipState.ON_CARD, CardClipState.OVERWRITTEN)
FOUND = "found in the staging without a record, equal to the clip on the card"


@attrs.frozen(kw_only=True)
class Recognizer:
    """Looks at the clips of one card.

    Attributes:
        root: Of the card.
        ports: What is needed.
        folders: Where clips are staged.
        records: What is known of clips.
        staged: What lies in the staging.
    """

    root: PurePath
    ports: CopyPorts
    folders: BoxFolders
    records: ClipRecords
    staged: Mapping[PurePosixPath, FileIdentity]

    def is_copied(self, clip: CardClip) -> bool:
        """Whether this very clip is staged, or proven to be at the server that is used now.

        Raises:
            StorageError: It cannot be read; or a record cannot be read or written.
            Cancelled: Asked to stop.
        """
        known = self.records.book(months_around(clip.mtime_ns)).alike(clip.path, clip.identity)
        copied = [each for each in known if self.state_of(each) not in TO_BE_COPIED]
        if copied:
            sample = self.ports.samples.sample(self.root / clip.path)
            same = next((each for each in copied if each.sample == sample), None)
            if same is not None:
                return not self._taken_back(same)
            for each in copied:
                if not each.sample and self._digest(self.root / clip.path) == each.sha256:
                    self._keep_sample(each, sample)
                    return not self._taken_back(each)
        return self._is_found(clip)

    def state_of(self, clip: KnownClip) -> CardClipState:
        """Where in its life a clip is, by the records and the staging."""
        return clip.state(staged=self.staged.get(clip.staged_path) if clip.staged_path else None)

    def _taken_back(self, clip: KnownClip) -> bool:
        """Take back a proof by a server that is not used any more: the clip goes to the one that is.

        Returns whether that was done.

        Which of them still has it is not known; that it is copied once more costs time only.
        """
        is_sent, target = self.state_of(clip) is CardClipState.UNSTAGED, self.ports.target
        if not (is_sent and target and clip.last.where) or clip.last.where == target:
            return False
        said = read_note(clip.last.note)
        note = attrs.evolve(said, sample=clip.sample, remark=f"{said.remark or clip.last.where}; {OF_ANOTHER}")
        self._add(attrs.evolve(clip.last, kind=ProofKind.WITHDRAWN, note=str(note)))
        return True

    def _is_found(self, clip: CardClip) -> bool:
        """Whether it is staged without a record: the power failed after it was copied. Then it is recorded."""
        return any(
            self._is_equal(clip, path, found) for path, found in self.staged.items() if is_numbered_of(path, clip.path)
        )

    def _is_equal(self, clip: CardClip, path: PurePosixPath, found: FileIdentity) -> bool:
        is_like_it = found.size_bytes == clip.size_bytes and are_alike(found.mtime_ns, clip.mtime_ns)
        if not is_like_it or self.records.book(months_around(found.mtime_ns)).staged_as(path, found) is not None:
            return False
        staged = self.folders.staging / path
        try:
            sha256, sample = self._digest(staged), self.ports.samples.sample(staged)
        except StorageError:
            return False  # it is no copy of anything; the clip gets another name
        if sha256 != self._digest(self.root / clip.path):
            return False
        note = ClipNote(
            sample=sample,
            staged_mtime_ns=None if found.mtime_ns == clip.mtime_ns else found.mtime_ns,
            card_path=None if path == clip.path else clip.path,
            remark=FOUND,
        )
        self._add(LedgerEntry(path, clip.identity, sha256, ProofKind.STAGED, "", "", str(note)))
        return True

    def _keep_sample(self, clip: KnownClip, sample: str) -> None:
        """Write the last line again, with the sample, so that the clip is not read whole in each visit."""
        said = read_note(clip.last.note)
        note = attrs.evolve(said if str(said) else ClipNote(remark=clip.last.note), sample=sample)
        self._add(attrs.evolve(clip.last, note=str(note)))

    def _digest(self, path: PurePath) -> str:
        return self.ports.storage.digest(path, on_bytes=lambda _: None, cancel=self.ports.cancel)

    def _add(self, entry: LedgerEntry) -> None:
        when = self.ports.clock.now().astimezone(UTC).isoformat(timespec="seconds")
        self.records.add(attrs.evolve(entry, when=when))
