"""Workflow, private part: what a look at the card says of clips that were there before, and are not now (INV-39)."""

from collections.abc import Callable
from datetime import UTC
from pathlib import PurePosixPath

import attrs

from camvault.core.dashcam.camera_times import are_alike, month_of
from camvault.core.dashcam.card_looks import FolderLook, emptied, looks_text, read_looks
from camvault.core.dashcam.clip_book import KnownClip
from camvault.core.dashcam.clip_life import WAITING, CardClipState, ClipEvent, clip_step
from camvault.core.dashcam.clip_notes import following_note
from camvault.core.dashcam.closed_months import is_superseded
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.dashcam.card_listing import ListedCard
from camvault.core.workflows.dashcam.copy_events import ClipOverwritten, ClipVanished
from camvault.core.workflows.dashcam.copy_ports import CopyPorts
from camvault.core.workflows.dashcam.open_months import keep_closed, open_months
from camvault.core.workflows.dashcam.records import ClipRecords

LOOKS_NAME = "card-looks"


@attrs.frozen(kw_only=True)
class GoneClips:
    """Compares a listing with the records; it was made of a card that was alive before and after.

    Attributes:
        listed: What is on the card.
        number: Of the card; "" if that is not known.
        ports: What is needed.
        records: What is known of clips.
        state_of: Where in its life a clip is that is known.
        is_sure: Whether it is known to be the card in the camera, and which one; else nothing is concluded from what
            is missing.
    """

    listed: ListedCard
    number: str
    ports: CopyPorts
    records: ClipRecords
    state_of: Callable[[KnownClip], CardClipState]
    is_sure: bool

    def note_overwritten(self) -> int:
        """Write down what is gone from this card without having been copied, however long ago it was seen; how many.

        Raises:
            StorageError: A record cannot be read or written.
        """
        months = {month_of(identity.mtime_ns) for identity in self.listed.files.values()}
        waiting = open_months(self.records)
        book = self.records.book(months | waiting)
        for clip in [clip for clip in book.clips() if self._is_vanished(clip)]:
            self._note_vanished(clip)
        if not self.is_sure:
            return 0
        missed = [clip for clip in book.clips() if self._is_missed(clip)]
        for clip in missed:
            identity, when = clip.last.identity, self._now()
            entry = LedgerEntry(clip.card_path, identity, clip.sha256, ProofKind.OVERWRITTEN, when, self.number)
            self.records.add(entry)
            self.ports.reporter.emit(ClipOverwritten(clip.card_path, clip.last.when))
        keep_closed(self.records, waiting - months)
        return len(missed)

    def _is_vanished(self, clip: KnownClip) -> bool:
        """Whether it was staged, is not proven to be at the server, and is not in the staging any more."""
        was_staged = clip.state(staged=clip.as_copied) in WAITING and not clip.was_lost_at_server
        return was_staged and self.state_of(clip) not in WAITING

    def _note_vanished(self, clip: KnownClip) -> None:
        """Tell it, and then write it down, so that it is told once; what is on the card is copied again."""
        path, is_on_card = clip.staged_path or clip.card_path, clip.card_path in self.listed.files
        self.ports.reporter.emit(ClipVanished(path, is_on_card=is_on_card))
        note = following_note(clip.last.note, remark="it is missing")
        self.records.add(LedgerEntry(path, clip.as_copied, clip.sha256, ProofKind.WITHDRAWN, self._now(), "", note))

    def _is_missed(self, clip: KnownClip) -> bool:
        found = self.listed.files.get(clip.card_path)
        is_there = (
            found is not None and found.size_bytes == clip.size_bytes and are_alike(found.mtime_ns, clip.mtime_ns)
        )
        has_grown = found is not None and not clip.is_finished
        return (
            not clip_step(self.state_of(clip), ClipEvent.MISSED).refusal
            and not clip.was_lost_at_server  # the server lost it, and not the camera
            and clip.card_number == self.number
            and self.listed.is_seen(clip.card_path)
            and not self._is_emptied(clip.card_path)
            and not (is_there or has_grown or is_superseded(clip, self.records.book(())))
        )

    def _is_emptied(self, path: PurePosixPath) -> bool:
        """Whether the folder that it was in looks empty, from which nothing is concluded."""
        return any(not count and path.is_relative_to(folder) for folder, count in self.listed.counts.items())

    def keep_looks(self) -> list[str]:
        """What is wrong with folders that had clips and have none; remember those that have.

        Raises:
            StorageError: A record cannot be read or written.
        """
        path = self.records.folders.records / LOOKS_NAME
        looks = dict(read_looks(self.ports.storage.read_text(path) or ""))
        counts = self.listed.counts
        found = [emptied(looks.get(each), count=count, card_number=self.number) for each, count in counts.items()]
        for folder, count in counts.items():
            if count:
                looks[folder] = FolderLook(folder=folder, card_number=self.number, count=count, when=self._now())
        self.ports.storage.write_text(path, looks_text(looks))
        return [problem for problem in found if problem]

    def _now(self) -> str:
        return self.ports.clock.now().astimezone(UTC).isoformat(timespec="seconds")
