"""The pipeline's workflow in memory and on a real file system: names, room, fate of the build directory, wiring."""

import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path, PurePath

import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation, MemoryReporter, MemoryStorage
from camvault.apps._assembly import workspace
from camvault.apps._assembly.burners import disc_file_of
from camvault.apps._pipeline.job import extend_program_path
from camvault.core.batch.marker import BUILD_MARKER_NAME
from camvault.core.batch.next_step import FailureKind, PipelineStage
from camvault.core.batch.run_names import RunNames
from camvault.core.batch.space_outlook import SpaceNeed
from camvault.core.workflows.bodycam.pipeline import (
    BuildDirKept,
    PipelineFinished,
    PipelineStep,
    Reports,
    ResultStored,
    StageFailed,
    StageFinished,
    StageStarted,
    check_room,
    check_workspace,
    expected_names,
    make_build_dir,
    reserve_names,
    run_stages,
)
from camvault.ports.errors import Cancelled, ExistsError, StorageError, UsageError
from camvault.ports.mounts import MountTable

ROOT = PurePath("/v")
AT = datetime(2025, 7, 18, 12, 15, 0, tzinfo=timezone(timedelta(hours=2), "CEST"))
BUILD_DIR = ROOT / "images/bodycam_1"
IMAGE = ROOT / "images/x.iso"


@pytest.fixture
def storage() -> MemoryStorage:
    storage = MemoryStorage()
    storage.put_folder(ROOT)
    return storage


class TestWorkspace:
    def test_is_never_created(self, storage: MemoryStorage) -> None:
        """A missing mount point stays missing; a file is none; a link to a folder is one."""
        storage.put("/file")
        storage.put_link("/link", "/v")
        with pytest.raises(UsageError, match=r"No such path: /gone \(check ROOT\)"):
            check_workspace(PurePath("/gone"), storage=storage, mounts=MountTable())
        with pytest.raises(UsageError, match="Not a directory: /file"):
            check_workspace(PurePath("/file"), storage=storage, mounts=MountTable())
        check_workspace(PurePath("/link"), storage=storage, mounts=MountTable())
        assert storage.entry(PurePath("/gone")) is None

    def test_a_mount_point_with_nothing_mounted_is_no_drive(self, storage: MemoryStorage) -> None:
        """TRAP: the folder is there, and all of the footage would go to the system disk."""
        storage.put_folder("/mnt/usb/work")
        storage.put_link("/drive", "/mnt/usb/work")
        table = MountTable(frozenset({PurePath("/"), PurePath("/mnt/usb")}), frozenset({PurePath("/")}))
        for root in ("/mnt/usb", "/mnt/usb/work", "/drive"):
            with pytest.raises(
                UsageError, match=rf"No such path: {root}: nothing is mounted at /mnt/usb \(check ROOT\)"
            ):
                check_workspace(PurePath(root), storage=storage, mounts=table)
        check_workspace(PurePath("/v"), storage=storage, mounts=table)

    def test_a_folder_for_data_may_be_missing(self, storage: MemoryStorage) -> None:
        """The run makes it; what is no folder, or lies where a drive should be, is refused all the same."""
        storage.put("/file")
        table = MountTable(frozenset({PurePath("/mnt/usb")}), frozenset())
        check_workspace(PurePath("/gone"), storage=storage, mounts=MountTable(), is_made_if_missing=True)
        for root in ("/file", "/mnt/usb/x"):
            with pytest.raises(UsageError, match="--root or CAMVAULT_ROOT"):
                check_workspace(PurePath(root), storage=storage, mounts=table, is_made_if_missing=True)

    def test_room_is_checked_for_everything_together(self, storage: MemoryStorage) -> None:
        """Refused with both figures, or accepted in silence."""
        storage.mount("/small", name="small", capacity_bytes=100)
        device = storage.device_of(PurePath("/small"))
        needs = [
            SpaceNeed("image", PurePath("/small"), device, 60),
            SpaceNeed("build directory", PurePath("/small"), device, 60),
        ]
        with pytest.raises(UsageError, match="120 bytes needed, 100 bytes free"):
            check_room(needs, storage=storage)
        check_room(needs[:1], storage=storage)


