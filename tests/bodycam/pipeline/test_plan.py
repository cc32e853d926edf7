"""The plan of a run: its stages, what it removes, and how a dry run prints it."""

from pathlib import PurePath

import attrs
import pytest
from pytest_mock import MockerFixture

from camvault.adapters.memory import MemoryStorage
from camvault.adapters.memory.burner import MemoryDisc, MemoryDrives
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.core.batch.next_step import PipelineStage
from camvault.core.batch.plan import PreparePlan
from camvault.core.batch.run_names import RunNames
from camvault.core.batch.space_outlook import Outlook
from camvault.core.workflows.bodycam.burn import BurnReport
from camvault.core.workflows.bodycam.pipeline import (
    PipelinePlan,
    check_disc_file,
    is_disc_verified,
    look_ahead,
    space_needs,
)
from camvault.ports.batch_record import BatchRecord, ClipRecord, ClipState, Mode
from camvault.ports.errors import Cancelled, DriveError, StorageError, UsageError
from camvault.ports.medium import MediumState

ROOT = PurePath("/v")
NAMES = RunNames(ROOT / "logs/x.log", ROOT / "images/x.iso", ROOT / "images/bodycam_x", "LABEL", "STAMP")
PLAN = PipelinePlan(
    names=NAMES,
    build_dir=NAMES.build_dir,
    is_new=True,
    label="LABEL",
    stamp="STAMP",
    is_burning=True,
    is_deleting_originals=False,
)
PREPARE, IMAGE, BURN, RELEASE, CLEAN = PipelineStage


@pytest.mark.parametrize(
    ("is_burning", "is_deleting", "stages"),
    [
        (True, False, (PREPARE, IMAGE, BURN, CLEAN)),
        (True, True, (PREPARE, IMAGE, BURN, RELEASE, CLEAN)),
        (False, False, (PREPARE, IMAGE, BURN)),
        (False, True, (PREPARE, IMAGE, BURN, RELEASE)),
    ],
)
def test_stages(is_burning: bool, is_deleting: bool, stages: tuple[PipelineStage, ...]) -> None:
    """Nothing is cleaned where nothing was burned; originals are told of either way."""
    plan = attrs.evolve(PLAN, is_burning=is_burning, is_deleting_originals=is_deleting)
    assert plan.stages == stages


def test_what_is_cleaned() -> None:
    """The build directory, then that of the earlier run; neither without a disc."""
    earlier = ROOT / "images/earlier"
    assert PLAN.folders_to_clean == (NAMES.build_dir,)
    both = attrs.evolve(PLAN, earlier_folder=earlier)
    assert both.folders_to_clean == (NAMES.build_dir, earlier)
    assert attrs.evolve(both, is_burning=False).folders_to_clean == ()


def test_outcome() -> None:
    assert PLAN.outcome(is_verified=True) == "verified"
    assert PLAN.outcome(is_verified=False) == "burned, not verified (--burn-skip-verify)"
    assert "nothing burned" in attrs.evolve(PLAN, is_burning=False).outcome(is_verified=False)


def test_a_disc_is_verified_only_if_it_was_burned_and_read_back() -> None:
    """Nothing is known of a disc where nothing was burned."""
    assert not is_disc_verified({BURN: None})
    for is_verified in (True, False):
        report = BurnReport("/dev/sr0", 2_048, "0" * 64, is_verified)
        assert is_disc_verified({BURN: report}) == is_verified


def prepared(mode: Mode = Mode.COPY) -> PreparePlan:
    clip = ClipRecord("a.mp4", ClipState.PENDING, source=PurePath("/c/a.mp4"), output_name="a.mp4")
    plain = ClipRecord("b.mp4", ClipState.PENDING, source=PurePath("/c/b.mp4"))
    kbps = None if mode is Mode.COPY else 900
    record = BatchRecord(disc_bytes=4_096_000, safety_bytes=96_000, mode=mode, kbps=kbps, clips=(clip, plain))
    progress = NAMES.build_dir / "progress.json"
    return PreparePlan(
        build_dir=NAMES.build_dir,
        progress_file=progress,
        progress=record,
        total_bytes=9,
        total_s=1,
        warnings=("a warning",),
    )


def test_lines_of_a_run_that_copies() -> None:
    """Everything in its order: what will be done, the size to the sector, the command, what goes, where things are."""
    plan = attrs.evolve(PLAN, is_deleting_originals=True)
    lines = list(plan.lines(prepared(), image_bytes=2_048_000, burn_commands=["growisofs x"]))
    assert lines[0].startswith("plan     2 clips, ")
    assert lines[1:] == [
        "warning  a warning",
        "prepare  /c/a.mp4 → a.mp4",
        "prepare  /c/b.mp4 → b.mp4",
        "image    2,048,000 bytes (1,000 sectors), 50.0 % of the disc",
        "         label LABEL",
        "burn     growisofs x",
        "release  2 originals will be deleted, if the disc is read back equal",
        "clean    /v/images/bodycam_x will be removed",
        "ISO      /v/images/x.iso",
        "log      /v/logs/x.log",
    ]


