"""Workflow: raw clips in, a verified disc out; the order of the stages and the fate of what they leave.

The stages themselves are handed in as functions. Crash order: names are reserved, then the build directory appears with
its marker, then the stages run; every later run takes names of its own, so an interrupted run is never written over.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import ClassVar

import attrs

from camvault.core.batch.build_dir import MARKER_NAME, MARKER_TEXT
from camvault.core.mounts import missing_mount
from camvault.core.batch.pipeline import (
    Fate,
    Need,
    PipelineStage,
    RunNames,
    fate_after_failure,
    run_names,
    shortages,
)
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileKind
from camvault.ports.errors import CamvaultError, Cancelled, ExistsError, UsageError
from camvault.ports.events import Event, Level, Note, Reporter
from camvault.ports.files import Storage
from camvault.ports.mounts import MountTable

_ATTEMPTS = 1000


@attrs.define(str=False)
class StageFailed(CamvaultError):  # noqa: N818 - what happened to the pipeline; the fault is its cause
    """A stage failed: which one, its own exit code, and its sentence. The error itself is the `__cause__`."""

    stage: PipelineStage
    command: str
    exit_code: int
    problem: str

    def __str__(self) -> str:
        return f"Stage {self.stage} failed ({self.command}, exit code {self.exit_code}): {self.problem}"


Reports = Mapping[PipelineStage, object]
"""What the stages that are done have reported."""


Advise = Callable[[PipelineStage, StageFailed | Cancelled], str]
"""How to go on after a stage failed or was stopped, in one sentence with the commands for it."""


@attrs.frozen
class Step:
    """One stage, ready to run.

    `run` is given the reports of the stages before it. It raises `StageFailed` or `Cancelled`, or returns its report.
    `folder` is what it leaves if it fails; None for the build directory of the run.
    """

    stage: PipelineStage
    run: Callable[[Reports], object]
    folder: PurePath | None = None


@attrs.frozen
class StageStarted(Event):
    """A stage begins."""

    stage: PipelineStage

    def __str__(self) -> str:
        return f"Stage {self.stage} started"


@attrs.frozen
class StageFinished(Event):
    """A stage did what it was asked to do."""

    stage: PipelineStage

    def __str__(self) -> str:
        return f"Stage {self.stage} finished"


@attrs.frozen
class BuildDirKept(Event):
    """The build directory was left for analysis or to be resumed."""

    level: ClassVar[Level] = Level.WARNING

    path: PurePath
    reason: str

    def __str__(self) -> str:
        return f"Build directory kept ({self.reason}): {self.path}"


@attrs.frozen
class PipelineFinished(Event):
    """Everything was done; `outcome` says what is known of the disc."""

    outcome: str

    def __str__(self) -> str:
        return f"{'done':<8} {self.outcome}"


@attrs.frozen
class ResultStored(Event):
    """Where something is that the user wants to find: `what` is "ISO" or "log"."""

    what: str
    path: PurePath

    def __str__(self) -> str:
        return f"{'':<8} {self.what}  {self.path}"


def check_workspace(root: PurePath, *, storage: Storage, mounts: MountTable) -> None:
    """Make sure that the workspace drive is there. It is never created: that would fill the system disk.

    The place where a drive should be mounted and is not is no drive.

    Raises:
        UsageError: It is not.
    """
    resolved = storage.resolve(root)
    entry = storage.entry(resolved)
    if entry is None:
        raise UsageError(f"No such path: {root} (check ROOT)")
    missing = missing_mount(resolved, table=mounts)
    if missing is not None:
        raise UsageError(f"No such path: {root}: nothing is mounted at {missing} (check ROOT)")
    if entry.kind is not FileKind.FOLDER:
        raise UsageError(f"Not a directory: {root} (check ROOT)")


def check_room(needs: Sequence[Need], *, storage: Storage) -> None:
    """Make sure before starting that there is room for everything together.

    Raises:
        UsageError: There is not, with both figures for each file system.
    """
    found = shortages(needs, free_bytes={need.device: storage.free_bytes(need.place) for need in needs})
    if found:
        raise UsageError("; ".join(found))


def expected_names(root: PurePath, *, at: datetime, unique: str, storage: Storage) -> RunNames:
    """The names that a run would take now; changes nothing."""
    candidates = (run_names(root, at=at, attempt=attempt, unique=unique) for attempt in range(1, _ATTEMPTS))
    for names in candidates:
        if storage.entry(names.image) is None and storage.entry(names.log) is None:
            return names
    raise UsageError(f"No free name for a log in {root / 'logs'}")


def reserve_names(root: PurePath, *, at: datetime, unique: str, storage: Storage) -> RunNames:
    """Take names that no other run has or will get, however many start in the same second.

    The log's name is the reservation: it is created empty under a name of its own and renamed, which fails if the name
    is taken. Power fails here: an empty log, or an empty file with our suffix, and nothing else.
    """
    storage.make_folder(root / "logs")
    storage.make_folder(root / "images")
    blank = root / "logs" / f".{unique}.camvault-part"
    storage.write_text(blank, "")
    for attempt in range(1, _ATTEMPTS):
        names = run_names(root, at=at, attempt=attempt, unique=unique)
        if storage.entry(names.image) is None and _is_taken_over(blank, names.log, storage):
            return names
    raise UsageError(f"No free name for a log in {root / 'logs'}")


def _is_taken_over(blank: PurePath, log: PurePath, storage: Storage) -> bool:
    try:
        storage.rename(blank, target=log)
    except ExistsError:
        return False
    return True


def make_build_dir(folder: PurePath, *, storage: Storage) -> None:
    """Make the folder, which must be new, and put the marker into it."""
    storage.make_folder(folder, must_be_new=True)
    # power fails here: an empty folder without a marker, which nobody takes for footage
    storage.write_text(folder / MARKER_NAME, MARKER_TEXT)


def run_stages(
    steps: Iterable[Step],
    *,
    build_dir: PurePath,
    is_new: bool,
    discard: Callable[[], object],
    advise: Advise,
    reporter: Reporter,
    cancel: Cancellation,
) -> dict[PipelineStage, object]:
    """Run the stages in order and return their reports. The first failure ends it.

    `discard` removes the build directory; it is called if a failure leaves nothing worth keeping, only for one that
    this run has made (`is_new`). `advise` says how to go on if it is kept.

    Raises:
        StageFailed: As the stage raised it; the fate of the build directory was settled and reported.
        Cancelled: The user stopped; the build directory is intact.
    """
    reports: dict[PipelineStage, object] = {}
    for step in steps:
        try:
            cancel.check()
            reporter.emit(StageStarted(step.stage))
            reports[step.stage] = step.run(reports)
        except (Cancelled, StageFailed) as problem:
            exit_code = problem.exit_code if isinstance(problem, StageFailed) else None
            if (
                exit_code is not None
                and fate_after_failure(step.stage, exit_code=exit_code, is_new=is_new) is Fate.REMOVED
            ):
                _discard(build_dir, discard, reporter)
            else:
                words = f"stopped in stage {step.stage}" if exit_code is None else f"stage {step.stage} failed"
                reporter.emit(BuildDirKept(step.folder or build_dir, words))
                reporter.emit(Note(advise(step.stage, problem)))
            raise
        reporter.emit(StageFinished(step.stage))
    return reports


def _discard(build_dir: PurePath, discard: Callable[[], object], reporter: Reporter) -> None:
    try:
        discard()
    except CamvaultError as error:  # the failure that led here is the one to report
        reporter.emit(BuildDirKept(build_dir, str(error)))