class TestNames:
    def reserve(self, storage: MemoryStorage, unique: str = "r") -> RunNames:
        return reserve_names(ROOT, at=AT, unique=unique, storage=storage)

    def test_the_log_is_the_reservation(self, storage: MemoryStorage) -> None:
        """Nothing else is created yet, and nothing is left of how it was made."""
        names = self.reserve(storage)
        assert storage.files() == {names.log: b""}
        assert storage.entry(names.build_dir) is None

    def test_the_next_run_of_the_same_second_gets_other_names(self, storage: MemoryStorage) -> None:
        """Log, image and label move on together."""
        first, second, third = (self.reserve(storage, f"r{n}") for n in range(3))
        assert first.image.name == "20250718T101500Z.iso"
        assert (second.log.name, second.label) == ("BodyCam-Reencode-20250718T121500-2.log", "20250718T101500Z-2")
        assert third.image.name == "20250718T101500Z-3.iso"

    def test_an_image_without_log_is_not_written_over(self, storage: MemoryStorage) -> None:
        """Somebody tidied the logs."""
        storage.put(ROOT / "images/20250718T101500Z.iso", b"earlier")
        assert self.reserve(storage).label == "20250718T101500Z-2"

    def test_a_dry_run_expects_what_a_run_will_take(self, storage: MemoryStorage) -> None:
        """And takes nothing."""
        self.reserve(storage)
        before = storage.files()
        expected = expected_names(ROOT, at=AT, unique="x", storage=storage)
        assert storage.files() == before
        assert expected == self.reserve(storage, "x")

    def test_there_is_an_end(self, storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch) -> None:
        """A folder in which every name is taken is reported."""
        monkeypatch.setattr("camvault.core.workflows.bodycam.pipeline.workspace._ATTEMPTS", 3)
        for number in range(2):
            self.reserve(storage, f"r{number}")
        with pytest.raises(UsageError, match="No free name"):
            self.reserve(storage, "r3")
        with pytest.raises(UsageError, match="No free name"):
            expected_names(ROOT, at=AT, unique="x", storage=storage)

    def test_s07_many_runs_at_once_on_a_real_file_system(self, tmp_path: Path) -> None:
        """Twelve in the very same second: twelve of everything."""
        found: list[RunNames] = []

        def reserve(number: int) -> None:
            found.append(reserve_names(tmp_path, at=AT, unique=f"r{number}", storage=LocalStorage()))

        threads = [threading.Thread(target=reserve, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len({n.log for n in found}) == len({n.image for n in found}) == len({n.label for n in found}) == 12
        assert {n.log for n in found} == set((tmp_path / "logs").iterdir())

    def test_the_build_directory_must_be_new(self, storage: MemoryStorage) -> None:
        """And has its marker at once."""
        make_build_dir(BUILD_DIR, storage=storage)
        assert storage.entry(BUILD_DIR / BUILD_MARKER_NAME) is not None
        with pytest.raises(ExistsError):
            make_build_dir(BUILD_DIR, storage=storage)


class Stages:
    """Stages that note when they run, and one that may end otherwise."""

    def __init__(self, ending: Exception | None = None, at: PipelineStage | None = None) -> None:
        self.ran: list[str] = []
        self.discarded = 0
        self.reporter = MemoryReporter()
        self.cancel = MemoryCancellation()
        self.discard_error: StorageError | None = None
        self.folder: PurePath | None = None
        self._ending, self._at = ending, at

    def run(self, *, is_new: bool = True) -> dict[PipelineStage, object]:
        return run_stages(
            [PipelineStep(stage, self._work(stage), self.folder) for stage in PipelineStage],
            build_dir=BUILD_DIR,
            is_new=is_new,
            discard=self._discard,
            advise=lambda stage, problem: f"advice after {stage}: {problem}",
            reporter=self.reporter,
            cancel=self.cancel,
        )

    def _work(self, stage: PipelineStage) -> Callable[[Reports], object]:
        def work(reports: Reports) -> object:
            assert list(reports) == list(PipelineStage)[: len(self.ran)]
            self.ran.append(stage.value)
            if stage is self._at and self._ending:
                raise self._ending
            return f"report of {stage}"

        return work

    def _discard(self) -> None:
        self.discarded += 1
        if self.discard_error:
            raise self.discard_error


class TestStages:
    def test_in_order_with_their_reports(self) -> None:
        """Each begins when the one before has finished."""
        stages = Stages()
        assert stages.run()[PipelineStage.BURN] == "report of burn"
        assert stages.ran == ["prepare", "image", "burn", "release", "clean"]
        assert [e.stage for e in stages.reporter.of(StageStarted)] == list(PipelineStage)
        assert [e.stage for e in stages.reporter.of(StageFinished)] == list(PipelineStage)

    @pytest.mark.parametrize("stage", PipelineStage)
    def test_a_failure_ends_it(self, stage: PipelineStage) -> None:
        """No later stage; the failure is handed on as it is; what is kept is said, with the way to go on."""
        failure = StageFailed(stage, "command", 4, "words")
        stages = Stages(failure, stage)
        with pytest.raises(StageFailed) as raised:
            stages.run()
        assert raised.value is failure
        assert str(failure) == f"Stage {stage} failed (command, exit code 4): words"
        assert stages.ran[-1] == stage.value
        assert (stages.discarded, len(stages.reporter.of(BuildDirKept))) == (0, 1)
        assert f"advice after {stage}: {failure}" in stages.reporter.lines()[-1]

    def test_what_a_stage_leaves_may_be_another_folder(self) -> None:
        """That of an earlier run, which is cleaned last: this run's own is gone by then."""
        stages = Stages(StageFailed(PipelineStage.CLEAN, "cleanup", 1, "words"), PipelineStage.CLEAN)
        stages.folder = PurePath("/v/images/earlier")
        with pytest.raises(StageFailed):
            stages.run()
        assert [event.path for event in stages.reporter.of(BuildDirKept)] == [stages.folder]

    @pytest.mark.parametrize(("is_new", "discarded"), [(True, 1), (False, 0)])
    def test_s04_refused_input_leaves_nothing(self, is_new: bool, discarded: int) -> None:
        """Unless the folder is that of an earlier run."""
        stages = Stages(
            StageFailed(PipelineStage.PREPARE, "p", 1, "missing", FailureKind.REFUSED), PipelineStage.PREPARE
        )
        with pytest.raises(StageFailed):
            stages.run(is_new=is_new)
        assert stages.discarded == discarded
        assert len(stages.reporter.of(BuildDirKept)) == 1 - discarded

    def test_a_folder_that_cannot_be_removed_does_not_hide_the_failure(self) -> None:
        """The first problem is the one to report; the second one is a warning."""
        failure = StageFailed(PipelineStage.PREPARE, "p", 1, "missing", FailureKind.REFUSED)
        stages = Stages(failure, PipelineStage.PREPARE)
        stages.discard_error = StorageError(BUILD_DIR, "Input/output error")
        with pytest.raises(StageFailed, match="missing"):
            stages.run()
        (kept,) = stages.reporter.of(BuildDirKept)
        assert "Input/output error" in str(kept)

    @pytest.mark.parametrize("stage", PipelineStage)
    def test_s06_a_stop_in_a_stage(self, stage: PipelineStage) -> None:
        """Later stages do not run, the build directory stays, even in the first stage."""
        stages = Stages(Cancelled(), stage)
        with pytest.raises(Cancelled):
            stages.run()
        assert stages.ran[-1] == stage.value
        assert stages.discarded == 0
        assert f"stopped in stage {stage}" in str(stages.reporter.of(BuildDirKept)[0])

    def test_s06_a_stop_that_a_stage_did_not_notice(self) -> None:
        """Asked for in its last moment: the next stage does not begin."""
        stages = Stages()
        stages.cancel.after_checks = 2
        with pytest.raises(Cancelled):
            stages.run()
        assert stages.ran == ["prepare", "image"]

    def test_sentences_of_the_end(self) -> None:
        """Outcome, and where things are."""
        assert str(PipelineFinished("verified")) == "done     verified"
        assert str(ResultStored("ISO", IMAGE)) == "         ISO  /v/images/x.iso"


class TestPlatforms:
    """Scenario 8 where it can be shown without the platform: paths and names."""

    def test_s08_the_default_workspace_is_ascii(self) -> None:
        """The document has a non-breaking hyphen there, which no volume is called by."""
        assert Path("/Volumes/Sabrent Rocket XTRM-Q 2TB") == workspace.ROOT
        assert str(workspace.ROOT).isascii()

    @pytest.mark.parametrize(("value", "root"), [("/mnt/d/body cams", "/mnt/d/body cams"), ("", str(workspace.ROOT))])
    def test_s08_the_workspace_of_the_environment(self, value: str, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A drive of Windows as WSL shows it; an empty variable is none."""
        monkeypatch.setattr("camvault.apps._assembly.workspace.sys.platform", "darwin")
        monkeypatch.setenv("CAMVAULT_ROOT", value)
        assert workspace.configured_root() == Path(root)

    def test_s08_tools_of_homebrew_are_found_and_shadow_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A launcher's PATH lacks them; they come after what PATH names, once."""
        monkeypatch.setenv("PATH", "/usr/bin:/usr/local/bin")
        extend_program_path()
        extend_program_path()
        assert os.environ["PATH"] == "/usr/bin:/usr/local/bin:/opt/homebrew/bin"

    @pytest.mark.parametrize(
        ("device", "path"),
        [
            (None, None),
            ("/dev/sr0", None),
            ("stdio:/d/x.img", "/d/x.img"),
            ("stdio:/d/a,b.img,blocks=12", "/d/a,b.img"),
        ],
    )
    def test_disc_files_need_room(self, device: str | None, path: str | None) -> None:
        """A drive needs none."""
        assert disc_file_of(device) == (Path(path) if path else None)
