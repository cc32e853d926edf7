"""The whole pipeline in memory: the real workflows on storage, image tools and a drive that exist only here."""

import itertools
from collections.abc import Callable
from pathlib import PurePath

import attrs

from camvault.adapters.memory import Calls, MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage
from camvault.adapters.memory.burner import MemoryBurner, MemoryDisc, MemoryDrives
from camvault.adapters.memory.clip_facts import MemoryClipReader
from camvault.adapters.memory.image import MemoryImageBuilder, MemoryImageVerifier
from camvault.adapters.memory.media import MemoryClip, MemoryEncoder, MemoryProbe
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.core.batch.names import COMPLETED_NAME
from camvault.core.batch.next_step import PipelineStage
from camvault.core.batch.plan import PreparePlan, PrepareRequest
from camvault.core.batch.resuming import ResumeWishes
from camvault.core.batch.run_names import RunNames
from camvault.core.capacity.budget import Budget
from camvault.core.workflows.bodycam.burn import BurnReport, BurnRequest, burn_image
from camvault.core.workflows.bodycam.cleanup import clean_up
from camvault.core.workflows.bodycam.create_iso import ImageReport, ImageRequest, create_iso
from camvault.core.workflows.bodycam.originals import Released
from camvault.core.workflows.bodycam.pipeline import (
    PipelineStep,
    Reports,
    StageFailed,
    check_mastered,
    make_build_dir,
    release_originals,
    reserve_names,
    run_stages,
    verified_sha256,
)
from camvault.core.workflows.bodycam.prepare import PrepareReport, plan_new, plan_resumed, prepare
from camvault.ports.encoding import EncodeOptions
from camvault.ports.errors import CamvaultError, Cancelled
from tests.bodycam.burn.helpers import NoMap
from tests.bodycam.prepare.helpers import InlineExecutor

ROOT = PurePath("/v")
CLIPS = {
    PurePath("/shift/a.mp4"): MemoryClip(duration_s=1.0).content(3_000),
    PurePath("/shift/b.mp4"): MemoryClip(duration_s=2.0).content(5_000),
}


