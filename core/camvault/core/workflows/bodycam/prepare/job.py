"""Workflow, private part: one job of preparing clips: its ports, its progress, and the steps that all parts share."""

import itertools
from concurrent.futures import Executor
from pathlib import PurePath

import attrs

from camvault.core.batch.build_dir import PROGRESS_NAMES
from camvault.core.batch.left_out import LeftOut
from camvault.core.batch.marker import BUILD_MARKER_NAME
from camvault.core.batch.names import aside_name
from camvault.core.batch.plan import PreparePlan
from camvault.core.workflows.bodycam.prepare.events import (
    ClipLeftOut,
    ClipStarted,
    FileSetAside,
    LeftoverRemoved,
    TimeNotKept,
)
from camvault.core.workflows.steps.meter import BatchMeter
from camvault.core.workflows.steps.target_claim import remove_leftover
from camvault.core.workflows.steps.witnessed import WitnessStand
from camvault.ports.batch_record import BatchRecord, BatchRecords, ClipRecord
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.errors import ChangedError, NotFoundError, StorageError
from camvault.ports.events import Reporter
from camvault.ports.files import Storage
from camvault.ports.media import Encoder, MediaProbe
from camvault.ports.quality import QualityMeter

_COARSEST_MTIME_NS = 2_000_000_000
"""FAT keeps times in steps of two seconds."""


@attrs.define(eq=False, kw_only=True)
class PrepareJob:
    """Everything the steps of one job need; `progress` is what the progress file holds.

    `left_out` are the clips that could not be prepared in this run; `made` are the files that this run wrote.
    """

    plan: PreparePlan
    progress: BatchRecord
    storage: Storage
    probe: MediaProbe
    encoder: Encoder
    quality_meter: QualityMeter | None
    progress_files: BatchRecords
    executor: Executor
    job_count: int
    reporter: Reporter
    cancel: Cancellation
    stand: WitnessStand
    is_keeping_going: bool = False
    left_out: list[LeftOut] = attrs.field(factory=list)
    aside: dict[PurePath, ClipRecord] = attrs.field(factory=dict)
    """What this run has set aside, and of which clip of the earlier job it was made."""
    made: set[PurePath] = attrs.field(factory=set)
    _started: set[str] = attrs.field(factory=set)
    _numbers: dict[str, int] = attrs.field(factory=dict)

    def record(self, progress: BatchRecord) -> None:
        """Make this the durable progress of the job."""
        self.progress_files.save(self.plan.progress_file, progress)
        self.progress = progress

    def settle(self) -> None:
        """Let the progress file alone hold the progress."""
        journal = self.progress_files.settle(self.plan.progress_file)
        # Power fails here: what stands beside the file means nothing any more, and is known as an unfinished file
        found = self.storage.entry(journal) if journal is not None else None
        if found is not None:
            self.made.add(found.path)
            self.discard(found)

    def meter(self, task: str, total: float, unit: str = "bytes") -> BatchMeter:
        """The progress of a new task over the clips."""
        return BatchMeter(task, total, unit, self.reporter)

    def output(self, clip: ClipRecord) -> PurePath:
        """Where the clip's output goes."""
        return self.plan.build_dir / clip.output_file

    def unchanged_source(self, clip: ClipRecord) -> PurePath:
        """Return the original to read from, links followed.

        Raises:
            ChangedError: It is not the file that the job was planned with.
            NotFoundError: It is gone.
            StorageError: It is no file.
        """
        assert clip.source is not None  # noqa: S101 - a plan describes every clip
        path = self.storage.resolve(clip.source)
        found = self.storage.entry(path)
        if found is None:
            raise NotFoundError(path, "No such file or directory")
        if found.kind is not FileKind.FILE:
            raise StorageError(path, "is a directory" if found.kind is FileKind.FOLDER else "is not a regular file")
        if found.identity != clip.source_identity:
            raise ChangedError(path, "is not the file that the job was planned with")
        return path

    def announce_clip(self, clip: ClipRecord) -> None:
        """Report that the work on the clip begins; once in a run."""
        if clip.key not in self._started:
            self._started.add(clip.key)
            if not self._numbers:
                self._numbers.update({other.key: number for number, other in enumerate(self.progress.clips, start=1)})
            self.reporter.emit(ClipStarted(self._numbers[clip.key], len(self.progress.clips), clip.key))

    def leave_out(self, clip: ClipRecord, reason: str) -> None:
        """Go on without the clip: its name and the reason are told now, and once more at the end."""
        assert clip.source is not None  # noqa: S101 - a plan describes every clip
        self.left_out.append(LeftOut(clip.key, clip.source, reason))
        self.reporter.emit(ClipLeftOut(clip.key, reason))

    def check_time(self, clip: ClipRecord, output: FileIdentity) -> None:
        """Report an output that has not the time of its original: its file system cannot hold that."""
        original = clip.source_identity
        if original is not None and abs(original.mtime_ns - output.mtime_ns) >= _COARSEST_MTIME_NS:
            self.reporter.emit(TimeNotKept(clip.key))

    def set_aside(self, foreign: FileEntry) -> None:
        """Rename a file that camvault may not have made and that stands where an output goes."""
        self.reporter.emit(FileSetAside(foreign.path, self.renamed_aside(foreign)))

    def renamed_aside(self, entry: FileEntry) -> PurePath:
        """Give a file a name that goes onto no disc; return its path."""
        names = (aside_name(entry.path.name, number) for number in itertools.count(1))
        target = next(path for path in map(entry.path.with_name, names) if self.storage.entry(path) is None)
        self.storage.rename(entry.path, target=target)
        return target

    def discard(self, leftover: FileEntry) -> None:
        """Remove one unfinished file, or a record, that camvault made; one of an earlier run is reported."""
        is_gone = remove_leftover(leftover, marker=BUILD_MARKER_NAME, records=PROGRESS_NAMES, storage=self.storage)
        if is_gone and leftover.path not in self.made:
            self.reporter.emit(LeftoverRemoved(leftover.path))
