"""The pipeline's workflow, cut off everywhere, with stages that do in memory what the real ones do."""

import itertools
from collections.abc import Callable
from functools import partial
from pathlib import PurePath

import attrs
import pytest

from camvault.adapters.memory import Calls, MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage
from camvault.adapters.memory.explorer import explore
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.core.batch.marker import BUILD_MARKER_NAME
from camvault.core.batch.next_step import FailureKind, PipelineStage
from camvault.core.batch.run_names import RunNames
from camvault.core.workflows.bodycam.cleanup import clean_up
from camvault.core.workflows.bodycam.pipeline import (
    PipelineStep,
    Reports,
    StageFailed,
    check_workspace,
    make_build_dir,
    reserve_names,
    run_stages,
)
from camvault.ports.batch_record import BatchRecord, ClipRecord, ClipState, Mode, OutputRecord
from camvault.ports.errors import CamvaultError, Cancelled, MediumError
from camvault.ports.mounts import MountTable

pytestmark = pytest.mark.no_cover  # thousands of runs of the same lines, three times as fast

ROOT = PurePath("/v")
CLIPS = {PurePath("/shift/a.mp4"): b"footage a", PurePath("/shift/b.mp4"): b"footage b"}
DISCS = PurePath("/discs")
WHOLE = b"footage afootage b"


@attrs.define
class World:
    """A workspace drive, clips, and discs."""

    storage: MemoryStorage
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)
    clock: MemoryClock = attrs.field(factory=MemoryClock)
    counter: "itertools.count[int]" = attrs.field(factory=itertools.count)
    runs: list[RunNames] = attrs.field(factory=list)

    def run(self) -> None:
        """One run; all of them begin in the same second."""
        check_workspace(ROOT, storage=self.storage, mounts=MountTable())
        unique = f"r{next(self.counter)}"
        names = reserve_names(ROOT, at=self.clock.now(), unique=unique, storage=self.storage)
        self.runs.append(names)
        make_build_dir(names.build_dir, storage=self.storage)
        stages = {
            PipelineStage.PREPARE: self._prepare,
            PipelineStage.IMAGE: self._master,
            PipelineStage.BURN: self._burn,
            PipelineStage.CLEAN: self._clean,
        }
        run_stages(
            [PipelineStep(stage, partial(self._guarded, stage, work, names)) for stage, work in stages.items()],
            build_dir=names.build_dir,
            advise=lambda stage, _: str(stage),
            is_new=True,
            discard=lambda: self._clean(names),
            reporter=MemoryReporter(),
            cancel=self.cancel,
        )

    def restart(self) -> None:
        self.storage.restart()
        self.cancel = MemoryCancellation()

    def _guarded(self, stage: PipelineStage, work: Callable[[RunNames], None], names: RunNames, _: Reports) -> None:
        try:
            work(names)
        except Cancelled:
            raise
        except CamvaultError as error:
            raise StageFailed(stage, stage.value, 1, str(error), FailureKind.REFUSED) from error

    def _prepare(self, names: RunNames) -> None:
        records = []
        for source in CLIPS:
            self.cancel.check()
            target = names.build_dir / source.name
            copied = self.storage.copy(source, target=target, on_bytes=lambda _: None, cancel=self.cancel)
            output = OutputRecord(copied.identity, copied.sha256)
            original = self.storage.entry(source)
            assert original
            records.append(
                ClipRecord(
                    source.name,
                    ClipState.DONE,
                    source=source,
                    source_identity=original.identity,
                    output_name=source.name,
                    output=output,
                )
            )
            progress = BatchRecord(disc_bytes=9, safety_bytes=0, mode=Mode.COPY, kbps=None, clips=tuple(records))
            JsonProgressFiles(self.storage).save(names.build_dir / "progress.json", progress)

    def _master(self, names: RunNames) -> None:
        entries = [e for e in self.storage.scan(names.build_dir) if e.path.suffix == ".mp4"]
        content = "".join(self.storage.read_text(entry.path) or "" for entry in entries)
        self.storage.write_text(names.image, content)

    def _burn(self, names: RunNames) -> None:
        disc = DISCS / names.label
        if self.storage.entry(disc) is not None:
            raise MediumError(str(disc), "medium not blank")
        self.storage.write_text(disc, self.storage.read_text(names.image) or "")

    def _clean(self, names: RunNames) -> None:
        clean_up(
            names.build_dir,
            guarded=(ROOT,),
            storage=self.storage,
            progress_files=JsonProgressFiles(self.storage),
            reporter=MemoryReporter(),
            cancel=self.cancel,
        )


def make_world(calls: Calls) -> World:
    storage = MemoryStorage(calls=calls)
    for path, content in CLIPS.items():
        storage.put(path, content)
    storage.put_folder(ROOT)
    storage.put_folder(DISCS)
    return World(storage)


def only_our_folders_lose_files(world: World) -> bool:
    removed = [PurePath(str(c.arguments[0])) for c in world.storage.calls.log if c.operation == "storage.remove"]
    return all(path.parent.name.startswith("bodycam_") for path in removed)


def kept_folders_can_be_cleaned(world: World) -> bool:
    """Each has its marker, or nothing in it but perhaps the marker's unfinished file."""
    folders = {path.parent for path in world.storage.files(ROOT) if path.parent.name.startswith("bodycam_")}
    return all(
        (folder / BUILD_MARKER_NAME) in world.storage.files()
        or all(path.name.endswith(".camvault-part") for path in world.storage.files(folder))
        for folder in folders
    )


def names_are_taken_once(world: World) -> bool:
    return len({names.log for names in world.runs}) == len({names.label for names in world.runs}) == len(world.runs)


def images_and_discs_are_whole(world: World) -> bool:
    files = {path: content for path, content in world.storage.files().items() if not path.name.startswith(".")}
    return all(content == WHOLE for path, content in files.items() if path.suffix == ".iso" or path.parent == DISCS)


def outcome(world: World) -> dict[str, object]:
    """What the last run leaves: its image, its disc, and no build directory."""
    names, files = world.runs[-1], world.storage.files()
    return {
        "image": files.get(names.image),
        "disc": files.get(DISCS / names.label),
        "left over": [path for path in files if names.build_dir in path.parents],
    }


def test_cut_off_everywhere(every: int) -> None:
    """No clip is touched, nothing half is ever under a final name, and the next run makes the disc."""
    found = explore(
        make_world,
        World.run,
        snapshot=outcome,
        invariants={
            "the clips are untouched": lambda world: world.storage.files("/shift") == CLIPS,
            "only our own build directories lose files": only_our_folders_lose_files,
            "a build directory that is left can be cleaned": kept_folders_can_be_cleaned,
            "no two runs share a name": names_are_taken_once,
            "images and discs are whole or not there": images_and_discs_are_whole,
        },
        restart=World.restart,
        stop=lambda world: world.cancel.request(),
        every=every,
    )
    assert found.cut_count >= 90 / every
    assert found.pair_count == 200 // every
