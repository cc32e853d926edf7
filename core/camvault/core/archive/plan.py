"""Pure: what is to be done with each clip, and why. The plan is data: a dry run prints it, a run carries it out.

| what is known of a clip                                                       | step                        |
|-------------------------------------------------------------------------------|-----------------------------|
| it, or its picture, was changed within the settle time                        | left alone                  |
| it was changed lately, and is open for writing, or its picture is             | left alone                  |
| it was changed lately, and has no tables of a complete file yet               | left alone                  |
| it is empty                                                                   | left, a problem             |
| its archive is recorded and there                                             | let go                      |
| the same, and the record has a doubt of the archive                           | left, a problem             |
| an archive without a record is there, which may be its own                    | verify that, then let go    |
| anything else, or an archive is to be made anew                               | transcode, then let go      |
"""

import enum
from collections.abc import Iterator
from pathlib import PurePath
from typing import NamedTuple

import attrs

from camvault.core.archive.clip_pairs import DatedClip
from camvault.core.archive.lifecycle import ArchiveState, is_archive_there, state_of_source
from camvault.core.archive.records import ArchiveRecord
from camvault.core.retention.trash import TrashFolder
from camvault.ports.entries import FileEntry, FileIdentity
from camvault.ports.removal import RetentionReason

YOUNG_SETTLES = 60
"""A clip without tables is taken for damaged once it was left unchanged for so many settle times."""
ORPHAN_SETTLES = 10
"""The same for a picture without its clip, which may still be uploaded."""
WRITTEN = "some program has it open for writing"
"""A file that is moved or removed meanwhile goes on growing in the trash, or nowhere."""


class ClipStep(enum.Enum):
    """What is done with a clip."""

    TRANSCODE = "transcode"
    VERIFY = "verify"
    LET_GO = "let go"


@attrs.frozen
class LeftFile:
    """A file that stays, and why; `is_problem`: something should be done about it."""

    path: PurePath
    reason: str
    is_problem: bool = False


@attrs.frozen
class FirstSeen(LeftFile):
    """A file in the trash of which nobody can tell when it came there: its days begin when a run writes down this.

    Attributes:
        entry: The file.
        below: Its path below the trash.
        came_from: Where it was before, as far as that is known.
    """

    entry: FileEntry = attrs.field(kw_only=True)
    below: PurePath = attrs.field(kw_only=True)
    came_from: str = attrs.field(kw_only=True)


@attrs.frozen
class RemoveAction:
    """A file that goes: to the trash at `to`, or for good if that is None."""

    entry: FileEntry
    to: PurePath | None
    reason: str

    @property
    def path(self) -> PurePath:
        """Where it is."""
        return self.entry.path


@attrs.frozen
class TranscodeAction:
    """A clip of which an archive is made at `target`."""

    source: PurePath
    target: PurePath
    reason: str


Action = TranscodeAction | RemoveAction


class ClipPlan(NamedTuple):
    """What is done with one clip: a bare tuple, because a run plans half a million of them.

    Attributes:
        clip: The clip and its pictures.
        step: What is done.
        reason: Why.
        archive_text: Where the archive will be, or is, as text: of most plans no more is asked.
        candidates: The archives that are verified, if that is the step.
        record: What is known of the archive that is there; with TRANSCODE, the new one takes the place of that.
        trash: Where its files go afterwards; None if they are deleted.
    """

    clip: DatedClip
    step: ClipStep
    reason: str
    archive_text: str
    candidates: tuple[PurePath, ...] = ()
    record: ArchiveRecord | None = None
    trash: TrashFolder | None = None

    @property
    def archive(self) -> PurePath:
        """Where the archive will be, or is."""
        return PurePath(self.archive_text)

    @property
    def removals(self) -> tuple[RemoveAction, ...]:
        """What goes afterwards, in this order: the clip last."""
        return tuple(
            RemoveAction(
                self.clip.folder.entry_of(file),
                None if self.trash is None else self.trash.path_of(file.name),
                release_reason(self.archive_text, is_clip=file is self.clip.file),
            )
            for file in self.clip.files
        )

    def actions(self) -> Iterator[Action]:
        """All of it, flat."""
        if self.step is ClipStep.TRANSCODE:
            yield TranscodeAction(self.clip.path, self.archive, self.reason)
        yield from self.removals


