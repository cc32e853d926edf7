"""Pure: what becomes of a build directory after a stage failed or was stopped, and how the user can go on.

Both are decided by the stage and by the kind of the failure, never by an exit code: exit codes belong to the commands.
"""

import enum

import attrs

from camvault.core.batch.left_out import ClipsLeftOutError
from camvault.core.batch.plan import OutputsTooBigError
from camvault.core.batch.resuming import ContradictedError
from camvault.ports.errors import BusyError, CamvaultError, DriveError, MissingToolError, RecordError, UsageError


class PipelineStage(enum.StrEnum):
    """The stages in their order; the value is what stands before each of their lines."""

    PREPARE = "prepare"
    IMAGE = "image"
    BURN = "burn"
    RELEASE = "release"
    """Originals go, if that was asked for."""
    CLEAN = "clean"


class FailureKind(enum.Enum):
    """What a failure says about the work that was done before it."""

    REFUSED = "refused"
    """Input, flags, a tool or a drive were refused before anything was worked on."""
    TOO_BIG = "too big"
    """All outputs are made, and together they do not fit the disc."""
    NO_RECORD = "no record"
    """The progress file is missing or damaged, or says what is true no more."""
    CONTRADICTED = "contradicted"
    """The flags contradict the progress file."""
    LEFT_OUT = "left out"
    """Some clips could not be prepared; all others are."""
    BROKEN = "broken"
    """Anything else; work may be lost or left."""


def failure_kind(error: BaseException) -> FailureKind:
    """The kind of the error that a stage ended with."""
    match error:
        case UsageError() | MissingToolError() | DriveError() | BusyError():
            return FailureKind.REFUSED
        case OutputsTooBigError():
            return FailureKind.TOO_BIG
        case ClipsLeftOutError():
            return FailureKind.LEFT_OUT
        case ContradictedError():
            return FailureKind.CONTRADICTED
        case RecordError():
            return FailureKind.NO_RECORD
    return FailureKind.BROKEN


@attrs.define(str=False)
class StageFailed(CamvaultError):  # noqa: N818 - what happened to the pipeline; the fault is its cause
    """A stage failed: which one, with which kind of error, and its sentence. The error itself is the `__cause__`.

    `exit_code` is that of the stage as a command, carried for the sentence and for the command that ends with it. No
    decision in core is taken by an exit code.
    """

    stage: PipelineStage
    command: str
    exit_code: int
    problem: str
    kind: FailureKind = FailureKind.BROKEN

    def __str__(self) -> str:
        return f"Stage {self.stage} failed ({self.command}, exit code {self.exit_code}): {self.problem}"


class BuildDirFate(enum.Enum):
    """What becomes of the build directory."""

    REMOVED = "removed"
    KEPT = "kept"


def fate_after_failure(stage: PipelineStage, *, kind: FailureKind, is_new: bool) -> BuildDirFate:
    """What becomes of the build directory when `stage` failed with an error of `kind`.

    It goes only if the clips were refused before any of them was worked on and this run made it (`is_new`). Otherwise
    hours of work may be in it: it is kept, to be resumed or looked at.
    """
    was_refused = stage is PipelineStage.PREPARE and kind is FailureKind.REFUSED
    return BuildDirFate.REMOVED if was_refused and is_new else BuildDirFate.KEPT


class NextCommand(enum.Enum):
    """What the user can do after a run that did not come to its end; each is a command, or two."""

    START = "start"
    RESUME = "resume"
    RESUME_AS_RECORDED = "resume as recorded"
    """Without the flags that a progress file decides."""
    BURN = "burn"
    RELEASE = "release"
    CLEAN = "clean"


@attrs.frozen
class NextStep:
    """A sentence, and what is to be done; None where no command would help."""

    words: str
    way: NextCommand | None = None


class RecordFound(enum.Enum):
    """What stands under the name of the progress file."""

    NONE = "none"
    READABLE = "readable"
    BROKEN = "broken"


@attrs.frozen(kw_only=True)
class WhatIsLeft:
    """What a run left that did not come to its end, and what was asked of it.

    Attributes:
        record: Its progress file.
        is_new: Whether the job began with this run; False for one that was resumed.
        is_image_good: Whether the image still is what was made.
        is_deleting: Whether originals are to go, which only a run that reads the disc back may do.
        is_keeping_going: Whether the job is to be finished without clips that cannot be prepared.
    """

    record: RecordFound
    is_new: bool = True
    is_image_good: bool = True
    is_deleting: bool = False
    is_keeping_going: bool = False


def next_step(stage: PipelineStage, *, kind: FailureKind | None, left: WhatIsLeft) -> NextStep:
    """How to go on after `stage` failed with an error of `kind` (None: it was stopped), and the build directory stays.

    No command is named that must come to the same end.
    """
    if stage in _AFTER_THE_DISC:
        return _AFTER_THE_DISC[stage]
    if stage is PipelineStage.BURN and left.is_image_good and not left.is_deleting:
        return NextStep("The image is complete. To burn it, and then remove the build directory:", NextCommand.BURN)
    if stage is PipelineStage.PREPARE and kind in _AFTER_PREPARE:
        return _AFTER_PREPARE[kind]
    if left.record is RecordFound.READABLE:
        return _after_what_can_be_resumed(kind, left)
    if left.record is RecordFound.NONE and left.is_new:
        return NextStep("Nothing was begun. To start again:", NextCommand.START)
    return _CANNOT_RESUME


def _after_what_can_be_resumed(kind: FailureKind | None, left: WhatIsLeft) -> NextStep:
    if kind is FailureKind.LEFT_OUT:
        other = "no clip could be prepared" if left.is_keeping_going else _WITHOUT
        return NextStep(f"To try again what is left out ({other}):", NextCommand.RESUME)
    if kind is FailureKind.REFUSED:
        return NextStep("It will be refused again until what the error names is mended; then:", NextCommand.RESUME)
    return NextStep("To go on from there:", NextCommand.RESUME)


_WITHOUT = "with --prep-keep-going yes the others are burned without it"
_CANNOT_RESUME = NextStep(
    "There is no progress file that could be resumed: name another one with --prep-resume, or start anew with the clips"
)
_AFTER_PREPARE = {
    FailureKind.TOO_BIG: NextStep(
        "All outputs are there, but they do not fit: start anew with a larger disc or with fewer clips"
    ),
    FailureKind.NO_RECORD: _CANNOT_RESUME,
    FailureKind.CONTRADICTED: NextStep(
        "Without the flags that the progress file decides:", NextCommand.RESUME_AS_RECORDED
    ),
}
_AFTER_THE_DISC = {
    PipelineStage.RELEASE: NextStep(
        "The disc is done. Originals that are left go, and then the build directory, with", NextCommand.RELEASE
    ),
    PipelineStage.CLEAN: NextStep(
        "The disc is done. Once nothing speaks against it, the build directory goes with", NextCommand.CLEAN
    ),
}
