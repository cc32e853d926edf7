"""Originals of the pipeline go after the disc was read back, and not one moment before."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path, PurePath

import pytest

from camvault.adapters.memory import MemoryCancellation, MemoryReporter, MemoryStorage
from camvault.adapters.memory.burner import MemoryDisc
from camvault.adapters.memory.calls import Phase
from camvault.core.batch.next_step import PipelineStage
from camvault.core.retention.survivors import medium_doubt
from camvault.core.workflows.bodycam.burn import BurnReport
from camvault.core.workflows.bodycam.create_iso import ImageReport
from camvault.core.workflows.bodycam.originals import (
    OriginalKept,
    OriginalRemoved,
    OriginalsKept,
    Released,
    copy_at,
    let_go_after_burn,
)
from camvault.core.workflows.bodycam.pipeline import StageFailed
from camvault.core.workflows.steps.witnessed import WitnessStand
from camvault.ports.batch_record import ClipRecord, ClipState
from camvault.ports.errors import Cancelled, DeniedError
from camvault.ports.events import Warned
from camvault.ports.witness import ReadFrom
from tests.bodycam.burn.standing_still import WITH_SHORT_LIMITS
from tests.bodycam.burn.writer import DEVICE, Writer, build_library
from tests.bodycam.pipeline.helpers import Workspace, clip_bytes, signals, wait_until
from tests.bodycam.pipeline.memory import CLIPS, ROOT, World

FIRST, SECOND = CLIPS


class TestInMemory:
    def test_each_goes_with_a_proof_that_names_the_disc(self) -> None:
        """And only after the burn."""
        world = World.new()
        reports = world.run()
        assert world.clips_left() == set()
        assert reports[PipelineStage.RELEASE] == Released((FIRST, SECOND))
        (image,) = (path for path in world.storage.files() if path.suffix == ".iso")
        told = [str(event) for event in world.reporter.of(OriginalRemoved)]
        assert told[0] == (f"Deleted original {FIRST}: proven at a.mp4 on the verified disc in /dev/sr0 and in {image}")
        operations = [call.operation for call in world.storage.calls.log]
        removals = [i for i, call in enumerate(world.storage.calls.log) if FIRST in map(_path_of, call.arguments)]
        assert operations.index("drives.read_back") < removals[-1]

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda world: setattr(world, "is_verifying", False), "the disc was not read back"),
            (lambda world: setattr(world, "is_burning", False), "nothing was burned"),
        ],
    )
    def test_without_a_verified_disc_all_are_kept_and_the_log_says_why(
        self, change: Callable[[World], None], reason: str
    ) -> None:
        """Skipped verification, dry run."""
        world = World.new()
        change(world)
        reports = world.run()
        assert world.clips_left() == set(CLIPS)
        assert reports[PipelineStage.RELEASE] == Released((), (FIRST, SECOND))
        assert [str(event) for event in world.reporter.of(OriginalsKept)] == [f"Kept all 2 originals: {reason}"]

    @pytest.mark.parametrize("disc", [{"write_error_at": 1}, {"flipped_sector": 2}, {"unreadable_sector": 1}])
    def test_a_bad_disc_costs_no_original(self, disc: dict[str, int]) -> None:
        """Burning fails, or what comes back is other than what was written."""
        world = World.new()
        world.new_disc = lambda: MemoryDisc(**disc)  # type: ignore[arg-type]
        with pytest.raises(StageFailed) as raised:
            world.run()
        assert raised.value.stage is PipelineStage.BURN
        assert world.clips_left() == set(CLIPS)

    @pytest.mark.parametrize(
        ("source", "is_cache_trusted", "kept"),
        [
            (ReadFrom.CACHE, False, "no way around its cache"),
            (ReadFrom.CACHE, True, None),
            (ReadFrom.HELD, True, "another program holds it"),
            (ReadFrom.MEMORY, True, "gone with the power"),
        ],
    )
    def test_a_disc_that_was_not_read_from_its_medium(
        self, source: ReadFrom, is_cache_trusted: bool, kept: str | None
    ) -> None:
        """A disc file is one only as far as its file system has one."""
        world = World.new()
        world.is_cache_trusted = is_cache_trusted
        world.new_disc = lambda: MemoryDisc(read_from=source)
        world.run()
        assert any("/dev/sr0 was read back, but" in str(event) for event in world.reporter.of(Warned))
        reasons = [event.reason for event in world.reporter.of(OriginalsKept)]
        assert (kept is None and not reasons) or (kept is not None and kept in reasons[0])
        assert world.clips_left() == (set(CLIPS) if kept else set())

    @pytest.mark.parametrize("source", [ReadFrom.CACHE, ReadFrom.HELD, ReadFrom.MEMORY])
    def test_an_image_that_was_not_verified_on_its_medium(self, source: ReadFrom) -> None:
        """The disc is equal to it, and it may be other than what is on the disk that it is read from next."""
        world = World.new()
        world.storage.mount(ROOT, name="images", read_from=source)
        world.run()
        (kept,) = world.reporter.of(OriginalsKept)
        assert "was verified, but" in kept.reason
        assert medium_doubt(source) in kept.reason
        assert any(".iso was read back, but" in str(event) for event in world.reporter.of(Warned))
        assert world.clips_left() == set(CLIPS)

    def test_an_image_behind_a_cache_that_is_trusted(self) -> None:
        world = World.new()
        world.is_cache_trusted = True
        world.storage.mount(ROOT, name="images", read_from=ReadFrom.CACHE)
        world.run()
        assert world.clips_left() == set()

    def test_an_image_that_cannot_be_read_any_more_costs_no_original(self) -> None:
        """Its drive died after the burn: nothing that could be looked at holds the footage."""
        world = World.new()

        def die() -> None:
            (image,) = (path for path in world.storage.files() if path.suffix == ".iso")
            world.storage.hidden_damage[image] = 0

        world.storage.calls.hook("drives.read_back", die, when=Phase.AFTER)
        with pytest.raises(StageFailed) as raised:
            world.run()
        assert raised.value.stage is PipelineStage.RELEASE
        assert world.clips_left() == set(CLIPS)
        (kept,) = world.reporter.of(OriginalsKept)
        assert "cannot be read any more: Input/output error" in kept.reason

    def test_what_the_image_does_not_hold_is_kept(self) -> None:
        """Nor is there a copy where no output was recorded."""
        storage, reporter = MemoryStorage(), MemoryReporter()
        original, image, build = storage.put("/card/a.mp4", b"a"), PurePath("/images/a.iso"), PurePath("/build")
        storage.put_folder(build)
        storage.put(image, b"image")
        sha256 = hashlib.sha256(b"image").hexdigest()
        clip = ClipRecord("a.mp4", ClipState.DONE, source=original.path, source_identity=original.identity)
        released = let_go_after_burn(
            (clip,),
            build_dir=build,
            image=ImageReport(image, "A", 5, sha256, 0, {}),
            burned=BurnReport("/dev/sr0", 5, sha256, is_verified=True),
            stand=WitnessStand(storage=storage, cancel=MemoryCancellation(), locked=(build,)),
            reporter=reporter,
        )
        assert released == Released(kept=(original.path,))
        assert "nothing is known of another copy" in str(reporter.of(OriginalKept)[0])
        assert copy_at(clip, PurePath("/build/a.mp4")) is None

    @pytest.mark.parametrize("operation", ["burner.burn", "drives.read_back"])
    def test_a_stop_costs_no_original(self, operation: str) -> None:
        """While writing and while reading back."""
        world = World.new()
        world.storage.calls.hook(operation, world.cancel.request)
        world.storage.calls.hook(operation, world.cancel.request)  # the first one only warns while a disc is written
        with pytest.raises(Cancelled):
            world.run()
        assert world.clips_left() == set(CLIPS)

    def test_an_original_that_changed_meanwhile_is_kept(self) -> None:
        """INV-2: while the disc was burned, the camera was plugged in again; or in the very last moment."""
        world = World.new()
        world.storage.calls.hook("burner.burn", lambda: world.storage.put(FIRST, b"new footage"))
        report = world.run()[PipelineStage.RELEASE]
        assert report == Released((SECOND,), (FIRST,))
        assert world.storage.content(FIRST) == b"new footage"
        assert "not the file that was prepared" in str(world.reporter.of(OriginalKept)[0])

    def test_an_output_that_changed_before_it_was_mastered_is_not_burned(self) -> None:
        """The image and the disc would be equal, and would not hold the footage."""
        world = World.new()

        def spoil() -> None:
            (output,) = (path for path in world.storage.files() if path.name == "a.mp4" and path != FIRST)
            world.storage.corrupt(output)

        world.storage.calls.hook("image.plan", spoil)
        with pytest.raises(StageFailed, match=r"does not hold what was prepared: a\.mp4") as raised:
            world.run()
        assert raised.value.stage is PipelineStage.IMAGE
        assert world.clips_left() == set(CLIPS)
        assert world.finished_build_dirs()

    def test_another_image_under_the_name_is_not_burned(self) -> None:
        """It is not what was made of the outputs."""
        world = World.new()

        def replace() -> None:
            (image,) = (path for path in world.storage.files() if path.suffix == ".iso")
            world.storage.put(image, bytes(8192))

        world.storage.calls.hook("storage.publish", replace, when=Phase.AFTER)
        with pytest.raises(StageFailed) as raised:
            world.run()
        assert raised.value.stage is PipelineStage.BURN
        assert world.clips_left() == set(CLIPS)
        assert world.finished_build_dirs()

    def test_one_that_cannot_be_deleted_stops_before_the_build_directory_goes(self) -> None:
        """The others are gone, and the message says how to go on; that way works."""
        world = World.new()
        calls, refusal = world.storage.calls, DeniedError(FIRST, "Read-only file system")
        calls.hook("drives.read_back", lambda: calls.fail("storage.remove", refusal))
        with pytest.raises(StageFailed) as raised:
            world.run()
        assert raised.value.stage is PipelineStage.RELEASE
        assert world.clips_left() == {FIRST}
        assert len(world.finished_build_dirs()) == 1
        assert "after release" in world.reporter.lines()[-1]
        world.run_again()
        assert world.clips_left() == set()
        assert world.finished_build_dirs() == []


def _path_of(argument: object) -> object:
    return getattr(argument, "path", argument)


DELETING = ("--prep-delete-originals", "yes")


class TestCommand:
    """The real command; the disc is a file, or lies in the emulated writer."""

    def test_success(self, workspace: Workspace, clips: list[Path], disc: Path) -> None:
        """Gone, each with a line in the log after the disc's; the dry run has said so."""
        plan = workspace.run(*clips, *DELETING, "--dry-run", "--burn-device", f"stdio:{disc}")
        assert "2 originals will be deleted, if the disc is read back equal" in plan.out
        assert all(clip.exists() for clip in clips)

        done = workspace.run(*clips, *DELETING, "--burn-device", f"stdio:{disc}")

        assert (done.code, done.err) == (0, "")
        assert not any(clip.exists() for clip in clips)
        said = workspace.log_text()
        assert said.index("SHA-256 equal") < said.index(f"Deleted original {clips[0]}: proven at cam1_0001.mp4 on the")
        assert workspace.build_dirs() == []

    @pytest.mark.parametrize(
        ("flag", "reason"),
        [("--burn-skip-verify", "the disc was not read back"), ("--burn-dry-run", "nothing was burned")],
    )
    def test_without_proof(self, flag: str, reason: str, workspace: Workspace, clips: list[Path], disc: Path) -> None:
        """Kept, with the reason."""
        done = workspace.run(*clips, *DELETING, flag, "--burn-device", f"stdio:{disc}")
        assert (done.code, done.err) == (0, "")
        assert all(clip.exists() for clip in clips)
        assert f"Kept all 2 originals: {reason}" in workspace.log_text()

    @pytest.fixture
    def library(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        return build_library(tmp_path_factory.getbasetemp())

    @pytest.mark.parametrize(
        ("knobs", "code"), [({"flip_lba": 300}, 2), ({"fail_lba": 200}, 1)], ids=["mismatch", "write error"]
    )
    def test_bad_disc(self, knobs: dict[str, int], code: int, workspace: Workspace, library: Path) -> None:
        """Read back and different, or not written to the end: everything is kept."""
        clips = sorted(workspace.clips.iterdir())
        clips[0].write_bytes(clip_bytes(1) + bytes(1_000_000))
        writer = Writer.new(library, workspace.root.parent / "drive", **knobs)
        done = workspace.run(*clips, *DELETING, "--burn-device", DEVICE, more=writer.env)
        assert done.code == code
        assert all(clip.exists() for clip in clips)
        assert "Stage release" not in workspace.log_text()
        assert len(workspace.build_dirs()) == 1

    def test_a_burner_that_stands_still(self, workspace: Workspace, library: Path) -> None:
        """It is ended and told, as any burn that fails; no disc is read back and everything is kept."""
        clips = sorted(workspace.clips.iterdir())
        clips[0].write_bytes(clip_bytes(1) + bytes(1_000_000))
        writer = Writer.new(library, workspace.root.parent / "drive", hang_lba=300)
        own = (*DELETING, "--burn-device", DEVICE, "--burn-burner", "growisofs", "--burn-stall-timeout", "2")
        done = subprocess.run(
            [sys.executable, *WITH_SHORT_LIMITS, "camvault.apps.run_bodycam_pipeline", *map(str, clips), *own],
            env={**workspace.environment(), **writer.env},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "Stage burn failed (burn_iso, exit code 1)" in done.stderr
        assert "the disc is spoiled: growisofs stood still: no progress in 2 s" in done.stderr
        assert "--burn-stall-timeout 2.0" in workspace.log_text(), "the command to go on with has the flag"
        assert all(clip.exists() for clip in clips)
        assert "Stage release" not in workspace.log_text()
        assert "Read back" not in workspace.log_text()
        assert len(workspace.build_dirs()) == 1

    def test_ctrl_c(self, workspace: Workspace, disc: Path) -> None:
        """While the disc is written or read back."""
        clip = workspace.clips / "long.mp4"
        clip.write_bytes(clip_bytes())
        os.truncate(clip, 100_000_000)
        process = workspace.start(clip, *DELETING, "--burn-device", f"stdio:{disc}")
        wait_until(lambda: workspace.logs() and "Stage burn started" in workspace.log_text(), process)
        for _ in signals(process, signal.SIGINT, is_group=True):
            try:
                process.communicate(timeout=1)  # the first one only warns while a disc is written
                break
            except subprocess.TimeoutExpired:
                continue
        assert process.returncode == 130
        assert clip.exists()
