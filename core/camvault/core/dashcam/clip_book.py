"""Pure: what the lines of a ledger say of each clip. Cameras use names again, and forget their clock.

A clip is its path on the card, its size, its time, and a sample of its content. The lines of what happened to it later
name it by where it is staged, which may be another name.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

import attrs

from camvault.core.dashcam.camera_times import are_alike
from camvault.core.dashcam.clip_life import CardClipState, state_of_clip, was_lost_there
from camvault.core.dashcam.clip_notes import STILL_RECORDING, read_note
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.ports.entries import FileIdentity

OF_THE_CARD = (ProofKind.SEEN, ProofKind.OVERWRITTEN)
"""What is said of a clip before it is copied: its line names no file of the staging."""


@attrs.frozen(kw_only=True)
class KnownClip:
    """One clip of a camera.

    Attributes:
        card_path: Where it is, or was, on the card.
        size_bytes: Its length.
        mtime_ns: Its time on the card.
        last: The last line about it.
        staged_path: Where it is, or was, staged, and under which name it is sent; None if it never was.
        staged_mtime_ns: Its time there.
        sha256: Of its content; "" if it was never read.
        sample: Of its content; "" if that is not known.
        card_number: Of the card that it was seen on; "" if that is not known.
        is_finished: Whether the camera had finished it when it was seen last.
        is_removed: Whether it was removed from the staging, as proven, since it was copied last.
    """

    card_path: PurePosixPath
    size_bytes: int
    mtime_ns: int
    last: LedgerEntry
    staged_path: PurePosixPath | None = None
    staged_mtime_ns: int = 0
    sha256: str = ""
    sample: str = ""
    card_number: str = ""
    is_finished: bool = True
    is_removed: bool = False

    @property
    def was_lost_at_server(self) -> bool:
        """Whether the server lost it after it had left the staging: it is missing here for that reason alone."""
        return self.is_removed and was_lost_there(self.last)

    @property
    def as_copied(self) -> FileIdentity:
        """The staged file as it was when it was copied."""
        return FileIdentity(self.size_bytes, self.staged_mtime_ns)

    def state(self, *, staged: FileIdentity | None) -> CardClipState:
        """Where in its life it is; `staged` is what stands at `staged_path` now."""
        return state_of_clip(self.last, is_staged=staged is not None and self.is_staged_as(staged))

    def is_staged_as(self, found: FileIdentity) -> bool:
        """Whether a file at `staged_path` may be the staged one: its digest tells whether it is."""
        return self.size_bytes == found.size_bytes and are_alike(self.staged_mtime_ns, found.mtime_ns)

    def is_of(self, path: PurePosixPath, identity: FileIdentity) -> bool:
        """Whether this is the clip with this name, size and time, on the card or in the staging."""
        times = {self.mtime_ns} if path == self.card_path else set()
        times |= {self.mtime_ns, self.staged_mtime_ns} if path == self.staged_path else set()
        return identity.size_bytes == self.size_bytes and identity.mtime_ns in times


@attrs.define
class ClipBook:
    """The clips, from lines that are taken in their order."""

    _by_path: dict[PurePosixPath, list[KnownClip]] = attrs.field(factory=dict, init=False)

    def clips(self) -> Iterator[KnownClip]:
        """Each clip once."""
        for path, clips in self._by_path.items():
            yield from (clip for clip in clips if clip.card_path == path)

    def find(self, path: PurePosixPath, identity: FileIdentity) -> KnownClip | None:
        """The clip with this name, size and time, on the card or in the staging; the last one of several."""
        return next((clip for clip in self._latest_of(path) if clip.is_of(path, identity)), None)

    def alike(self, path: PurePosixPath, identity: FileIdentity) -> tuple[KnownClip, ...]:
        """The clips that were under this name on the card with this size and time, or one that is alike.

        The most likely first. Only their content tells which of them it is.
        """
        found = [
            clip
            for clip in self._latest_of(path)
            if clip.card_path == path
            and clip.size_bytes == identity.size_bytes
            and are_alike(clip.mtime_ns, identity.mtime_ns)
        ]
        return tuple(sorted(found, key=lambda clip: clip.mtime_ns != identity.mtime_ns))

    def staged_as(self, path: PurePosixPath, found: FileIdentity) -> KnownClip | None:
        """The clip that was staged under this name, if it may be this file."""
        latest = self.latest_staged(path)
        return latest if latest is not None and latest.is_staged_as(found) else None

    def latest_staged(self, path: PurePosixPath) -> KnownClip | None:
        """The clip that became known last of those that were staged under this name."""
        return next((clip for clip in self._latest_of(path) if clip.staged_path == path), None)

    def others_of(self, clip: KnownClip) -> tuple[KnownClip, ...]:
        """The clips that had its name on the card, and became known after it."""
        named = [other for other in self._by_path[clip.card_path] if other.card_path == clip.card_path]
        return tuple(named[named.index(clip) + 1 :])

    def take(self, entry: LedgerEntry) -> KnownClip:
        """One more line; the clip as it is known now."""
        old = self.meant_by(entry)
        new = _with(old, entry)
        for path in {new.card_path, new.staged_path or new.card_path}:
            clips = self._by_path.setdefault(path, [])
            if old in clips:
                clips[clips.index(old)] = new
            else:
                clips.append(new)
        return new

    def _latest_of(self, path: PurePosixPath) -> Iterator[KnownClip]:
        return reversed(self._by_path.get(path, []))

    def meant_by(self, entry: LedgerEntry) -> KnownClip | None:
        """The clip that a line is about; None for one that is new.

        Several clips may have had one name, size and time on the card. What happened to one of them after it was copied
        is told apart by where it is staged, and by its digest.
        """
        if entry.kind is ProofKind.STAGED:
            return self._copied_as(entry)
        if entry.kind not in OF_THE_CARD:
            staged = (clip for clip in self._latest_of(entry.path) if _is_staged_with(clip, entry))
            return next(staged, None)
        seen = self._seen_as(entry.path, entry.identity)
        if entry.kind is ProofKind.SEEN:  # what is seen on the card after it was staged is another clip
            return next((clip for clip in seen[:1] if clip.last.kind in OF_THE_CARD), None)
        copied = (clip for clip in seen if clip.sha256 in (entry.sha256, ""))
        return min(copied, key=lambda clip: clip.sha256 != entry.sha256, default=None)

    def _seen_as(self, path: PurePosixPath, identity: FileIdentity) -> list[KnownClip]:
        """The clips that had this name, size and time on the card, the last one first."""
        return [clip for clip in self._latest_of(path) if clip.card_path == path and clip.is_of(path, identity)]

    def _copied_as(self, entry: LedgerEntry) -> KnownClip | None:
        """The clip that was copied: by its content, else the one that waited for it, else what was staged there."""
        seen = self._seen_as(read_note(entry.note).card_path or entry.path, entry.identity)
        staged = [clip for clip in self._latest_of(entry.path) if clip.staged_path == entry.path]
        alike = [*seen, *(clip for clip in staged if clip.is_of(entry.path, entry.identity))]
        free = [clip for clip in alike if clip.staged_path == entry.path or clip.last.kind in OF_THE_CARD]
        ranked = sorted(free, key=lambda clip: (clip.sha256 != entry.sha256, clip.last.kind not in OF_THE_CARD))
        return next(iter(ranked), None)


def _is_staged_with(clip: KnownClip, entry: LedgerEntry) -> bool:
    """Whether a line about a staged file is about this clip."""
    is_there = clip.staged_path == entry.path
    is_alike = clip.is_of(entry.path, entry.identity) or clip.is_staged_as(entry.identity)
    return is_there and is_alike and (clip.sha256 == entry.sha256 or "" in (clip.sha256, entry.sha256))


def _with(old: KnownClip | None, entry: LedgerEntry) -> KnownClip:
    note, identity = read_note(entry.note), entry.identity
    if old is None:
        old = KnownClip(
            card_path=note.card_path or entry.path,
            size_bytes=identity.size_bytes,
            mtime_ns=identity.mtime_ns,
            last=entry,
        )
    if entry.kind in OF_THE_CARD:
        return attrs.evolve(
            old, last=entry, card_number=entry.where, is_finished=not note.remark.startswith(STILL_RECORDING)
        )
    if entry.kind is ProofKind.STAGED:
        staged_mtime_ns = identity.mtime_ns if note.staged_mtime_ns is None else note.staged_mtime_ns
        return attrs.evolve(
            old,
            last=entry,
            staged_path=entry.path,
            staged_mtime_ns=staged_mtime_ns,
            sha256=entry.sha256,
            sample=note.sample,
            is_finished=True,
            is_removed=False,
        )
    staged_path = old.staged_path or entry.path
    staged_mtime_ns = old.staged_mtime_ns if old.staged_path else identity.mtime_ns
    return attrs.evolve(
        old,
        last=entry,
        staged_path=staged_path,
        staged_mtime_ns=staged_mtime_ns,
        sha256=old.sha256 or entry.sha256,
        sample=old.sample or note.sample,
        is_removed=old.is_removed or entry.kind is ProofKind.UNSTAGED,
    )
