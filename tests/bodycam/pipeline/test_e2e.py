"""The ten scenarios of the specification, on real tools, with a disc file for a disc."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from camvault.apps import run_bodycam_pipeline
from camvault.apps._cli.entry import main
from tests.bodycam.pipeline.helpers import (
    Workspace,
    clip_bytes,
    digest,
    extracted,
    extracted_exactly,
    signals,
    tree,
    wait_until,
)

LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d CES?T ▶ (DEBUG|INFO|WARNING|ERROR) ▶ (.*)$")


def label_of(image: Path) -> str:
    """The volume label in the primary volume descriptor (ECMA-119 8.4.7)."""
    return image.read_bytes()[16 * 2048 + 40 : 16 * 2048 + 72].decode("ascii").strip()


class TestScenarios:
    def test_s01_happy_path_copy(self, workspace: Workspace, clips: list[Path], disc: Path, tmp_path: Path) -> None:
        """Copied, mastered, burned, read back, cleaned; the last lines say where ISO and log are."""
        done = workspace.run(*clips, "--burn-device", f"stdio:{disc}")
        assert (done.code, done.err) == (0, "")
        (image,), (log,) = workspace.images(), workspace.logs()
        assert workspace.build_dirs() == []
        assert workspace.leftovers() == []
        assert disc.read_bytes()[: image.stat().st_size] == image.read_bytes()
        files = extracted(image, tmp_path / "out")
        assert {name: files[name] for name in ("cam1_0001.mp4", "cam1_0002.mp4")} == {c.name: digest(c) for c in clips}
        assert ".camvault-build" not in files
        last = done.out.splitlines()[-5:]
        assert any("verified" in line for line in last)
        assert any(line.endswith(f"ISO  {image}") for line in last)
        assert any(line.endswith(f"log  {log}") for line in last)

    def test_s01_the_log_tells_the_story(self, workspace: Workspace, clips: list[Path], disc: Path) -> None:
        """One log, in the format of the commands, with every sub-step."""
        workspace.run(*clips, "--burn-device", f"stdio:{disc}")
        lines = [LINE.match(line) for line in workspace.log_text().splitlines()]
        assert None not in lines
        said = [line[2] for line in lines if line]
        assert said[0] == "Script started"
        assert said[-1] == "Script exited"
        stages = [line for line in said if line.startswith("Stage ")]
        assert stages == [
            f"Stage {s} {what}" for s in ("prepare", "image", "burn", "clean") for what in ("started", "finished")
        ]
        for needed in ("prepare  Disc-fit decision: COPY", "burn     SUCCESS", "clean    Removed "):
            assert any(line.startswith(needed) for line in said), needed

    def test_s01_one_stamp_for_log_image_and_label(self, workspace: Workspace, clips: list[Path], disc: Path) -> None:
        """Local time in the log's name, UTC in image and label, of the same moment."""
        workspace.run(*clips, "--burn-device", f"stdio:{disc}")
        (image,), (log,) = workspace.images(), workspace.logs()
        assert re.fullmatch(r"\d{8}T\d{6}Z\.iso", image.name)
        assert re.fullmatch(r"BodyCam-Reencode-\d{8}T\d{6}\.log", log.name)
        assert label_of(image) == image.stem
        assert log.stem[-4:] == image.stem[-5:-1]  # minutes and seconds are those of every zone of whole hours

    def test_s02_happy_path_encode(self, workspace: Workspace, disc: Path, tmp_path: Path) -> None:
        """Too big for the disc: encoded, the bitrate is reported, and the image fits."""
        clips = [workspace.clips / f"big_{number}.mp4" for number in (1, 2)]
        for number, clip in enumerate(clips, start=1):
            clip.write_bytes(clip_bytes(number, source="mandelbrot", seconds=2, quality=0) + bytes(3_000_000))
        done = workspace.run(
            *clips,
            "--prep-disc-bytes",
            "4_000_000",
            "--prep-safety-bytes",
            "0",
            "--burn-device",
            f"stdio:{disc},blocks=1954",
        )
        assert (done.code, done.err) == (0, "")
        assert re.search(r"Re-encoding all clips at ~\d+ kbps", done.out)
        assert "Disc-fit decision: ENCODE" in workspace.log_text()
        (image,) = workspace.images()
        assert image.stat().st_size <= 4_000_000
        assert workspace.build_dirs() == []
        assert {"big_1.mp4", "big_2.mp4"} <= extracted(image, tmp_path / "out").keys()

    @pytest.mark.parametrize("how", ["variable", "flag"])
    def test_s03_missing_workspace_drive(self, how: str, workspace: Workspace, clips: list[Path], disc: Path) -> None:
        """Not mounted: nothing is written anywhere, least of all a folder in the place of the mount point."""
        gone = workspace.root / "not" / "mounted"
        before = tree(workspace.root.parent)
        arguments: list[str | Path] = [*clips, "--burn-device", f"stdio:{disc}"]
        if how == "flag":
            arguments += ["--root", gone]
        done = workspace.run(*arguments, more={"CAMVAULT_ROOT": str(gone)} if how == "variable" else {})
        assert done.code == 1
        assert f"No such path: {gone} (check ROOT)" in done.err
        assert tree(workspace.root.parent) == before

    def test_s03_the_default_is_the_specified_drive(
        self,
        clips: list[Path],
        mocker: MockerFixture,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """On macOS. With an ASCII hyphen, whatever the document's typography."""
        monkeypatch.delenv("CAMVAULT_ROOT", raising=False)
        mocker.patch("camvault.apps._assembly.workspace.sys.platform", "darwin")
        assert main(run_bodycam_pipeline.STAGE, list(map(str, clips))) == 1
        assert "No such path: /Volumes/Sabrent Rocket XTRM-Q 2TB (check ROOT)" in capsys.readouterr().err

    @pytest.mark.parametrize("data", ["", "relative", "{tmp}/data"])
    def test_elsewhere_the_default_is_a_folder_for_data(
        self, data: str, workspace: Workspace, clips: list[Path], disc: Path, tmp_path: Path
    ) -> None:
        """Made if it is missing, and said in the first line; a dry run makes nothing."""
        home = tmp_path / "home"
        environment = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": data.format(tmp=tmp_path), "CAMVAULT_ROOT": ""}
        root = (tmp_path / "data" if "tmp" in data else home / ".local" / "share") / "camvault"
        argv = workspace.command(*clips, "--burn-device", f"stdio:{disc}")
        dry = subprocess.run([*argv, "--dry-run"], env=environment, capture_output=True, text=True, check=False)
        assert (dry.returncode, root.exists()) == (0, False)
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        for out in (dry.stdout, done.stdout):
            assert out.splitlines()[0].endswith(f"workspace {root} (--root or CAMVAULT_ROOT names another one)")
        assert {path.name for path in root.iterdir()} == {"logs", "images"}

    def test_a_workspace_that_was_named_is_never_made(self, workspace: Workspace, clips: list[Path]) -> None:
        """The message says how another one is named."""
        done = workspace.run(*clips, "--root", workspace.root / "gone")
        assert done.code == 1
        assert "--root" in done.err
        assert "CAMVAULT_ROOT" in done.err
        assert not (workspace.root / "gone").exists()

    @pytest.mark.parametrize(
        ("device", "said", "more"),
        [
            ("x.img", "--burn-device stdio:x.img", ()),
            ("x.img", "--burn-device stdio:x.img", ("--dry-run",)),
            ("{tmp}", "Not an optical drive", ()),
            ("{tmp}", "Not an optical drive", ("--dry-run",)),
            ("/dev/sr-none", "No drive detected at /dev/sr-none", ()),
        ],
    )
    def test_a_device_that_is_none_is_refused_before_any_work(
        self, device: str, said: str, more: tuple[str, ...], workspace: Workspace, clips: list[Path]
    ) -> None:
        """With what to type instead."""
        before = tree(workspace.root.parent)
        done = workspace.run(*clips, "--burn-device", device.format(tmp=workspace.clips), *more)
        assert done.code == 1
        assert said in done.err
        assert tree(workspace.root.parent) == before

    def test_a_dry_run_plans_for_a_drive_that_is_not_plugged_in(self, workspace: Workspace, clips: list[Path]) -> None:
        """It touches no hardware, and says that the burn could not work as things are."""
        before = tree(workspace.root.parent)
        done = workspace.run(*clips, "--burn-device", "/dev/sr-none", "--dry-run")
        assert done.code == 0
        assert "stage burn cannot work as things are: No drive detected" in done.out
        assert tree(workspace.root.parent) == before

    def test_s04_bad_input_file(self, workspace: Workspace, clips: list[Path], disc: Path) -> None:
        """The log names it; no image, no disc, and the build directory is gone."""
        missing = workspace.clips / "missing.mp4"
        done = workspace.run(clips[0], missing, "--burn-device", f"stdio:{disc}")
        assert done.code == 1
        assert str(missing) in done.err
        assert str(missing) in workspace.log_text()
        assert "Stage prepare failed" in workspace.log_text()
        assert (workspace.images(), workspace.build_dirs(), disc.exists()) == ([], [], False)
        assert all(clip.exists() for clip in clips)

    def test_s05_burner_missing(self, workspace: Workspace, clips: list[Path]) -> None:
        """burn_iso's own code, never growisofs' 130; the log names the stage; build directory and image stay."""
        done = workspace.run(*clips, "--burn-device", workspace.dead_drive())
        assert done.code == 1
        assert "Stage burn failed (burn_iso, exit code 1)" in workspace.log_text()
        (build_dir,), (image,) = workspace.build_dirs(), workspace.images()
        assert {p.name for p in build_dir.iterdir()} >= {"cam1_0001.mp4", "cam1_0002.mp4", ".camvault-build"}
        assert f"burn_iso --iso-path '{image}'" in done.out

    @pytest.mark.skipif(Path("/dev/sr0").exists(), reason="this machine has a drive")
    def test_s05_without_any_drive_the_way_out_is_named(self, workspace: Workspace, clips: list[Path]) -> None:
        """No device given, none there."""
        done = workspace.run(*clips)
        assert done.code == 1
        assert "stdio:PATH" in done.err + done.out
        assert len(workspace.build_dirs()) == 1

    @pytest.mark.parametrize("is_group", [False, True], ids=["process", "group"])
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    @pytest.mark.parametrize("stage", ["prepare", "image", "burn"])
    def test_s06_user_abort(
        self, stage: str, number: signal.Signals, is_group: bool, workspace: Workspace, disc: Path
    ) -> None:
        """130; no later stage runs, no partial image is left or burned, the build directory stays."""
        clip = workspace.clips / "long.mp4"
        clip.write_bytes(clip_bytes(seconds=1))
        os.truncate(clip, 100_000_000)
        process = workspace.start(clip, "--burn-device", f"stdio:{disc}")
        wait_until(lambda: workspace.logs() and f"Stage {stage} started" in workspace.log_text(), process)
        errors = ""
        for _ in signals(process, number, is_group=is_group):
            try:
                _, errors = process.communicate(timeout=1)  # once warned, writing a disc stops at the second signal
                break
            except subprocess.TimeoutExpired:
                continue
        assert process.returncode == 130, errors
        assert "Traceback" not in errors
        said = workspace.log_text()
        assert said.count(f"Stage {stage} started") == 1
        assert said.rstrip().endswith("Script exited")
        later = {"prepare": "image", "image": "burn", "burn": "clean"}[stage]
        assert f"Stage {later} started" not in said
        (build_dir,) = workspace.build_dirs()
        assert (build_dir / ".camvault-build").exists()
        assert clip.stat().st_size == 100_000_000
        assert len(workspace.images()) == (1 if stage == "burn" else 0)
        assert not [p for p in workspace.leftovers() if p.suffix == ".iso"]
        assert not disc.exists() or stage == "burn"

    def test_s06_a_stop_while_encoding_leaves_no_ffmpeg(self, workspace: Workspace, disc: Path) -> None:
        """The child gets the signal; the run can be resumed and then does all of it."""
        clip = workspace.clips / "big.mp4"
        clip.write_bytes(clip_bytes(source="mandelbrot", seconds=8, quality=0) + bytes(3_000_000))
        budget = ("--prep-disc-bytes", "4_700_000", "--prep-safety-bytes", "0", "--prep-preset", "3")
        process = workspace.start(clip, *budget, "--burn-device", f"stdio:{disc}")
        wait_until(
            lambda: any(
                "big" in p.name and p.name.endswith(".camvault-part")
                for d in workspace.build_dirs()
                for p in d.iterdir()
                if p.stat().st_size
            ),
            process,
        )
        next(signals(process, signal.SIGINT, is_group=False))
        process.communicate(timeout=300)
        assert process.returncode == 130
        running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        assert str(workspace.clips) not in running
        (build_dir,) = workspace.build_dirs()
        resumed = workspace.run("--prep-resume", build_dir / "progress.json", "--burn-device", f"stdio:{disc}")
        assert (resumed.code, resumed.err) == (0, "")
        assert workspace.build_dirs() == []
        assert "verified" in resumed.out

    def test_s07_repeat_runs_do_not_collide(self, workspace: Workspace, clips: list[Path], tmp_path: Path) -> None:
        """Three at once: three logs, three images with three labels, nothing left over."""
        runs = [workspace.start(*clips, "--burn-device", f"stdio:{tmp_path / f'disc{n}.img'}") for n in range(3)]
        for run in runs:
            _, errors = run.communicate(timeout=300)
            assert (run.returncode, errors) == (0, "")
        images, logs = workspace.images(), workspace.logs()
        assert (len(images), len(logs), workspace.build_dirs()) == (3, 3, [])
        assert sorted(map(label_of, images)) == sorted(image.stem for image in images)
        for log in logs:
            assert log.read_text().count("Script started") == 1

    def test_s09_pass_through_flag_is_honoured(self, workspace: Workspace, clips: list[Path], disc: Path) -> None:
        """Skipping the verification reaches the stage, and the end does not claim more than was done."""
        done = workspace.run(
            "--burn-skip-verify", *clips, "--iso-volume-label", "SHIFT_001", "--burn-device", f"stdio:{disc}"
        )
        assert (done.code, done.err) == (0, "")
        assert "Verification skipped" in workspace.log_text()
        assert "not verified (--burn-skip-verify)" in done.out
        (image,) = workspace.images()
        assert label_of(image) == "SHIFT_001"

    def test_s10_invalid_pass_through_flag(self, workspace: Workspace, clips: list[Path]) -> None:
        """A typo stops everything before anything is there, and the right spelling is named."""
        before = tree(workspace.root.parent)
        done = workspace.run(*clips, "--iso-volumelabel", "ABC")
        assert done.code == 1
        assert "unknown option '--iso-volumelabel' (did you mean --iso-volume-label?)" in done.err
        assert tree(workspace.root.parent) == before


HOSTILE_NAMES = (
    b"-rf.mp4",
    b"--burn-skip-verify",
    b"a\nb ERROR.mp4",
    b"'\"$(x)`;&|.mp4",
    b"100%s%.mp4",
    b"caf\xe9 \xff.mp4",
    "na\u00efve \U0001f3a5 \u65e5\u672c.mp4".encode(),
    b"x" * 251 + b".mp4",
    b" . ",
)


class TestHostileNames:
    def test_through_everything_and_back_out_of_the_image(
        self, workspace: Workspace, clips: list[Path], disc: Path, tmp_path: Path
    ) -> None:
        """Every byte of every name, and the content; no name makes a line of the log of its own."""
        folder = tmp_path / "hostile"
        folder.mkdir()
        for number, name in enumerate(HOSTILE_NAMES):
            (folder / os.fsdecode(name)).write_bytes(clip_bytes(1) + bytes(number))
        done = workspace.run("--burn-device", f"stdio:{disc}", "--", *map(os.fsdecode, HOSTILE_NAMES), cwd=folder)
        assert (done.code, done.err) == (0, "")
        (image,) = workspace.images()
        found = extracted_exactly(image, tmp_path / "out")
        evidence = {name for name in found if name.startswith((b"evidence", b"README.txt", b"SHA256SUMS"))}
        assert len(evidence) == 5
        assert {name: found[name] for name in found.keys() - evidence} == {
            name: digest(folder / os.fsdecode(name)) for name in HOSTILE_NAMES
        }
        assert all(LINE.match(line) for line in workspace.log_text().splitlines())
        assert workspace.build_dirs() == []


class TestFlags:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--volume-label", "X"], "unknown option '--volume-label'"),
            (["--prep-disc", "5"], "unknown option '--prep-disc'"),
            (["--prep-build-dir", "x"], "the pipeline decides this itself"),
            (["--iso-iso-path", "x"], "the pipeline decides this itself"),
            (["--burn-iso-path", "x"], "the pipeline decides this itself"),
            (["--burn-logfile", "x"], "the pipeline decides this itself"),
            (["--burn-verify", "--burn-skip-verify"], "exclude one another"),
            (["--prep-delete-originals", "perhaps"], "'yes', 'no'"),
            (["--iso-volume-label", "x" * 33], "Label too long"),
            (["--iso-volume-label", "a b"], "Label contains illegal characters"),
            (
                ["--prep-disc-bytes", "5", "--prep-safety-bytes", "5"],
                "stay free, the larger of 5 (",
            ),
            (["--prep-device", "/dev/sr0"], "--prep-device goes with --prep-disc-bytes auto"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else "",
    )
    def test_what_cannot_be_meant_stops_before_anything_is_written(
        self, arguments: list[str], said: str, workspace: Workspace, clips: list[Path]
    ) -> None:
        """Also what only a later stage would refuse, hours later."""
        before = tree(workspace.root.parent)
        done = workspace.run(*clips, *arguments)
        assert done.code == 1
        assert said in done.err
        assert tree(workspace.root.parent) == before

    def test_clips_are_needed(self, workspace: Workspace) -> None:
        """Unless a job is resumed."""
        done = workspace.run()
        assert done.code == 1
        assert "FILE..." in done.err


class TestCleaning:
    """`--clean-build-dir`: the specification's own example would remove a folder that the pipeline did not make."""

    def test_a_foreign_folder_is_refused_before_anything_is_done(
        self, workspace: Workspace, clips: list[Path], tmp_path: Path
    ) -> None:
        """It is somebody's work."""
        foreign = tmp_path / "work"
        foreign.mkdir()
        (foreign / "only-copy.mp4").write_bytes(b"footage")
        before = tree(tmp_path)
        done = workspace.run(*clips, "--clean-build-dir", foreign)
        assert done.code == 1
        assert f"Refusing to remove {foreign}" in done.err
        assert tree(tmp_path) == before

    def test_the_folder_of_an_earlier_run_goes_with_this_ones(
        self, workspace: Workspace, clips: list[Path], disc: Path
    ) -> None:
        """After the disc was verified, and not before."""
        assert workspace.run(*clips, "--burn-device", workspace.dead_drive()).code == 1
        (kept,) = workspace.build_dirs()
        assert workspace.run(*clips, "--burn-device", workspace.dead_drive(), "--clean-build-dir", kept).code == 1
        assert kept in workspace.build_dirs()
        done = workspace.run(*clips, "--burn-device", f"stdio:{disc}", "--clean-build-dir", kept)
        assert (done.code, done.err) == (0, "")
        assert kept not in workspace.build_dirs()

    def test_the_users_word_on_only_copies_counts_from_the_beginning(
        self, workspace: Workspace, clips: list[Path], disc: Path
    ) -> None:
        """An earlier run's clips whose originals are gone: refused at once, unless that was said."""
        assert workspace.run(clips[0], "--burn-device", workspace.dead_drive()).code == 1
        (kept,) = workspace.build_dirs()
        clips[0].unlink()
        flags = (clips[1], "--burn-device", f"stdio:{disc}", "--clean-build-dir", kept)
        before = tree(workspace.root)
        refused = workspace.run(*flags)
        assert (refused.code, "only copies" in refused.err) == (1, True)
        assert tree(workspace.root) == before
        done = workspace.run(*flags, "--clean-even-only-copies")
        assert (done.code, done.err) == (0, "")
        assert workspace.build_dirs() == []

    def test_nothing_there_is_only_a_warning(
        self, workspace: Workspace, clips: list[Path], disc: Path, tmp_path: Path
    ) -> None:
        """As in the stage itself."""
        done = workspace.run(*clips, "--burn-device", f"stdio:{disc}", "--clean-build-dir", tmp_path / "work")
        assert done.code == 0
        assert f"Nothing to delete: {tmp_path / 'work'}" in done.out


class TestDryRun:
    @pytest.mark.parametrize("device", ["stdio", "/dev/sr0"])
    def test_prints_the_whole_plan_and_touches_nothing(
        self, device: str, workspace: Workspace, clips: list[Path], disc: Path
    ) -> None:
        """Mode, image size to the sector, burn command, paths; the real run then does exactly that."""
        device = f"stdio:{disc}" if device == "stdio" else device
        before = tree(workspace.root.parent)
        plan = workspace.run(*clips, "--dry-run", "--burn-device", device)
        assert (plan.code, plan.err) == (0, "")
        assert tree(workspace.root.parent) == before
        assert "so copy" in plan.out
        assert re.search(rf"burn +.*{re.escape(device.removeprefix('stdio:'))}", plan.out)
        size = re.search(r"image +([\d,]+) bytes", plan.out)
        assert size
        workspace.run(*clips, "--burn-device", f"stdio:{disc}")
        (image,) = workspace.images()
        assert image.stat().st_size == int(size[1].replace(",", ""))

    def test_of_an_encode_names_the_bitrate(self, workspace: Workspace) -> None:
        """The image's size is then an upper bound, and called so."""
        clip = workspace.clips / "big.mp4"
        clip.write_bytes(clip_bytes(source="mandelbrot", seconds=2, quality=0) + bytes(4_000_000))
        plan = workspace.run(clip, "--dry-run", "--prep-disc-bytes", "4_000_000", "--prep-safety-bytes", "0")
        assert plan.code == 0
        assert re.search(r"encode to AV1 at [\d,]+ kbit/s", plan.out)
        assert re.search(r"image +at most [\d,]+ bytes", plan.out)

    def test_finds_what_is_wrong(self, workspace: Workspace, clips: list[Path]) -> None:
        """A missing clip ends the dry run as it would end the run."""
        before = tree(workspace.root.parent)
        plan = workspace.run(*clips, workspace.clips / "missing.mp4", "--dry-run")
        assert plan.code == 1
        assert "missing.mp4" in plan.err
        assert tree(workspace.root.parent) == before


class TestOutput:
    def test_json_log(self, workspace: Workspace, clips: list[Path], disc: Path) -> None:
        """The same story for machines, with the stage of each event."""
        done = workspace.run(*clips, "--burn-device", f"stdio:{disc}", "--log-format", "json")
        assert done.code == 0
        records = [json.loads(line) for line in workspace.log_text().splitlines()]
        assert {r["scope"] for r in records if "scope" in r} == {"tools", "prepare", "image", "burn", "clean"}
        assert records[-1]["data"] == {"exit_code": 0}
        for line in done.out.splitlines():
            json.loads(line)

    def test_burn_dry_run_keeps_everything(self, workspace: Workspace, clips: list[Path], disc: Path) -> None:
        """Nothing was burned, so nothing is cleaned and nothing is called verified."""
        done = workspace.run(*clips, "--burn-dry-run", "--burn-device", f"stdio:{disc}")
        assert done.code == 0
        assert "nothing burned (--burn-dry-run)" in done.out
        assert not disc.exists()
        assert (len(workspace.build_dirs()), len(workspace.images())) == (1, 1)

    def test_too_little_room_is_said_before_starting(self, workspace: Workspace, disc: Path) -> None:
        """Build directory and image together, with both figures; a sparse clip of 100 TB needs no 100 TB here."""
        clip = workspace.clips / "huge.mp4"
        clip.write_bytes(b"x")
        os.truncate(clip, 10**13)
        before = tree(workspace.root.parent)
        done = workspace.run(clip, "--prep-disc-bytes", str(10**14), "--burn-device", f"stdio:{disc},blocks={10**11}")
        assert done.code == 1
        assert re.search(
            r"for build directory and image and disc file: [\d,]+ bytes needed, [\d,]+ bytes free", done.err
        )
        assert tree(workspace.root.parent) == before


class TestUnmountedDrive:
    def test_s03_an_empty_mount_point_is_refused_before_anything_is_written(
        self, workspace: Workspace, clips: list[Path], mocker: MockerFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The folder of a drive that fstab names and that is not plugged in."""
        fstab = workspace.root.parent / "fstab"
        fstab.write_text(f"LABEL=x {str(workspace.root).replace(' ', chr(92) + '040')} ext4 noauto 0 0\n")
        mocker.patch("camvault.adapters.filesystem.mounts.FSTAB_PATH", str(fstab))
        mocker.patch("sys.argv", ["run_bodycam_pipeline", "--root", str(workspace.root), *map(str, clips)])
        before = tree(workspace.root.parent)
        with pytest.raises(SystemExit) as ended:
            run_bodycam_pipeline.entry()
        assert ended.value.code == 1
        assert f"nothing is mounted at {workspace.root} (check ROOT)" in capsys.readouterr().err
        assert tree(workspace.root.parent) == before


class TestClipsLeftOut:
    """One clip that cannot be on the disc: the run stops before the image, or burns the others if asked to."""

    SMALL = ("--prep-disc-bytes", "4_000_000", "--prep-safety-bytes", "0", "--prep-preset", "12")

    @pytest.fixture
    def batch(self, workspace: Workspace, clips: list[Path]) -> list[Path]:
        """Two clips, and one file that is no clip and larger than the disc."""
        noise = workspace.clips / "noise.bin"
        noise.write_bytes(os.urandom(5_000_000))
        return [*clips, noise]

    def test_by_default_nothing_is_burned(self, workspace: Workspace, batch: list[Path], disc: Path) -> None:
        done = workspace.run(*batch, *self.SMALL, "--burn-device", f"stdio:{disc}")
        assert done.code == 4, done
        assert "1 of 3 clips are left out, the others are done" in done.err
        assert "noise.bin" in done.err
        assert not disc.exists()
        assert workspace.images() == []
        assert len(workspace.build_dirs()) == 1
        assert "with --prep-keep-going yes the others are burned without it" in done.out

    def test_the_others_are_burned(self, workspace: Workspace, batch: list[Path], disc: Path, tmp_path: Path) -> None:
        going = ("--prep-keep-going", "yes", "--prep-delete-originals", "yes")
        done = workspace.run(*batch, *self.SMALL, *going, "--burn-device", f"stdio:{disc}")
        assert done.code == 4, done
        assert "1 of 3 clips are left out" in done.err
        (image,), (build,) = workspace.images(), workspace.build_dirs()
        assert disc.read_bytes()[: image.stat().st_size] == image.read_bytes()
        names = set(extracted(image, tmp_path / "out"))
        assert {clip.name for clip in batch[:2]} <= names
        assert "noise.bin" not in names
        assert [clip.exists() for clip in batch] == [False, False, True], "only what is on the disc is let go"
        record = json.loads((build / "progress.completed.json").read_text())
        assert "do not fit" in record["clips"]["noise.bin"]["left_out"]
