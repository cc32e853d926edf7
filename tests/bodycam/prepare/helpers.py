"""A world in memory in which clips are prepared, and small real clips."""

import hashlib
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import PurePath
from typing import Any

import attrs

from camvault.adapters.memory import MemoryCancellation, MemoryReporter, MemoryStorage
from camvault.adapters.memory.media import MemoryClip, MemoryEncoder, MemoryProbe, MemoryQualityMeter
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.core.batch.plan import PreparePlan, PrepareRequest
from camvault.core.batch.resuming import ResumeWishes
from camvault.core.capacity.budget import Budget
from camvault.core.workflows.bodycam.prepare import PrepareReport, plan_new, plan_resumed, prepare
from camvault.ports.batch_record import BatchRecord
from camvault.ports.encoding import Allocation, EncodeOptions

CLIPS = PurePath("/clips")
BUILD = PurePath("/desk/build")
PROGRESS = BUILD / "progress.json"
COMPLETED = BUILD / "progress.completed.json"


class InlineExecutor(Executor):
    """Runs what is submitted at once, on the caller's thread: every run is the same."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as every executor does; a power cut goes through
            future.set_exception(error)
        return future


@attrs.define
class World:
    """Storage, tools and what is asked for. `run` resumes if there is something to resume."""

    storage: MemoryStorage = attrs.field(factory=MemoryStorage)
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)
    executor: Executor = attrs.field(factory=InlineExecutor)
    budget: Budget = attrs.field(factory=lambda: Budget(1_000_000, 0))
    options: EncodeOptions = attrs.field(factory=EncodeOptions)
    is_deleting: bool = False
    is_keeping_going: bool = False
    job_count: int = 1
    lag_parts: int = 100
    is_measuring: bool = True
    sources: tuple[PurePath, ...] = ()
    encoder: MemoryEncoder = attrs.field(
        default=attrs.Factory(lambda world: MemoryEncoder(world.storage), takes_self=True)
    )

    @property
    def progress_files(self) -> JsonProgressFiles:
        return JsonProgressFiles(self.storage, lag_parts=self.lag_parts)

    def add(self, name: str, size: int = 10_000, clip: MemoryClip | None = None) -> PurePath:
        path = CLIPS / name
        self.storage.put(path, (clip or MemoryClip()).content(size))
        self.sources += (path,)
        return path

    def plan(self, *, min_kbps: int = 1) -> PreparePlan:
        return plan_new(
            PrepareRequest(
                build_dir=BUILD,
                sources=self.sources,
                budget=self.budget,
                options=self.options,
                min_kbps=min_kbps,
            ),
            storage=self.storage,
            probe=MemoryProbe(self.storage),
            progress_files=self.progress_files,
            executor=self.executor,
            cancel=self.cancel,
        )

    def plan_resumed(
        self, path: PurePath = PROGRESS, *, expected: ResumeWishes | None = None, here: PurePath = CLIPS
    ) -> PreparePlan:
        return plan_resumed(
            path,
            expected=expected or ResumeWishes(),
            build_dir=None,
            current_folder=here,
            storage=self.storage,
            probe=MemoryProbe(self.storage),
            progress_files=self.progress_files,
            executor=self.executor,
            cancel=self.cancel,
        )

    def carry_out(self, plan: PreparePlan, *, is_claimed: bool = False) -> PrepareReport:
        return prepare(
            plan,
            is_deleting_originals=self.is_deleting,
            is_keeping_going=self.is_keeping_going,
            job_count=self.job_count,
            storage=self.storage,
            probe=MemoryProbe(self.storage),
            encoder=self.encoder,
            quality_meter=MemoryQualityMeter(self.encoder) if self.is_measuring else None,
            progress_files=self.progress_files,
            executor=self.executor,
            reporter=self.reporter,
            cancel=self.cancel,
            is_claimed=is_claimed,
        )

    def run(self) -> PrepareReport:
        return self.carry_out(self.plan())

    def resume(self, path: PurePath = PROGRESS) -> PrepareReport:
        return self.carry_out(self.plan_resumed(path))

    def run_or_resume(self) -> PrepareReport:
        """What a careful person does after a crash: resume if there is a progress file, else start."""
        there = self.storage.tree.find(PROGRESS) or self.storage.tree.find(COMPLETED)
        return self.resume() if there else self.run()

    def progress(self, path: PurePath = PROGRESS) -> BatchRecord:
        found = self.progress_files.load(path)
        assert found is not None
        return found

    def states(self, path: PurePath = PROGRESS) -> dict[str, str]:
        return {clip.key: clip.state.value for clip in self.progress(path).clips}

    def outputs(self) -> dict[str, str]:
        """Name and digest of everything in the build directory that would be on the disc."""
        found = {}
        for entry in self.storage.scan(BUILD):
            if entry.path not in (PROGRESS, COMPLETED) and not entry.path.name.startswith(".camvault"):
                found[entry.path.name] = hashlib.sha256(self.storage.content(entry.path)).hexdigest()
        return found

    def clips_left(self) -> set[PurePath]:
        return {path for path in self.sources if self.storage.tree.find(path) is not None}


def small_world(allocation: Allocation | None = None, *, is_deleting: bool = False, count: int = 3) -> World:
    """Three clips that fit (no allocation), or that must be encoded."""
    world = World(is_deleting=is_deleting)
    for index in range(count):
        world.add(f"c{index}.mp4", 100_000, MemoryClip(duration_s=1.0 + index, bytes_per_s=20_000.0 * (index % 3 + 1)))
    if allocation is not None:
        world.budget = Budget(200_000, 0)
        world.options = EncodeOptions(allocation=allocation, crf_step_quarters=1)
    return world