def test_lines_of_a_run_that_encodes_without_a_burner() -> None:
    """A bound instead of a size, and the reason why the burn stage could not work."""
    lines = list(PLAN.lines(prepared(Mode.ENCODE), image_bytes=None, burn_problem="No drive detected"))
    assert any(line.startswith("image    at most ") for line in lines)
    assert "warning  stage burn cannot work as things are: No drive detected" in lines
    assert not any(line.startswith(("burn", "release")) for line in lines)


class TestLookAhead:
    def test_clips_count_once_and_what_cannot_be_seen_counts(self) -> None:
        """A name that is given twice, and a link, are one clip."""
        storage = MemoryStorage()
        storage.put("/c/a.mp4", b"12345")
        storage.put_link("/c/link.mp4", "/c/a.mp4")
        paths = [PurePath(f"/c/{name}.mp4") for name in ("a", "a", "link", "gone")]
        outlook = look_ahead(
            paths,
            resumed=None,
            wished_disc_bytes=None,
            wished_safety_bytes=None,
            storage=storage,
            progress_files=JsonProgressFiles(storage),
        )
        assert sorted(outlook.clip_sizes, key=str) == [5, None]
        assert (outlook.is_resumed, outlook.stored) == (False, None)

    def test_a_clip_that_the_system_refuses_to_show_is_left_to_its_stage(self, mocker: MockerFixture) -> None:
        storage = MemoryStorage()
        mocker.patch.object(MemoryStorage, "resolve", side_effect=StorageError(PurePath("/c/a.mp4")))
        outlook = look_ahead(
            [PurePath("/c/a.mp4")],
            resumed=None,
            wished_disc_bytes=None,
            wished_safety_bytes=None,
            storage=storage,
            progress_files=JsonProgressFiles(storage),
        )
        assert outlook.clip_sizes == (None,)

    def test_a_folder_stands_for_what_is_in_it(self) -> None:
        storage = MemoryStorage()
        storage.put("/card/DCIM/a.mp4", b"x" * 300)
        storage.put("/card/DCIM/b.jpg", b"x" * 20)
        outlook = look_ahead(
            [PurePath("/card")],
            resumed=None,
            wished_disc_bytes=None,
            wished_safety_bytes=None,
            storage=storage,
            progress_files=JsonProgressFiles(storage),
        )
        assert outlook.clip_sizes == (300, 20)

    def test_a_progress_file_that_cannot_be_read_is_left_to_its_stage(self) -> None:
        storage = MemoryStorage()
        storage.put("/c/progress.json", b"{")
        outlook = look_ahead(
            (),
            resumed=PurePath("/c/progress.json"),
            wished_disc_bytes=None,
            wished_safety_bytes=None,
            storage=storage,
            progress_files=JsonProgressFiles(storage),
        )
        assert (outlook.is_resumed, outlook.stored) == (True, None)

    @pytest.mark.parametrize(
        ("is_resumed", "is_there", "whats"),
        [
            (False, False, ["build directory", "image", "disc file"]),
            (False, True, ["build directory", "image"]),
            (True, True, ["image"]),
        ],
    )
    def test_needs(self, is_resumed: bool, is_there: bool, whats: list[str]) -> None:
        """A folder of an earlier run is there already, and so is a disc file that exists."""
        storage = MemoryStorage()
        storage.put_folder(ROOT)
        if is_there:
            storage.put("/v/d.img")
        outlook = look_ahead(
            (),
            resumed=ROOT / "none.json" if is_resumed else None,
            wished_disc_bytes=9,
            wished_safety_bytes=None,
            storage=storage,
            progress_files=JsonProgressFiles(storage),
        )
        needs = space_needs(outlook, images=ROOT, disc_file=ROOT / "d.img", storage=storage)
        assert [need.what for need in needs] == whats


def drive(disc: MemoryDisc) -> MemoryDrives:
    return MemoryDrives(lambda _: b"", disc)


class TestDiscFile:
    """Looked at before the run; what else the stages need of a drive is for them."""

    OUTLOOK = Outlook(wished_disc_bytes=25_000_000_000, wished_safety_bytes=None, clip_sizes=(3_000,))

    def check(self, drives: MemoryDrives, *, is_burned: bool = True) -> None:
        check_disc_file(drives.device, self.OUTLOOK, drives=drives, is_burned=is_burned)

    def test_a_blank_one_will_do(self) -> None:
        self.check(drive(MemoryDisc()))

    def test_a_used_one_will_do_where_nothing_is_burned(self) -> None:
        drives = drive(MemoryDisc(state=MediumState.CLOSED))
        self.check(drives, is_burned=False)
        with pytest.raises(UsageError, match="Stage burn could not work: medium not blank"):
            self.check(drives)

    def test_a_stop_is_no_refusal(self, mocker: MockerFixture) -> None:
        drives = drive(MemoryDisc())
        mocker.patch.object(MemoryDrives, "medium", side_effect=Cancelled())
        with pytest.raises(Cancelled):
            self.check(drives)

    def test_what_cannot_be_looked_at_is_refused(self, mocker: MockerFixture) -> None:
        drives = drive(MemoryDisc())
        mocker.patch.object(MemoryDrives, "medium", side_effect=DriveError("/dev/sr0", "There is no folder"))
        with pytest.raises(UsageError, match=r"Stage burn could not work: .*There is no folder"):
            self.check(drives)