@attrs.define
class World:
    """A workspace drive, two clips that shall be deleted, and a drive; each run finds a blank disc in it."""

    storage: MemoryStorage
    drives: MemoryDrives
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)
    discs: list[MemoryDisc] = attrs.field(factory=list)
    new_disc: Callable[[], MemoryDisc] = MemoryDisc
    is_verifying: bool = True
    is_burning: bool = True
    is_cache_trusted: bool = False
    counter: "itertools.count[int]" = attrs.field(factory=itertools.count)

    @classmethod
    def new(cls, calls: Calls | None = None) -> "World":
        storage = MemoryStorage(calls=calls or Calls())
        for path, content in CLIPS.items():
            storage.put(path, content)
        storage.put_folder(ROOT)
        return cls(storage, MemoryDrives(storage.content, calls=storage.calls))

    def run(self) -> dict[PipelineStage, object]:
        """One run of all stages, on a new disc."""
        self.drives.disc = self.new_disc()
        self.discs.append(self.drives.disc)
        unique = f"r{next(self.counter)}"
        names = reserve_names(ROOT, at=MemoryClock().now(), unique=unique, storage=self.storage)
        make_build_dir(names.build_dir, storage=self.storage)
        work: dict[PipelineStage, Callable[[RunNames, Reports], object]] = {
            PipelineStage.PREPARE: self._prepare,
            PipelineStage.IMAGE: self._master,
            PipelineStage.BURN: self._burn,
            PipelineStage.RELEASE: self._release,
            PipelineStage.CLEAN: lambda names, _: self.clean(names.build_dir),
        }
        return run_stages(
            [self._step(stage, names, stage_work) for stage, stage_work in work.items()],
            build_dir=names.build_dir,
            advise=lambda stage, _: f"after {stage}",
            is_new=True,
            discard=lambda: self.clean(names.build_dir),
            reporter=self.reporter,
            cancel=self.cancel,
        )

    def run_again(self) -> None:
        """What a careful person does after a failure: what the message says if originals are gone, else run again."""
        if self.clips_left() == set(CLIPS):
            self.run()
            return
        for folder in self.finished_build_dirs():
            if self.clips_left():
                self._carry_out(self._plan_resumed(folder / COMPLETED_NAME), is_deleting=True)
            # another run's disc holds it, which this folder cannot know: a careful person has looked
            self.clean(folder, is_losing_allowed=True)

    def _plan_resumed(self, path: PurePath) -> PreparePlan:
        return plan_resumed(
            path,
            expected=ResumeWishes(),
            build_dir=None,
            current_folder=ROOT,
            storage=self.storage,
            probe=MemoryProbe(self.storage),
            progress_files=JsonProgressFiles(self.storage),
            executor=InlineExecutor(),
            cancel=self.cancel,
        )

    def restart(self) -> None:
        self.storage.restart()
        self.cancel = MemoryCancellation()

    def clips_left(self) -> set[PurePath]:
        return {path for path in CLIPS if self.storage.tree.find(path) is not None}

    def finished_build_dirs(self) -> list[PurePath]:
        return [path.parent for path in self.storage.files(ROOT) if path.name == COMPLETED_NAME]

    def clean(self, folder: PurePath, *, is_losing_allowed: bool = False) -> None:
        clean_up(
            folder,
            is_losing_allowed=is_losing_allowed,
            guarded=(ROOT,),
            storage=self.storage,
            progress_files=JsonProgressFiles(self.storage),
            reporter=self.reporter,
            cancel=self.cancel,
            is_cache_trusted=self.is_cache_trusted,
        )

    def _step(self, stage: PipelineStage, names: RunNames, work: Callable[[RunNames, Reports], object]) -> PipelineStep:
        def run(reports: Reports) -> object:
            try:
                return work(names, reports)
            except Cancelled:
                raise
            except CamvaultError as error:
                raise StageFailed(stage, stage.value, 4, str(error)) from error

        return PipelineStep(stage, run)

    def _prepare(self, names: RunNames, _: Reports) -> PrepareReport:
        plan = plan_new(
            PrepareRequest(
                build_dir=names.build_dir,
                sources=tuple(CLIPS),
                budget=Budget(1_000_000, 0),
                options=EncodeOptions(),
                min_kbps=1,
            ),
            storage=self.storage,
            probe=MemoryProbe(self.storage),
            progress_files=JsonProgressFiles(self.storage),
            executor=InlineExecutor(),
            cancel=self.cancel,
        )
        return self._carry_out(plan, is_deleting=False)

    def _carry_out(self, plan: PreparePlan, *, is_deleting: bool) -> PrepareReport:
        return prepare(
            plan,
            is_deleting_originals=is_deleting,
            job_count=1,
            storage=self.storage,
            probe=MemoryProbe(self.storage),
            encoder=MemoryEncoder(self.storage),
            progress_files=JsonProgressFiles(self.storage),
            executor=InlineExecutor(),
            reporter=self.reporter,
            cancel=self.cancel,
        )

    def _master(self, names: RunNames, reports: Reports) -> ImageReport:
        report = create_iso(
            ImageRequest(build_dir=names.build_dir, target=names.image, label=names.label, stamp=names.stamp),
            storage=self.storage,
            builder=MemoryImageBuilder(self.storage),
            verifier=MemoryImageVerifier(self.storage),
            reason="there is no other",
            clock=MemoryClock(),
            reporter=self.reporter,
            cancel=self.cancel,
            is_image=lambda _: True,
            progress_files=JsonProgressFiles(self.storage),
            clip_reader=MemoryClipReader(self.storage),
        )
        check_mastered(reports, report)
        return report

    def _burn(self, names: RunNames, reports: Reports) -> BurnReport | None:
        sha256 = verified_sha256(reports)
        if not self.is_burning:
            return None
        return burn_image(
            BurnRequest(image=names.image, device=self.drives.device, is_verified=self.is_verifying, sha256=sha256),
            storage=self.storage,
            drives=self.drives,
            burner=MemoryBurner(self.drives),
            image_map=NoMap(),
            clock=MemoryClock(),
            reporter=self.reporter,
            cancel=self.cancel,
        )

    def _release(self, _: RunNames, reports: Reports) -> Released:
        return release_originals(
            reports,
            storage=self.storage,
            reporter=self.reporter,
            cancel=self.cancel,
            is_cache_trusted=self.is_cache_trusted,
        )