class ClipFacts(NamedTuple):
    """What was seen of a clip: a bare tuple, as `ClipPlan`.

    Attributes:
        age_s: How long ago the youngest of its files was changed; negative for a time in the future.
        settle_s: What was changed within so many seconds may still be written.
        is_written: Whether some program has one of its files open for writing; asked only if it was changed lately.
        defect: Why it has no footage that can be read; asked only if it was changed lately.
        known: The record of its archive.
        archive: Which file stands under the name of that archive.
        is_unrecorded: Whether there is an archive of its stamp of which there is no record, and that may be its own: no
            other clip has the stamp, and no record of it can have been lost.
        is_made_anew: Whether an archive that is there does not count.
    """

    age_s: float
    settle_s: float
    is_written: bool = False
    defect: str = ""
    known: ArchiveRecord | None = None
    archive: FileIdentity | None = None
    is_unrecorded: bool = False
    is_made_anew: bool = False


def is_settled(age_s: float, settle_s: float) -> bool:
    """Whether nobody writes to a file any more; a change far in the future says that a clock was wrong."""
    return abs(age_s) >= settle_s


def unsettled_reason(age_s: float, settle_s: float) -> str:
    """Why a file that is not settled is left alone."""
    return f"it was changed {abs(age_s):.0f} s ago, and may still be written (--settle {settle_s:g})"


def judge_clip(clip: DatedClip, facts: ClipFacts) -> tuple[ClipStep, str] | LeftFile:
    """The step, and the reason for it; or why the clip is left."""
    return _reason_to_leave(clip, facts) or _step(facts)


def _reason_to_leave(clip: DatedClip, facts: ClipFacts) -> LeftFile | None:
    known = facts.known
    if not is_settled(facts.age_s, facts.settle_s):
        return LeftFile(clip.path, unsettled_reason(facts.age_s, facts.settle_s))
    if not clip.file.size_bytes:
        return LeftFile(clip.path, "it is empty: nothing of it was uploaded", is_problem=True)
    if facts.is_written:
        return LeftFile(clip.path, WRITTEN)
    if facts.defect:
        return LeftFile(clip.path, f"it may still be uploaded: {facts.defect}")
    is_doubted = known is not None and known.facts.doubts and is_archive_there(known, facts.archive)
    if known is not None and is_doubted and not facts.is_made_anew:
        words = "; ".join(known.facts.doubts)
        return LeftFile(clip.path, f"its archive {known.archive} may lack something of it: {words}", is_problem=True)
    return None


def _step(facts: ClipFacts) -> tuple[ClipStep, str]:
    if facts.is_made_anew:
        return ClipStep.TRANSCODE, "--no-skip: an archive is made of every clip"
    known = facts.known
    if known is not None and state_of_source(known, archive=facts.archive) is ArchiveState.ARCHIVED:
        return ClipStep.LET_GO, f"archived on {known.when}"
    if facts.is_unrecorded:
        return ClipStep.VERIFY, "an archive of this time is there, and no record of how it was made"
    return ClipStep.TRANSCODE, "no archive of it is known" if known is None else "its archive is not there any more"


def release_reason(archive: PurePath | str, *, is_clip: bool) -> str:
    """Why a clip, or its picture, is let go."""
    return f"archived as {archive}" if is_clip else f"its clip is archived as {archive}"


@attrs.frozen
class Eviction:
    """Footage that a rule of the user takes.

    Attributes:
        removals: What goes, in this order.
        reason: The rule, and the figure that met it.
        area: Of which root it is: `records.INPUT` or `records.OUTPUT`.
        day: That of its stamp, `YYYY-MM-DD`.
        record: What is known of its archive, which is there; whether both still hold what was recorded, only reading
            tells. What is in the archive is never archived itself.
        is_orphan: Whether it is a picture without its clip.
    """

    removals: tuple[RemoveAction, ...]
    reason: RetentionReason
    area: str
    day: str
    record: ArchiveRecord | None = None
    is_orphan: bool = False


@attrs.frozen
class Purge:
    """A file that leaves the trash for good."""

    removal: RemoveAction
    reason: RetentionReason


Work = ClipPlan | Eviction | Purge


def actions_of(work: Work) -> Iterator[Action]:
    """What is done, flat."""
    if isinstance(work, ClipPlan):
        yield from work.actions()
    elif isinstance(work, Eviction):
        yield from work.removals
    else:
        yield work.removal
