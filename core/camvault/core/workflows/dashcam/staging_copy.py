"""Workflow, private part: one clip from the card to the staging, read once, and written down.

The copy has a name among the records until the card was seen to be alive after it: what stands in the staging under the
name of a clip is whole, and came from a card that gave what was on it (INV-38).
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.dashcam.camera_times import months_around
from camvault.core.dashcam.clip_book import KnownClip
from camvault.core.dashcam.clip_life import CardClipState, ClipEvent, clip_step
from camvault.core.dashcam.clip_names import numbered
from camvault.core.dashcam.clip_notes import ClipNote
from camvault.core.free_names import folded, free_names
from camvault.core.retention.leftovers import UNFINISHED_SUFFIX
from camvault.core.retention.removals import plan_leftovers
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.dashcam.card_listing import check_alive
from camvault.core.workflows.dashcam.copy_events import ClipStaged
from camvault.core.workflows.dashcam.copy_ports import CardClip, CopyPorts
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.core.workflows.steps.meter import Meter
from camvault.ports.camera_card import MountedCard
from camvault.ports.entries import FileIdentity, FileKind
from camvault.ports.errors import ChangedError, ExistsError, StorageError
from camvault.ports.files import OnBytes

INCOMING_NAME = f"incoming{UNFINISHED_SUFFIX}"
_ASKED_EACH_BYTES = 4 * 1024 * 1024


class CopyStopped(Exception):  # noqa: N818 - a state that the caller asked for, not a fault
    """The copy shall end here; the text says why."""


def remove_unfinished(folders: BoxFolders, *, ports: CopyPorts) -> None:
    """Remove what a copy left that was interrupted by a crash; it is in the folder of our records.

    Raises:
        StorageError: It cannot be removed.
    """
    for path in (folders.records / INCOMING_NAME, folders.records / f".{INCOMING_NAME}{UNFINISHED_SUFFIX}"):
        entry = ports.storage.entry(path)
        if entry is not None:
            for removal in plan_leftovers([entry], marker=folders.records.name).removals:
                ports.storage.remove(removal)


@attrs.frozen(kw_only=True)
class StagingCopier:
    """Copies clips of one card.

    Attributes:
        mounted: The card.
        ports: What is needed.
        folders: Where clips are staged.
        records: What is known of clips.
        staged: What lies in the staging; what is copied is added.
        on_card: All clips of the card: no other clip is staged under the name of one.
        stop: Says why to end here; "" to go on.
        state_of: Where in its life a clip is that is known.
    """

    mounted: MountedCard
    ports: CopyPorts
    folders: BoxFolders
    records: ClipRecords
    staged: dict[PurePosixPath, FileIdentity]
    on_card: Mapping[PurePosixPath, FileIdentity]
    stop: Callable[[], str]
    state_of: Callable[[KnownClip], CardClipState]
    _taken: "_Taken" = attrs.field(
        init=False, default=attrs.Factory(lambda self: _Taken.of(self.staged, self.on_card), takes_self=True)
    )

    def copy(self, clip: CardClip, *, state: CardClipState, defect: str) -> None:
        """Copy it, and write down that it is staged.

        Args:
            clip: A finished clip.
            state: Where in its life it is.
            defect: What is wrong with it; it is copied nevertheless.

        Raises:
            CopyStopped: `stop` said so; nothing is left of the copy.
            ChangedError: It is not the one that was listed any more.
            CardLostError: The card was not alive after the copy; what was read of it is thrown away.
            StorageError: It cannot be read or written.
            Cancelled: Asked to stop.
        """
        refusal = clip_step(state, ClipEvent.COPIED).refusal
        if refusal:
            raise ExistsError(self.mounted.folder / clip.path, refusal)
        storage, source = self.ports.storage, self.mounted.folder / clip.path
        incoming = self.folders.records / INCOMING_NAME
        with Meter("copy", clip.size_bytes, str(clip.path), self.ports.clock, self.ports.reporter) as on_bytes:
            copied = storage.copy(source, target=incoming, on_bytes=self._asking(on_bytes), cancel=self.ports.cancel)
        try:
            # power fails here: the next visit removes the incoming file, and copies the clip
            check_alive(self.mounted, ports=self.ports)
            self._check_unchanged(source, clip)
            sample = self.ports.samples.sample(incoming)
            path, staged = self._given_name(incoming, clip)
        except BaseException:
            remove_unfinished(self.folders, ports=self.ports)
            raise
        # power fails here: the next visit finds it without a record, compares it with the clip, and records it
        note = ClipNote(
            sample=sample,
            staged_mtime_ns=None if staged.mtime_ns == clip.mtime_ns else staged.mtime_ns,
            card_path=None if path == clip.path else clip.path,
            remark=defect,
        )
        when = self.ports.clock.now().astimezone(UTC).isoformat(timespec="seconds")
        self.records.add(LedgerEntry(path, clip.identity, copied.sha256, ProofKind.STAGED, when, "", str(note)))
        self.staged[path] = staged
        self._taken.staged.add(folded(str(path)))
        self.ports.reporter.emit(ClipStaged(clip.path, path, clip.size_bytes, copied.sha256, defect))

    def _check_unchanged(self, source: PurePath, clip: CardClip) -> None:
        found = self.ports.storage.entry(source)
        if found is None or not found.identity.is_same_file(clip.identity):
            raise ChangedError(source, "it changed after it was listed")

    def _asking(self, on_bytes: OnBytes) -> OnBytes:
        """The same, which asks whether to stop every some megabytes."""
        done_bytes = asked_bytes = 0

        def add(size_bytes: int) -> None:
            nonlocal done_bytes, asked_bytes
            on_bytes(size_bytes)
            done_bytes += size_bytes
            if done_bytes - asked_bytes >= _ASKED_EACH_BYTES:
                asked_bytes = done_bytes
                reason = self.stop()
                if reason:
                    raise CopyStopped(reason)

        return add

    def _given_name(self, incoming: PurePath, clip: CardClip) -> tuple[PurePosixPath, FileIdentity]:
        """Give it the first name that is free in the staging, in the records and on the card (INV-10)."""
        taken = attrs.evolve(self._taken, own=folded(str(clip.path)))
        free = free_names(numbered(clip.path), taken=taken)
        names = (path for path in free if not self._is_of_another(path, clip))
        while True:  # the names do not end
            path = next(names)
            target = self.folders.staging / path
            self._check_folders(path)
            self.ports.storage.make_folder(target.parent)
            with suppress(ExistsError):  # the file system of the staging takes two names for one
                return path, self.ports.storage.move(incoming, target=target).identity

    def _check_folders(self, path: PurePosixPath) -> None:
        """What is staged behind a link is not seen there, nor sent (`ClipRecords.staged`)."""
        for folder in [each for each in path.parents if each.parts]:
            entry = self.ports.storage.entry(self.folders.staging / folder)
            if entry is not None and entry.kind is FileKind.SYMLINK:
                raise StorageError(self.folders.staging / folder, "it is a link, expected a folder")

    def _is_of_another(self, path: PurePosixPath, clip: CardClip) -> bool:
        """Whether another clip was staged under this name: the server may have it."""
        if not self.records.is_taken(path):
            return False
        known = self.records.book(months_around(clip.mtime_ns)).staged_as(path, clip.identity)
        return known is None or bool(clip_step(self.state_of(known), ClipEvent.COPIED).refusal)


@attrs.frozen
class _Taken:
    """The names in use, folded. That of the clip itself is, only if something of that name is staged."""

    staged: set[str]
    on_card: frozenset[str]
    own: str = ""

    @classmethod
    def of(cls, staged: Iterable[PurePosixPath], on_card: Iterable[PurePosixPath]) -> "_Taken":
        """As the simplest file system compares them."""
        return cls({folded(str(path)) for path in staged}, frozenset(folded(str(path)) for path in on_card))

    def __contains__(self, name: object) -> bool:
        return name in self.staged or (name in self.on_card and name != self.own)
