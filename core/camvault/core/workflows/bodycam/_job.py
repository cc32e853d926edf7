"""Workflow, private part: one job of preparing clips: its ports, its progress, and the steps all of it shares."""

import itertools
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import PurePath

import attrs

from camvault.core.batch.build_dir import MARKER_NAME
from camvault.core.batch.names import aside_name
from camvault.core.batch.plan import PreparePlan
from camvault.core.retention.removals import plan_leftovers
from camvault.core.workflows.bodycam.events import ClipStarted, LeftoverRemoved, StrangerSetAside
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileEntry
from camvault.ports.errors import ChangedError
from camvault.ports.events import Progressed, Reporter
from camvault.ports.files import Storage
from camvault.ports.media import Encoder, MediaProbe
from camvault.ports.progress import ClipRecord, Progress, ProgressFiles

_STEPS = 500


@attrs.define(eq=False)
class Bar:
    """How far one task is. Reports at most `_STEPS` times, whatever the size of the pieces."""

    task: str
    total: float
    unit: str
    reporter: Reporter
    _done: dict[str, float] = attrs.field(factory=dict)
    _total_done: float = 0.0
    _reported: float = 0.0

    def adder(self, item: str) -> Callable[[int], None]:
        """Takes what was finished since the last call."""

        def add(count: int) -> None:
            self.move(item, self._done.get(item, 0.0) + count)

        return add

    def setter(self, item: str) -> Callable[[float], None]:
        """Takes how far the item is."""

        def move(done: float) -> None:
            self.move(item, done)

        return move

    def move(self, item: str, done: float) -> None:
        """The item is so far now."""
        self._total_done += done - self._done.get(item, 0.0)
        self._done[item] = done
        if self._reported + self.total / _STEPS <= self._total_done < self.total:
            self._reported = self._total_done
            self.reporter.emit(Progressed(self.task, self._total_done, self.total, unit=self.unit, item=item))

    def finish(self) -> None:
        """All is done."""
        if self.total:
            self.reporter.emit(Progressed(self.task, self.total, self.total, unit=self.unit))


@attrs.define(eq=False, kw_only=True)
class Job:
    """Everything the steps of one job need; `progress` is what the progress file says."""

    plan: PreparePlan
    progress: Progress
    storage: Storage
    probe: MediaProbe
    encoder: Encoder
    progress_files: ProgressFiles
    executor: Executor
    job_count: int
    reporter: Reporter
    cancel: Cancellation
    _started: set[str] = attrs.field(factory=set)

    def record(self, progress: Progress) -> None:
        """Make this the durable progress of the job."""
        self.progress_files.save(self.plan.progress_file, progress)
        self.progress = progress

    def bar(self, task: str, total: float, unit: str = "bytes") -> Bar:
        """A new task to be watched."""
        return Bar(task, total, unit, self.reporter)

    def output(self, clip: ClipRecord) -> PurePath:
        """Where the clip's output goes."""
        return self.plan.build_dir / (clip.output_name or clip.key)

    def given_source(self, clip: ClipRecord) -> PurePath:
        """The original as the user named it."""
        assert clip.source is not None  # noqa: S101 - a plan describes every clip
        return clip.source

    def unchanged_source(self, clip: ClipRecord) -> PurePath:
        """The original to read from, links followed; raises `ChangedError` if it is not the planned file any more."""
        path = self.storage.resolve(self.given_source(clip))
        found = self.storage.entry(path)
        if found is None or found.identity != clip.source_identity:
            raise ChangedError(path, "is not the file that the job was planned with")
        return path

    def announce_clip(self, clip: ClipRecord) -> None:
        """Say that the clip is worked on; once a run."""
        if clip.key not in self._started:
            self._started.add(clip.key)
            index = next(i for i, other in enumerate(self.progress.clips, start=1) if other.key == clip.key)
            self.reporter.emit(ClipStarted(index, len(self.progress.clips), clip.key))

    def set_aside(self, stranger: FileEntry) -> None:
        """Give something that may be somebody's another name."""
        names = (aside_name(stranger.path.name, number) for number in itertools.count(1))
        target = next(path for path in map(stranger.path.with_name, names) if self.storage.entry(path) is None)
        self.storage.rename(stranger.path, target=target)
        self.reporter.emit(StrangerSetAside(stranger.path, target))

    def discard(self, leftover: FileEntry) -> None:
        """Remove one file that is ours and not needed any more."""
        for removal in plan_leftovers((leftover,), marker=MARKER_NAME).removals:
            if self.storage.remove(removal):
                self.reporter.emit(LeftoverRemoved(leftover.path))
